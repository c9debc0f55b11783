//! Requests, routes and connections.

use std::time::{Duration, Instant};

use futures::stream;
use reqwest::Body;
use tokio::net::TcpStream;

use crate::test_app::{GUEST_COMPONENT, TestApp};

/// The values of a header that the component received, from its response.
fn values<'a>(body: &'a str, name: &str) -> Vec<&'a str> {
    let lines = body.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(key, _)| *key == name).map(|(_, value)| value).collect()
}

#[tokio::test]
async fn spins_headers_are_appended_to_the_clients_forged_ones() {
    let app = TestApp::new(&GUEST_COMPONENT.replace("/...", "/a/:id/..."));
    let host = app.start().await;
    let names = [
        "spin-path-info",
        "spin-full-url",
        "spin-matched-route",
        "spin-base-path",
        "spin-raw-component-route",
        "spin-component-route",
        "spin-client-addr",
        "spin-path-match-id",
    ];
    let mut request = app.client.get(host.url() + "/a/7/b");
    for name in names {
        request = request.header(name, "forged");
    }
    let body = request.send().await.unwrap().text().await.unwrap();
    for name in names {
        let values = values(&body, name);
        assert_eq!(values.len(), 2, "{name}: {values:?}");
        assert_eq!(values[0], "forged");
        assert_ne!(values[1], "forged");
    }
    assert_eq!(values(&body, "spin-path-match-id"), ["forged", "7"]);
}

#[tokio::test]
async fn a_client_can_forge_the_header_of_a_parameter_that_the_route_does_not_have() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let request = app.client.get(host.url()).header("spin-path-match-id", "forged");
    let body = request.send().await.unwrap().text().await.unwrap();
    assert_eq!(values(&body, "spin-path-match-id"), ["forged"]);
}

/// The test component as `guest`, and again as `private` with a private route.
fn app_with_private_route(allowed: &str) -> TestApp {
    TestApp::new(&format!(
        "{GUEST_COMPONENT}allowed_outbound_hosts = [{allowed:?}]\n[[trigger.http]]\n\
         route = {{ private = true }}\ncomponent = \"private\"\n[component.private]\n\
         source = \"GUEST_PATH\"\n"
    ))
}

#[tokio::test]
async fn a_client_can_forge_the_client_address_of_chained_calls() {
    let app = app_with_private_route("http://private.spin.internal");
    let host = app.start().await;
    let chained = app.get(&host, "/fetch?http://private.spin.internal/").await;
    let chained = chained.strip_prefix("200 ").unwrap();
    assert_eq!(values(chained, "spin-client-addr"), ["0.0.0.0:0"]);
    let forged = app.client.get(host.url()).header("spin-client-addr", "0.0.0.0:0");
    let forged = forged.send().await.unwrap().text().await.unwrap();
    assert_eq!(values(&forged, "spin-client-addr")[0], "0.0.0.0:0");
}

#[tokio::test]
async fn only_chained_calls_reach_a_private_route() {
    let app = app_with_private_route("http://private.spin.internal");
    let host = app.start().await;
    for name in ["private.spin.internal", "private.spin.internal:80"] {
        let request = app.client.get(host.url() + "/print").header("host", name);
        assert_eq!(request.send().await.unwrap().status(), 400, "{name}");
    }
    assert_eq!(host.counts().chained, 0);

    // The caller's allowed hosts decide.
    for (allowed, expected) in [
        ("http://private.spin.internal", "200 "),
        ("http://*.spin.internal", "200 "),
        ("https://private.spin.internal", "HttpRequestDenied"),
        ("http://other.spin.internal", "HttpRequestDenied"),
    ] {
        let app = app_with_private_route(allowed);
        let host = app.start().await;
        let body = app.get(&host, "/fetch?http://private.spin.internal/print").await;
        assert!(body.contains(expected), "{allowed}: {body}");
    }
}

