//! Many concurrent requests.

use nokube_sim::HoldPoint;
use nokube_tests::{Response, TestPlatform, User};
use serde_json::Value;
use std::collections::BTreeSet;

/// Sends the same request many times at once, with or without an idempotency key.
async fn create_concurrently(
    alice: &User,
    body: &Value,
    key: Option<&str>,
    count: usize,
) -> Vec<Response> {
    let call = |_| {
        let (alice, body, key) = (alice.clone(), body.clone(), key.map(str::to_owned));
        tokio::spawn(async move {
            match key {
                Some(key) => alice.post_with_key("/api/v1/builds", &body, &key).await,
                None => alice.post("/api/v1/builds", &body).await,
            }
        })
    };
    let calls: Vec<_> = (0..count).map(call).collect();
    let mut responses = Vec::new();
    for call in calls {
        responses.push(call.await.unwrap());
    }
    responses
}

fn build_id(build: &Value) -> String {
    build["build_id"].as_str().unwrap().to_owned()
}

/// The build id of each run at GitHub, sorted.
fn build_ids_of_runs(platform: &TestPlatform) -> Vec<String> {
    let mut builds: Vec<_> =
        platform.github.runs().iter().map(|run| run.input("build_id").to_owned()).collect();
    builds.sort();
    builds
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_200_concurrent_builds_is_listed_and_dispatched_once() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    platform.github.hold_runs(HoldPoint::Queued);
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    let responses = create_concurrently(&alice, &body, None, 200).await;
    let created: BTreeSet<_> =
        responses.iter().map(|response| build_id(&response.expect(202))).collect();
    assert_eq!(created.len(), 200);

    let path = format!("/api/v1/projects/{project}/builds?limit=200");
    let list = alice.get(&path).await.expect(200);
    let mut listed: Vec<_> = list["builds"].as_array().unwrap().iter().map(build_id).collect();
    listed.sort();
    let created: Vec<_> = created.into_iter().collect();
    assert_eq!((&listed, list["total"].as_u64()), (&created, Some(200)));
    assert_eq!(build_ids_of_runs(&platform), created);
    assert_eq!(platform.github.dispatch_count(), 200);
    platform.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_concurrent_requests_with_one_idempotency_key_get_the_same_build() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    let mut created = BTreeSet::new();
    let mut conflicts = 0;
    for response in create_concurrently(&alice, &body, Some("the-same"), 50).await {
        match response.status {
            202 => drop(created.insert(build_id(&response.expect(202)))),
            _ => {
                response.expect_problem(409);
                assert!(response.headers.contains_key("retry-after"));
                conflicts += 1;
            }
        }
    }
    // Now the build exists, so the rejected requests get it too.
    for response in create_concurrently(&alice, &body, Some("the-same"), conflicts).await {
        created.insert(build_id(&response.expect(202)));
    }
    let list = alice.get(&format!("/api/v1/projects/{project}/builds")).await.expect(200);
    assert_eq!((created.len(), list["total"].as_u64()), (1, Some(1)));
    assert_eq!(build_ids_of_runs(&platform), Vec::from_iter(created));
    assert_eq!(platform.github.dispatch_count(), 1);
    platform.finish().await;
}
