//! Logs: text once there is one, events that follow a build.

use nokube_sim::Fault;
use nokube_tests::World;
use reqwest::Method;
use std::time::Duration;

#[tokio::test]
async fn the_log_is_there_after_the_end_and_the_steps_before() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = world.running_build(&alice).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let steps = alice.get(&format!("{path}/logs")).await;
    assert!(steps.text.contains("[success] Set up job"), "{}", steps.text);
    assert!(steps.text.contains("[running]"), "{}", steps.text);
    world.sim.release_all();
    alice.until_ended(&path).await;

    let log = alice.get(&format!("{path}/logs")).await;
    assert_eq!(log.status, 200);
    assert_eq!(log.headers["content-type"], "text/plain; charset=utf-8");
    assert!(log.text.contains("Syncing repository: acme/shop"), "{}", log.text);
    // The simulation's log storage refuses a request that carries our token; it was not asked so.
    let seen = world.sim.requests();
    assert!(seen.iter().any(|seen| seen.path.starts_with("/_logs/") && seen.auth == "none"));
    world.end().await;
}

#[tokio::test]
async fn a_log_that_is_gone_is_said_to_be_gone() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    alice.until_ended(&path).await;
    world.sim.fault(Fault::status("GET", "/logs", 410).times(1));
    let answer = alice.get(&format!("{path}/logs")).await;
    assert!(answer.problem(404).contains("not there any more"));
    world.end().await;
}

#[tokio::test]
async fn a_redirect_to_a_strange_host_is_not_followed() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    alice.until_ended(&path).await;
    world.sim.fault(
        Fault::status("GET", "/logs", 302).header("location", "http://169.254.169.254/latest"),
    );
    let (answer, cost) = world.cost(alice.get(&format!("{path}/logs"))).await;
    answer.problem(500);
    assert_eq!(cost.outbound + cost.refused, 1, "only GitHub itself was asked");
    world.end_with_errors(&["strange place for a log"]).await;
}

/// The events of a stream: name, id, data.
fn events(text: &str) -> Vec<(String, String, String)> {
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_owned()
    };
    let blocks = text.split("\n\n").filter(|block| block.contains("event: "));
    blocks.map(|block| (field(block, "event"), field(block, "id"), field(block, "data"))).collect()
}

#[tokio::test]
async fn events_follow_a_build_to_its_end_and_go_on_where_they_stopped() {
    let world = World::plan().github(|o| o.step = Duration::from_millis(150)).start().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    let follow = |last: Option<String>| {
        let request = alice.request(Method::GET, &format!("{path}/logs"));
        let request = request.header("accept", "text/event-stream");
        let request = match last {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        nokube_tests::Answer::of(request)
    };
    let answer = follow(None).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let told = events(&answer.text);
    let names: Vec<_> = told.iter().map(|(name, ..)| name.as_str()).collect();
    assert!(names.contains(&"status") && names.contains(&"step"), "{names:?}");
    assert_eq!(told.last().unwrap().2, "\"success\"");
    let lines: Vec<_> = told.iter().filter(|(name, ..)| name == "log").collect();
    let whole = alice.get(&format!("{path}/logs")).await.text;
    assert_eq!(lines.len(), whole.lines().count());

    // A reader that lost the connection after the tenth line gets the rest, and no line twice.
    let rest = events(&follow(Some(lines[9].1.clone())).await.text);
    let rest: Vec<_> = rest.iter().filter(|(name, ..)| name == "log").collect();
    assert_eq!(rest, lines[10..]);
    world.end().await;
}
