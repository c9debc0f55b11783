//! Requests that a component sends.

use local_host::{Options, Running};

use crate::test_app::{GUEST_COMPONENT, TestApp, strings};

/// A component that may send requests to the variable `allowed`, to its own application and to two chained
/// components, of which `unknown` does not exist.
fn app_with_allowed_hosts() -> TestApp {
    let hosts = "allowed_outbound_hosts = [\"http://{{ allowed }}\", \"http://self\", \
        \"http://private.spin.internal\", \"http://unknown.spin.internal\"]\n";
    let triggers = "[variables]\nallowed = { required = true }\n\
        [[trigger.http]]\nroute = { private = true }\ncomponent = \"private\"\n\
        [component.private]\nsource = \"GUEST_PATH\"\n";
    TestApp::new(&format!("{GUEST_COMPONENT}{hosts}{triggers}"))
}

async fn start(app: &TestApp, allowed: &str) -> Running {
    let variables = strings([("allowed", allowed)]);
    app.start_with(Options { variables, ..Options::default() }).await.unwrap()
}

#[tokio::test]
async fn only_requests_that_the_manifest_allows_are_sent() {
    let static_response =
        "[[trigger.http]]\nroute = \"/...\"\nstatic_response = { body = \"hello\" }";
    let (allowed, other) = (TestApp::new(static_response), TestApp::new(static_response));
    let (allowed, other) = (allowed.start().await, other.start().await);
    let app = app_with_allowed_hosts();
    let host = start(&app, &allowed.addr().to_string()).await;

    assert_eq!(app.get(&host, &format!("/fetch?{}/x", allowed.url())).await, "200 hello");
    let body = app.get(&host, &format!("/fetch?{}/x", other.url())).await;
    assert!(body.contains("HttpRequestDenied"), "{body}");

    assert!(host.console().contains(&format!("add {:?}", other.url())), "{}", host.console());
    assert_eq!((host.counts().outbound, host.counts().denied), (1, 1));
    assert_eq!(other.counts().requests, 0);
}

#[tokio::test]
async fn chained_calls_do_not_use_the_network() {
    let app = app_with_allowed_hosts();
    let host = start(&app, "unused").await;

    let body = app.get(&host, "/fetch?http://private.spin.internal/a/b").await;
    for expected in [
        "200 ",
        "spin-path-info: /a/b\n",
        "spin-client-addr: 0.0.0.0:0\n",
        "spin-full-url: http://private.spin.internal/a/b\n",
    ] {
        assert!(body.contains(expected), "{expected} is not in {body}");
    }
    assert_eq!((host.counts().chained, host.counts().outbound), (1, 0));

    let body = app.get(&host, "/fetch?http://unknown.spin.internal/").await;
    assert!(body.contains("DestinationNotFound"), "{body}");
    let body = app.get(&host, "/fetch?http://guest.spin.internal/").await;
    assert!(body.contains("HttpRequestDenied"), "{body}");
}

#[tokio::test]
async fn a_component_can_send_requests_to_its_own_application() {
    let app = app_with_allowed_hosts();
    let host = start(&app, "unused").await;
    assert_eq!(app.get(&host, "/fetch?http://self.alt/print").await, "200 ");
    assert_eq!(host.counts().requests, 2);
}

#[tokio::test]
async fn a_failed_connection_has_a_specific_error() {
    let app = app_with_allowed_hosts();
    let host = start(&app, "does-not-exist.invalid").await;
    let body = app.get(&host, "/fetch?http://does-not-exist.invalid/").await;
    assert!(body.contains("DnsError"), "{body}");

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let host = start(&app, &closed.to_string()).await;
    let body = app.get(&host, &format!("/fetch?http://{closed}/")).await;
    assert!(body.contains("ConnectionRefused"), "{body}");
    let line = format!("[guest] a request to http://{closed} failed: connection error");
    assert!(host.console().contains(&line), "{}", host.console());
}
