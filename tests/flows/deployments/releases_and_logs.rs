//! Releases, rollbacks, and streams of pod logs.

use nokube_tests::{
    TestPlatform,
    openapi::{ApiDocument, SentRequest},
};
use serde_json::json;

#[tokio::test]
async fn deploying_the_same_again_makes_no_release_and_a_rollback_goes_to_a_different_one() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let build = alice.wait_for_end(&alice.start_build(project).await).await;
    let mut body = alice.deployment_request(project, "frontend", "").await;
    body["image_name"] = build["image_full_name"].clone();
    body["env_vars"] = json!({ "COLOUR": "red" });
    let path = alice.deploy(&body).await;
    body["env_vars"] = json!({ "COLOUR": "blue" });
    for _ in 0..3 {
        alice.deploy(&body).await;
    }
    let retained = alice.get(&format!("{path}/revisions")).await.expect(200);
    let numbers: Vec<_> =
        retained["revisions"].as_array().unwrap().iter().map(|r| r["revision"].clone()).collect();
    assert_eq!(numbers, [2, 1]);
    // A tag of another registry may refer to another image each time, so each deployment is a release.
    let external = alice.deployment_request(project, "other", "nginx:1").await;
    let other = alice.deploy(&external).await;
    alice.deploy(&external).await;
    alice.deploy(&external).await;
    let retained = alice.get(&format!("{other}/revisions")).await.expect(200);
    assert_eq!(retained["revisions"].as_array().unwrap().len(), 3);
    // A rollback goes to the newest release that differs; if none differs, it is rejected.
    alice.post(&format!("{path}/rollback"), &json!({})).await.expect(202);
    assert_eq!(alice.get(&path).await.expect(200)["release"], 1);
    let rejected = alice.post(&format!("{other}/rollback"), &json!({})).await;
    assert!(
        rejected
            .expect_problem_with_reason(409, "no_earlier_release")
            .contains("no earlier release")
    );
    platform.finish().await;
}

#[tokio::test]
async fn a_log_stream_includes_pods_that_start_later() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = alice.deploy(&alice.deployment_request(project, "web", "nginx").await).await;
    let before = alice.wait_for_status(&path, &["running"]).await;
    let events = alice.request(reqwest::Method::GET, &format!("{path}/logs"));
    let events = events.header("accept", "text/event-stream").send().await.unwrap();
    alice.post(&format!("{path}/restart"), &json!({})).await.expect(202);
    let after = alice.wait_for_status(&path, &["running"]).await;
    let new_pod = after["pods"].as_array().unwrap().iter().find(|pod| {
        !before["pods"].as_array().unwrap().iter().any(|old| old["name"] == pod["name"])
    });
    let new_pod = new_pod.unwrap()["name"].as_str().unwrap().to_owned();
    read_until(events, |text| text.contains(&new_pod)).await;
    platform.finish().await;
}

/// Reads an event stream until its text meets a condition. Returns the text.
async fn read_until(mut events: reqwest::Response, is_complete: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    while let Some(chunk) = events.chunk().await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&chunk));
        if is_complete(&text) {
            let request = SentRequest::get(events.url());
            let document = ApiDocument::published();
            document.check_exchange(&request, 200, events.headers(), &text).unwrap();
            return text;
        }
    }
    panic!("the stream ended with {text}");
}

#[tokio::test]
async fn a_pod_whose_program_never_starts_has_no_log_and_the_stream_has_the_reason() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.deployment_request(project, "web", "acme/shop-nopull").await;
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["failed"]).await;
    let events = alice.request(reqwest::Method::GET, &format!("{path}/logs"));
    let events = events.header("accept", "text/event-stream").send().await.unwrap();
    let text = read_until(events, |text| text.contains("There is no log")).await;
    assert!(text.contains(r#""reason":"not_yet""#), "{text}");
    platform.finish().await;
}

#[tokio::test]
async fn a_log_stream_from_the_start_includes_every_restart_of_the_program() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.deployment_request(project, "web", "acme/shop-crash").await;
    let path = alice.deploy(&body).await;
    let events = alice.request(reqwest::Method::GET, &format!("{path}/logs"));
    let events = events.header("accept", "text/event-stream").send().await.unwrap();
    let pod = alice.wait_for_status(&path, &["failed"]).await["pods"][0]["name"].clone();
    let count_lines = |text: &str, part: &str| {
        text.lines()
            .filter(|line| line.contains(pod.as_str().unwrap()) && line.contains(part))
            .count()
    };
    let text = read_until(events, |text| count_lines(text, "giving up") >= 2).await;
    assert!(count_lines(&text, "There is no log") <= 1, "{text}");
    platform.finish().await;
}
