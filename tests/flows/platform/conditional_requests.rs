//! Polls without a change are answered without a body (RFC 9110, 13.1.2).

use nokube_tests::{Response, TestPlatform, User};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

/// A read by somebody who has this entity tag.
async fn read(user: &User, method: Method, path: &str, etag: &str) -> Response {
    Response::send(user.request(method, path).header("if-none-match", etag)).await
}

fn etag(response: &Response) -> String {
    response.headers["etag"].to_str().unwrap().to_owned()
}

/// The page's poll: sends its entity tag until something is new.
async fn assert_unchanged(user: &User, path: &str, tag: &str) {
    let opaque = tag.trim_start_matches("W/");
    for has in [opaque.to_owned(), format!("W/{opaque}"), format!("\"0\", {opaque}"), "*".into()] {
        let unchanged = read(user, Method::GET, path, &has).await;
        assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""), "{has}");
        assert_eq!(etag(&unchanged), tag);
        assert_eq!(unchanged.headers["cache-control"], "no-store");
    }
    let head = read(user, Method::HEAD, path, tag).await;
    assert_eq!((head.status, etag(&head).as_str()), (304, tag));
    read(user, Method::GET, path, "\"0\"").await.expect(200);
}

#[tokio::test]
async fn a_poll_of_a_build_has_a_body_only_if_something_is_new() {
    let platform = TestPlatform::start().await;
    let (alice, bob) = (platform.user("alice"), platform.user("bob"));
    let path = alice.start_build_of(alice.create_project("myapp").await, "will-fail").await;
    alice.wait_for_end(&path).await;
    platform.settle().await;
    alice.get(&path).await; // Stores the final view.
    let first = alice.get(&path).await;
    assert_eq!(first.expect(200)["status"], "failed");
    let (tag, text) = (etag(&first), first.text.clone());
    assert_unchanged(&alice, &path, &tag).await;
    assert_eq!(alice.get(&path).await.text, text);

    // A caller who may not see the build learns nothing, whatever entity tag they send.
    for has in [tag.as_str(), "*"] {
        read(&bob, Method::GET, &path, has).await.expect_problem(404);
        read(&platform.anonymous(), Method::GET, &path, has).await.expect_problem(401);
    }

    alice.post(&format!("{path}/retry"), &json!({})).await.expect(202);
    let retried = read(&alice, Method::GET, &path, &tag).await;
    assert_eq!(retried.expect(200)["attempt"], 2, "a new attempt");
    assert_ne!(etag(&retried), tag);
    platform.finish().await;
}

#[tokio::test]
async fn a_poll_of_a_deployment_has_a_body_only_if_something_is_new() {
    let platform = TestPlatform::start().await;
    let (alice, bob) = (platform.user("alice"), platform.user("bob"));
    let project = alice.create_project("myapp").await;
    let mut request = alice.deployment_request(project, "web", "nginx:1.29").await;
    let path = alice.deploy(&request).await;
    alice.wait_for_status(&path, &["running"]).await;
    let first = alice.get(&path).await;
    let tag = etag(&first);
    // The time of the observation is in whole seconds. Alone it is nothing new.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_unchanged(&alice, &path, &tag).await;
    let later = alice.get(&path).await;
    assert_ne!(later.expect(200)["observed_at"], first.expect(200)["observed_at"]);
    let list = format!("/api/v1/projects/{project}/deployments");
    let tag_of_list = etag(&alice.get(&list).await);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_unchanged(&alice, &list, &tag_of_list).await;
    read(&bob, Method::GET, &path, &tag).await.expect_problem(404);

    request["replicas"] = json!(3);
    alice.deploy(&request).await;
    let changed = read(&alice, Method::GET, &path, &tag).await;
    assert_eq!(changed.expect(200)["revision"], 2, "a new revision");
    let tag = etag(&alice.get(&path).await);
    alice.delete(&path).await.expect(204);
    read(&alice, Method::GET, &path, &tag).await.expect_problem(404);
    platform.finish().await;
}

#[tokio::test]
async fn polls_of_many_pages_have_no_body_while_nothing_is_new() {
    let platform = TestPlatform::config().with_default("deployment_quiet_seconds").start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let request = alice.deployment_request(project, "web", "nginx:1.29").await;
    let path = alice.deploy(&request).await;
    alice.wait_for_status(&path, &["running"]).await;
    for path in [path, format!("/api/v1/projects/{project}/deployments")] {
        let tag = etag(&alice.get(&path).await);
        // Some get what another one has read, and one reads the cluster again.
        for _ in 0..5 {
            assert_unchanged(&alice, &path, &tag).await;
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
    }
    platform.finish().await;
}
