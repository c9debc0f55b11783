//! Requests, routes and connections.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use local_host::Running;
use reqwest::Body;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
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
        assert!(request.send().await.is_err(), "{name}");
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
    let response = request.send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["connection"]),
        (413, &"close".parse().unwrap())
    );
    // A body that the component has read, or a small one that it has not read, costs no connection.
    for path in ["/upload", "/print"] {
        let response = app.client.post(host.url() + path).body("small").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(!response.headers().contains_key("connection"), "{path}");
    }
}

/// Sends a request as it is. Returns the connection's output until its end.
async fn send_raw(host: &Running, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(host.addr()).await.unwrap();
    connection.write_all(request).await.unwrap();
    let mut response = Vec::new();
    connection.read_to_end(&mut response).await.unwrap();
    String::from_utf8(response).unwrap()
}

#[tokio::test]
async fn a_request_without_a_valid_host_closes_the_connection_without_a_response() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    for (request_line, headers, status) in [
        ("GET / HTTP/1.1", "Host: example.org", Some("200")),
        ("GET / HTTP/1.1", "X-No-Host: 1", None),
        ("GET / HTTP/1.0", "X-No-Host: 1", None),
        ("GET / HTTP/1.0", "Host: example.org", Some("200")),
        ("GET / HTTP/1.1", "Host: a b", None),
        ("GET / HTTP/1.1", "Host:", None),
        ("GET / HTTP/1.1", "Host: guest.spin.internal", None),
        ("GET / HTTP/1.1", "Host: guest.spin.internal:80", None),
        // The first of several counts.
        ("GET / HTTP/1.1", "Host: example.org\r\nHost: guest.spin.internal", Some("200")),
        ("GET / HTTP/1.1", "Host: guest.spin.internal\r\nHost: example.org", None),
        ("GET http://other.example/ HTTP/1.1", "Host: example.org", None),
        ("GET http://example.org/ HTTP/1.1", "Host: example.org", Some("200")),
        ("GET http://example.org/ HTTP/1.1", "X-No-Host: 1", Some("200")),
        // These need no component.
        ("GET /.well-known/spin/health HTTP/1.1", "X-No-Host: 1", Some("200")),
        ("GET /.well-known/spin/none HTTP/1.1", "X-No-Host: 1", Some("404")),
    ] {
        let request = format!("{request_line}\r\n{headers}\r\nConnection: close\r\n\r\n");
        let response = send_raw(&host, request.as_bytes()).await;
        assert_eq!(response.split(' ').nth(1), status, "{request_line} {headers}: {response}");
        assert_eq!(response.is_empty(), status.is_none(), "{request_line} {headers}: {response}");
    }
    let console = host.console();
    assert!(console.contains("GET / no response: it has no valid Host header"), "{console}");
}

#[tokio::test]
async fn a_header_that_is_not_utf8_is_an_empty_500() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    for (value, status) in [(&b"caf\xC3\xA9"[..], "200"), (&b"caf\xE9"[..], "500")] {
        let head = b"GET /print HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Name: ".as_slice();
        let response = send_raw(&host, &[head, value, b"\r\n\r\n"].concat()).await;
        assert_eq!(response.split(' ').nth(1), Some(status), "{response}");
        assert!(response.ends_with("\r\n\r\n"), "{response}");
    }
    assert!(host.console().contains("[guest] no response: a header is not UTF-8"));
}

#[tokio::test]
async fn http2_is_served_to_clients_that_know_it() {
    let app = TestApp::new(GUEST_COMPONENT);
    let host = app.start().await;
    let stream = TokioIo::new(TcpStream::connect(host.addr()).await.unwrap());
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let url = host.url() + "/path?q";
    let request = http::Request::get(&url).body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, http::Version::HTTP_2));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    // The host is in the URI, and in no header.
    assert_eq!(values(&body, "spin-full-url"), ["http://localhost/path?q"]);
    assert_eq!(values(&body, "host"), [""; 0]);
    let request = http::Request::get(&url).header("host", "a b").body(Empty::new()).unwrap();
    assert!(sender.send_request(request).await.is_err());
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
        assert_eq!(info, "{\n  \"name\": \"guest\"\n}");
    }
}
