//! Requests, routes and connections.

use std::time::{Duration, Instant};

use futures::stream;
use reqwest::Body;
use tokio::net::TcpStream;

use crate::world::{STORY, Story};

/// Values of one header, as the guest saw them.
fn values<'a>(answer: &'a str, name: &str) -> Vec<&'a str> {
    let lines = answer.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(key, _)| *key == name).map(|(_, value)| value).collect()
}

#[tokio::test]
async fn spins_headers_come_after_a_clients_forged_ones() {
    let story = Story::new(&STORY.replace("/...", "/a/:id/..."));
    let host = story.start().await;
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
    let mut request = story.client.get(host.url() + "/a/7/b");
    for name in names {
        request = request.header(name, "forged");
    }
    let answer = request.send().await.unwrap().text().await.unwrap();
    for name in names {
        let values = values(&answer, name);
        assert_eq!(values.len(), 2, "{name}: {values:?}");
        assert_eq!(values[0], "forged");
        assert_ne!(values[1], "forged");
    }
    assert_eq!(values(&answer, "spin-path-match-id"), ["forged", "7"]);
}

#[tokio::test]
async fn a_parameter_that_the_route_lacks_is_wholly_the_clients() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let request = story.client.get(host.url()).header("spin-path-match-id", "forged");
    let answer = request.send().await.unwrap().text().await.unwrap();
    assert_eq!(values(&answer, "spin-path-match-id"), ["forged"]);
}

/// A public component and a private one, which is the same.
fn with_private(allowed: &str) -> Story {
    Story::new(&format!(
        "{STORY}allowed_outbound_hosts = [{allowed:?}]\n[[trigger.http]]\n\
         route = {{ private = true }}\ncomponent = \"private\"\n[component.private]\n\
         source = \"GUEST\"\n"
    ))
}

#[tokio::test]
async fn a_chained_call_comes_from_an_address_that_a_client_can_forge_too() {
    let story = with_private("http://private.spin.internal");
    let host = story.start().await;
    let chained = story.get(&host, "/fetch?http://private.spin.internal/").await;
    let chained = chained.strip_prefix("200 ").unwrap();
    assert_eq!(values(chained, "spin-client-addr"), ["0.0.0.0:0"]);
    let forged = story.client.get(host.url()).header("spin-client-addr", "0.0.0.0:0");
    let forged = forged.send().await.unwrap().text().await.unwrap();
    assert_eq!(values(&forged, "spin-client-addr")[0], "0.0.0.0:0");
}

#[tokio::test]
async fn a_private_route_is_reached_by_chaining_only() {
    let story = with_private("http://private.spin.internal");
    let host = story.start().await;
    for name in ["private.spin.internal", "private.spin.internal:80"] {
        let request = story.client.get(host.url() + "/print").header("host", name);
        assert_eq!(request.send().await.unwrap().status(), 400, "{name}");
    }
    assert_eq!(host.counts().chained, 0);

    // The gate is the caller's list.
    for (allowed, expected) in [
        ("http://private.spin.internal", "200 "),
        ("http://*.spin.internal", "200 "),
        ("https://private.spin.internal", "HttpRequestDenied"),
        ("http://other.spin.internal", "HttpRequestDenied"),
    ] {
        let story = with_private(allowed);
        let host = story.start().await;
        let answer = story.get(&host, "/fetch?http://private.spin.internal/print").await;
        assert!(answer.contains(expected), "{allowed}: {answer}");
    }
}

#[tokio::test]
async fn an_application_of_private_routes_has_no_public_ones() {
    let story = Story::new(&STORY.replace("\"/...\"", "{ private = true }"));
    let host = story.start().await;
    for path in ["/", "/story", "/story.spin.internal/"] {
        assert_eq!(story.status(&host, path).await, 404, "{path}");
    }
}

#[tokio::test]
async fn a_request_body_has_no_limit() {
    const PIECE: usize = 1 << 20;
    let story = Story::new(STORY);
    let host = story.start().await;
    let pieces = (0..300).map(|_| Ok::<_, std::io::Error>(vec![b'x'; PIECE]));
    let body = Body::wrap_stream(stream::iter(pieces));
    let answer = story.client.post(host.url() + "/swallow").body(body).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), (300 * PIECE).to_string());
}

#[tokio::test]
async fn a_component_can_stop_reading_at_its_own_cap() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let request = story.client.post(host.url() + "/upload").body(vec![b'x'; 30_000_000]);
    assert_eq!(request.send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn connections_have_no_limit() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let mut open = Vec::new();
    for _ in 0..300 {
        open.push(TcpStream::connect(host.addr()).await.unwrap());
    }
    assert_eq!(story.status(&host, "/print").await, 200);
}

#[tokio::test]
async fn on_purpose_small_answers_on_a_kept_connection_are_not_held_back() {
    let story = Story::new(STORY);
    let host = story.start().await;
    let mut times = Vec::new();
    for _ in 0..41 {
        let start = Instant::now();
        assert_eq!(story.get(&host, "/pieces").await, "firstlast");
        times.push(start.elapsed());
    }
    times.sort();
    // Held back, each takes over 40 ms.
    assert!(times[20] < Duration::from_millis(20), "{times:?}");
}

#[tokio::test]
async fn the_most_exact_route_answers() {
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
    let story = Story::new(&routes.collect::<String>());
    let host = story.start().await;
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
        assert_eq!(story.get(&host, path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn parameters_of_a_route_reach_the_component() {
    let story = Story::new(&STORY.replace("/...", "/users/:id/..."));
    let host = story.start().await;
    let answer = story.get(&host, "/users/ann/files/1").await;
    assert_eq!(values(&answer, "spin-path-match-id"), ["ann"]);
    assert_eq!(values(&answer, "spin-path-info"), ["/files/1"]);
}

#[tokio::test]
async fn health_and_info_are_always_public() {
    let wide =
        "[[trigger.http]]\nroute = \"/.well-known/...\"\nstatic_response = { body = \"x\" }\n";
    let private = STORY.replace("\"/...\"", "{ private = true }");
    for parts in [STORY, &private, &format!("{wide}{STORY}")] {
        let story = Story::new(parts);
        let host = story.start().await;
        assert_eq!(story.get(&host, "/.well-known/spin/health").await, "OK");
        let info = story.get(&host, "/.well-known/spin/info").await;
        assert!(info.contains("\"name\":\"story\""), "{info}");
    }
}
