//! Build logs: plain text, and event streams.

use nokube_sim::Fault;
use nokube_tests::{Response, TestPlatform};
use reqwest::Method;
use std::time::Duration;

#[tokio::test]
async fn a_running_build_shows_its_steps_and_an_ended_one_its_log() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = platform.running_build(&alice).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let steps = alice.get(&format!("{path}/logs")).await;
    assert!(steps.text.contains("[success] Set up job"), "{}", steps.text);
    assert!(steps.text.contains("[running]"), "{}", steps.text);
    platform.github.release_all();
    alice.wait_for_end(&path).await;

    let log = alice.get(&format!("{path}/logs")).await;
    assert_eq!(log.status, 200);
    assert_eq!(log.headers["content-type"], "text/plain; charset=utf-8");
    assert!(log.text.contains("Syncing repository: acme/shop"), "{}", log.text);
    // The log storage receives no token.
    let requests = platform.github.requests();
    assert!(requests.iter().any(|r| r.path.starts_with("/_logs/") && r.auth == "none"));
    platform.finish().await;
}

#[tokio::test]
async fn an_expired_log_is_not_found() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_end(&path).await;
    platform.github.add_fault(Fault::status("GET", "/logs", 410).times(1));
    let response = alice.get(&format!("{path}/logs")).await;
    assert!(response.expect_problem(404).contains("not there any more"));
    platform.finish().await;
}

#[tokio::test]
async fn a_redirect_to_an_unknown_host_is_not_followed() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_end(&path).await;
    platform.settle().await;
    platform.github.add_fault(
        Fault::status("GET", "/logs", 302).header("location", "http://169.254.169.254/latest"),
    );
    let (response, cost) = platform.measure(alice.get(&format!("{path}/logs"))).await;
    response.expect_problem(500);
    assert_eq!(cost.outbound + cost.denied, 1, "only GitHub itself received a request");
    platform.finish_with_expected_errors(&["unknown host for a log"]).await;
}

/// The events of a stream: name, id and data of each.
fn events(text: &str) -> Vec<(String, String, String)> {
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_owned()
    };
    let blocks = text.split("\n\n").filter(|block| block.contains("event: "));
    blocks.map(|block| (field(block, "event"), field(block, "id"), field(block, "data"))).collect()
}

#[tokio::test]
async fn an_event_stream_follows_a_build_to_its_end_and_can_be_resumed() {
    let platform =
        TestPlatform::config().github(|o| o.step = Duration::from_millis(150)).start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    let follow = |last_event_id: Option<String>| {
        let request = alice.request(Method::GET, &format!("{path}/logs"));
        let request = request.header("accept", "text/event-stream");
        let request = match last_event_id {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        Response::send(request)
    };
    let response = follow(None).await;
    assert_eq!(response.headers["content-type"], "text/event-stream");
    let all = events(&response.text);
    let names: Vec<_> = all.iter().map(|(name, ..)| name.as_str()).collect();
    assert!(names.contains(&"status") && names.contains(&"step"), "{names:?}");
    assert_eq!(all.last().unwrap().2, "\"success\"");
    let lines: Vec<_> = all.iter().filter(|(name, ..)| name == "log").collect();
    let log = alice.get(&format!("{path}/logs")).await.text;
    assert_eq!(lines.len(), log.lines().count());

    // A client that reconnects after the tenth line gets the remaining lines.
    let rest = events(&follow(Some(lines[9].1.clone())).await.text);
    let rest: Vec<_> = rest.iter().filter(|(name, ..)| name == "log").collect();
    assert_eq!(rest, lines[10..]);
    platform.finish().await;
}