#[tokio::test]
async fn an_application_with_private_routes_only_responds_404() {
    let app = TestApp::new(&GUEST_COMPONENT.replace("\"/...\"", "{ private = true }"));
    let host = app.start().await;
    for path in ["/", "/guest", "/guest.spin.internal/"] {
        assert_eq!(app.status(&host, path).await, 404, "{path}");
    }
}

#[tokio::test]
async fn a_request_body_has_no_limit() {
    const CHUNK_BYTES: usize = 1 << 20;
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let chunks = (0..300).map(|_| Ok::<_, std::io::Error>(vec![b'x'; CHUNK_BYTES]));
    let body = Body::wrap_stream(stream::iter(chunks));
    let response =
        app.client.post(host.url() + "/upload-unlimited").body(body).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), (300 * CHUNK_BYTES).to_string());
}

#[tokio::test]
async fn a_component_can_limit_the_body() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let request = app.client.post(host.url() + "/upload").body(vec![b'x'; 30_000_000]);
    assert_eq!(request.send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn the_number_of_connections_has_no_limit() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let mut open = Vec::new();
    for _ in 0..300 {
        open.push(TcpStream::connect(host.addr()).await.unwrap());
    }
    assert_eq!(app.status(&host, "/print").await, 200);
}

#[tokio::test]
async fn unlike_spin_small_responses_on_a_kept_alive_connection_are_not_delayed() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let mut times = Vec::new();
    for _ in 0..41 {
        let start = Instant::now();
        assert_eq!(app.get(&host, "/stream-fast").await, "firstlast");
        times.push(start.elapsed());
    }
    times.sort();
    // With Nagle's algorithm, each takes over 40 ms.
    assert!(times[20] < Duration::from_millis(20), "{times:?}");
}

#[tokio::test]
async fn the_most_specific_route_is_used() {
    let routes = [
        "/...",
        "/one",
        "/one/...",
        "/one/:id",
        "/one/:id/...",
        "/one/two/...",
        "/twice",
        "/twice",
    ];
    let routes = routes.iter().enumerate().map(|(n, route)| {
        let body = format!("{route} {n}");
        format!("[[trigger.http]]\nroute = {route:?}\nstatic_response = {{ body = {body:?} }}\n")
    });
    let app = TestApp::new(&routes.collect::<String>());
    let host = app.start().await;
    for (path, expected) in [
        ("/", "/... 0"),
        ("/other", "/... 0"),
        ("/one", "/one 1"),
        ("/one/x", "/one/:id 3"),
        ("/one/x/y", "/one/:id/... 4"),
        ("/one/two", "/one/two/... 5"),
        ("/one/two/three", "/one/two/... 5"),
        ("/twice", "/twice 7"),
    ] {
        assert_eq!(app.get(&host, path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_component_receives_the_routes_parameters() {
    let app = TestApp::new(&GUEST_COMPONENT.replace("/...", "/users/:id/..."));
    let host = app.start().await;
    let body = app.get(&host, "/users/ann/files/1").await;
    assert_eq!(values(&body, "spin-path-match-id"), ["ann"]);
    assert_eq!(values(&body, "spin-path-info"), ["/files/1"]);
}

#[tokio::test]
async fn health_and_info_are_always_public() {
    let well_known_route =
        "[[trigger.http]]\nroute = \"/.well-known/...\"\nstatic_response = { body = \"x\" }\n";
    let private = GUEST_COMPONENT.replace("\"/...\"", "{ private = true }");
    for parts in [GUEST_COMPONENT, &private, &format!("{well_known_route}{GUEST_COMPONENT}")] {
        let app = TestApp::new(parts);
        let host = app.start().await;
        assert_eq!(app.get(&host, "/.well-known/spin/health").await, "OK");
        let info = app.get(&host, "/.well-known/spin/info").await;
        assert!(info.contains("\"name\":\"guest\""), "{info}");
    }
}
