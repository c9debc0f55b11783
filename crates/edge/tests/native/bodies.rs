//! Limits on the bodies of requests.

use crate::{MAX_UPLOAD, ROUTES};
use nokube_edge::{body::body_channel, serve};
use nokube_test_host::TestHost;
use serde_json::json;

#[test]
fn a_body_may_be_as_long_as_the_route_allows() {
    let host = TestHost::install();
    let text = |length: usize| json!("x".repeat(length - 2));
    let anybody = host.anybody(ROUTES);
    let response = anybody.post("/uploads", &text(MAX_UPLOAD));
    assert_eq!(response.expect(200)["bytes"], MAX_UPLOAD);
    let problem = anybody.post("/uploads", &text(MAX_UPLOAD + 1)).expect(413);
    assert_eq!(problem["detail"], "The body must have at most 2 KiB.");
    let announced = anybody.with_header("content-length", "4096");
    announced.post("/uploads", &text(100)).expect(413);
}

#[test]
fn a_body_that_does_not_arrive_is_given_up_after_30_seconds() {
    let host = TestHost::install();
    let (status, waited) = host.run(async {
        let started = nokube_edge::now();
        let (mut sender, body) = body_channel();
        sender.send("the beginning").await;
        let request = http::Request::post("/uploads").body(body).unwrap();
        let response = serve("test", ROUTES, request).await;
        (response.status().as_u16(), nokube_edge::now().as_second() - started.as_second())
    });
    assert_eq!((status, waited), (408, 30));
}
