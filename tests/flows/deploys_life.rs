//! Releases, what is no new one, and logs that are followed.

use nokube_tests::{
    World,
    contract::{Asked, Contract},
};
use serde_json::json;

#[tokio::test]
async fn the_same_again_is_no_new_release_and_a_rollback_goes_to_another() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let build = alice.until_ended(&alice.build(project).await).await;
    let mut wanted = alice.wanted_deployment(project, "frontend", "").await;
    wanted["image_name"] = build["image_full_name"].clone();
    wanted["env_vars"] = json!({ "COLOUR": "red" });
    let path = alice.deploy(&wanted).await;
    wanted["env_vars"] = json!({ "COLOUR": "blue" });
    for _ in 0..3 {
        alice.deploy(&wanted).await;
    }
    let kept = alice.get(&format!("{path}/revisions")).await.expect(200);
    let numbers: Vec<_> =
        kept["revisions"].as_array().unwrap().iter().map(|r| r["revision"].clone()).collect();
    assert_eq!(numbers, [2, 1]);
    // A foreign tag may mean another image each time, so that is another release.
    let foreign = alice.wanted_deployment(project, "other", "nginx:1").await;
    let other = alice.deploy(&foreign).await;
    alice.deploy(&foreign).await;
    alice.deploy(&foreign).await;
    let kept = alice.get(&format!("{other}/revisions")).await.expect(200);
    assert_eq!(kept["revisions"].as_array().unwrap().len(), 3);
    // Back goes to the newest that differs; where none does, there is nothing to go back to.
    alice.post(&format!("{path}/rollback"), &json!({})).await.expect(202);
    assert_eq!(alice.get(&path).await.expect(200)["release"], 1);
    let none = alice.post(&format!("{other}/rollback"), &json!({})).await;
    assert!(none.refused(409, "NoEarlierRelease").contains("no earlier release"));
    world.end().await;
}

#[tokio::test]
async fn pods_that_come_while_the_log_is_followed_join_in() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let path = alice.deploy(&alice.wanted_deployment(project, "web", "nginx").await).await;
    let before = alice.until(&path, &["running"]).await;
    let events = alice.request(reqwest::Method::GET, &format!("{path}/logs"));
    let events = events.header("accept", "text/event-stream").send().await.unwrap();
    alice.post(&format!("{path}/restart"), &json!({})).await.expect(202);
    let after = alice.until(&path, &["running"]).await;
    let new = after["pods"].as_array().unwrap().iter().find(|pod| {
        !before["pods"].as_array().unwrap().iter().any(|old| old["name"] == pod["name"])
    });
    let new = new.unwrap()["name"].as_str().unwrap().to_owned();
    until_told(events, |told| told.contains(&new)).await;
    world.end().await;
}

/// Reads one event stream until its text is as wanted.
async fn until_told(mut events: reqwest::Response, is_wanted: impl Fn(&str) -> bool) -> String {
    let mut told = String::new();
    while let Some(piece) = events.chunk().await.unwrap() {
        told.push_str(&String::from_utf8_lossy(&piece));
        if is_wanted(&told) {
            let asked = Asked::get(events.url());
            Contract::published().check(&asked, 200, events.headers(), &told).unwrap();
            return told;
        }
    }
    panic!("the stream ended with {told}");
}

#[tokio::test]
async fn a_pod_whose_program_never_begins_has_no_log_and_programs_are_told_why() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted_deployment(project, "web", "acme/shop-nopull").await;
    let path = alice.deploy(&wanted).await;
    alice.until(&path, &["failed"]).await;
    let events = alice.request(reqwest::Method::GET, &format!("{path}/logs"));
    let events = events.header("accept", "text/event-stream").send().await.unwrap();
    let told = until_told(events, |told| told.contains("There is no log")).await;
    assert!(told.contains(r#""reason":"NotYet""#), "{told}");
    world.end().await;
}

#[tokio::test]
async fn a_log_that_is_followed_from_the_click_on_tells_of_every_start_of_the_program() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted_deployment(project, "web", "acme/shop-crash").await;
    let path = alice.deploy(&wanted).await;
    let events = alice.request(reqwest::Method::GET, &format!("{path}/logs"));
    let events = events.header("accept", "text/event-stream").send().await.unwrap();
    let pod = alice.until(&path, &["failed"]).await["pods"][0]["name"].clone();
    let of_pod = |told: &str, what: &str| {
        told.lines()
            .filter(|line| line.contains(pod.as_str().unwrap()) && line.contains(what))
            .count()
    };
    let told = until_told(events, |told| of_pod(told, "giving up") >= 2).await;
    assert!(of_pod(&told, "There is no log") <= 1, "{told}");
    world.end().await;
}
