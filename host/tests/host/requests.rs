//! From a path to a component, and what the component learns of it.

use crate::world::{STORY, Story};

#[tokio::test]
async fn a_component_learns_its_route_after_what_the_client_claims() {
    let story = Story::new(&STORY.replace("/...", "/users/:user_id/..."));
    let host = story.start().await;

    let request = story.client.get(host.url() + "/users/42/files/a?x=1");
    let request =
        request.header("spin-path-info", "/forged").header("spin-client-addr", "9.9.9.9:9");
    let answer = request.send().await.unwrap().text().await.unwrap();
    let headers: Vec<_> = answer.lines().filter(|line| line.starts_with("spin-")).collect();

    let full_url = format!("spin-full-url: {}/users/42/files/a?x=1", host.url());
    for expected in [
        full_url.as_str(),
        "spin-matched-route: /users/:user_id/...",
        "spin-base-path: /",
        "spin-component-route: /users/:user_id",
        "spin-raw-component-route: /users/:user_id/...",
        "spin-path-match-user-id: 42",
    ] {
        assert!(headers.contains(&expected), "{expected} is not in {answer}");
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
async fn what_no_component_answers() {
    let fixed = "[[trigger.http]]\nroute = \"/fixed\"\n\
        static_response = { status_code = 418, headers = { x-a = \"b\" }, body = \"short\" }\n";
    let story = Story::new(&(fixed.to_string() + &STORY.replace("/...", "/story/...")));
    let host = story.start().await;

    assert_eq!(story.status(&host, "/elsewhere").await, 404);
    assert_eq!(story.get(&host, "/.well-known/spin/health").await, "OK");
    assert!(story.get(&host, "/.well-known/spin/info").await.contains("\"name\":\"story\""));
    assert_eq!(story.status(&host, "/.well-known/spin/other").await, 404);
    let response = story.client.get(host.url() + "/fixed").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-a"]),
        (418, &"b".parse().unwrap())
    );
    assert_eq!(response.text().await.unwrap(), "short");

    assert!(host.console().contains("GET /elsewhere 404 "), "{}", host.console());
    assert_eq!(host.counts().requests, 5);
}

#[tokio::test]
async fn a_host_that_is_internal_or_doubled_is_refused() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let story = Story::new(STORY);
    let host = story.start().await;
    for (headers, status) in [
        ("Host: example.org", "200"),
        ("Host: story.spin.internal", "400"),
        ("Host: STORY.Spin.Internal", "400"),
        ("Host: example.org\r\nHost: story.spin.internal", "400"),
        ("X-No-Host: 1", "400"),
    ] {
        let mut connection = tokio::net::TcpStream::connect(host.addr()).await.unwrap();
        let request = format!("GET /echo HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{headers}: {answer}");
    }
}
