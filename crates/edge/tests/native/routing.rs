//! Which route serves a request.

use crate::ROUTES;
use nokube_test_host::TestHost;

#[test]
fn a_request_is_served_by_the_route_of_its_path_and_method() {
    let host = TestHost::install();
    let anybody = host.anybody(ROUTES);
    assert_eq!(anybody.get("/things/7").expect(200)["thing"], 7);
    assert_eq!(anybody.get("/things/newest").expect(200)["thing"], "newest", "no parameter");

    let missing = anybody.get("/things/7/parts");
    assert_eq!(missing.expect(404)["type"], "/problems/not-found");
    assert_eq!(missing.header("content-type"), "application/problem+json");
    let problem = anybody.get("/things/seven").expect(404);
    assert_eq!(problem["detail"], "There is no such thing, or it belongs to somebody else.");
    assert_eq!(problem["instance"], "/things/seven");

    let unsupported = anybody.delete("/things");
    assert_eq!(unsupported.expect(405)["detail"], "Use GET, HEAD, POST here.");
    assert_eq!(unsupported.header("allow"), "GET, HEAD, POST");
}

#[test]
fn head_is_served_as_get() {
    let host = TestHost::install();
    let response = host.run(host.anybody(ROUTES).start("HEAD", "/things/7", None));
    assert_eq!((response.status, response.header("content-type")), (200, "application/json"));
    let list = host.run(host.anybody(ROUTES).start("HEAD", "/routes", None));
    assert_eq!(list.status, 200);
}

#[test]
fn a_component_lists_its_routes() {
    let host = TestHost::install();
    let routes = host.anybody(ROUTES).get("/routes").expect(200)["routes"].clone();
    let routes = routes.as_array().unwrap();
    assert_eq!(routes.len(), ROUTES.len());
    assert_eq!((&routes[1]["method"], &routes[1]["path"]), (&"POST".into(), &"/things".into()));
}

#[test]
fn a_component_that_authenticates_nobody_serves_no_route_that_needs_a_caller() {
    let host = TestHost::install();
    let user = host.user(ROUTES, "alice");
    user.send_unauthenticated("GET", "/things/7", "").expect(200);
    user.send_unauthenticated("GET", "/things", "").expect(500);
    user.send_unauthenticated("GET", "/routes", "").expect(200);
}
