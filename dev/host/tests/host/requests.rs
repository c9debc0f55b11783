//! Routing of requests, and Spin's request headers.

use crate::test_app::{GUEST_COMPONENT, TestApp};

#[tokio::test]
async fn spins_headers_come_after_the_clients() {
    let app = TestApp::new(&GUEST_COMPONENT.replace("/...", "/users/:user_id/..."));
    let host = app.start().await;

    let request = app.client.get(host.url() + "/users/42/files/a?x=1");
    let request =
        request.header("spin-path-info", "/forged").header("spin-client-addr", "9.9.9.9:9");
    let body = request.send().await.unwrap().text().await.unwrap();
    let headers: Vec<_> = body.lines().filter(|line| line.starts_with("spin-")).collect();

    let full_url = format!("spin-full-url: {}/users/42/files/a?x=1", host.url());
    for expected in [
        full_url.as_str(),
        "spin-matched-route: /users/:user_id/...",
        "spin-base-path: /",
        "spin-component-route: /users/:user_id",
        "spin-raw-component-route: /users/:user_id/...",
        "spin-path-match-user-id: 42",
    ] {
        assert!(headers.contains(&expected), "{expected} is not in {body}");
    }
    let values = |name: &str| -> Vec<String> {
        headers.iter().filter_map(|line| line.strip_prefix(name).map(str::to_string)).collect()
    };
    assert_eq!(values("spin-path-info: "), ["/forged", "/files/a"]);
    let clients = values("spin-client-addr: ");
    assert_eq!(clients[0], "9.9.9.9:9");
    assert!(clients[1].starts_with("127.0.0.1:"), "{clients:?}");
    host.stop().await.unwrap();
}

#[tokio::test]
async fn responses_without_a_component() {
    let static_response = "[[trigger.http]]\nroute = \"/fixed\"\n\
        static_response = { status_code = 418, headers = { x-a = \"b\" }, body = \"short\" }\n";
    let app = TestApp::new(
        &(static_response.to_string() + &GUEST_COMPONENT.replace("/...", "/guest/...")),
    );
    let host = app.start().await;

    assert_eq!(app.status(&host, "/elsewhere").await, 404);
    assert_eq!(app.get(&host, "/.well-known/spin/health").await, "OK");
    assert!(app.get(&host, "/.well-known/spin/info").await.contains("\"name\": \"guest\""));
    assert_eq!(app.status(&host, "/.well-known/spin/other").await, 404);
    let response = app.client.get(host.url() + "/fixed").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-a"]),
        (418, &"b".parse().unwrap())
    );
    assert_eq!(response.text().await.unwrap(), "short");

    assert!(host.console().contains("GET /elsewhere 404 "), "{}", host.console());
    assert_eq!(host.counts().requests, 5);
}
