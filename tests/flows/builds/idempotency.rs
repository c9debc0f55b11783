//! Repeated and concurrent requests.

use nokube_tests::TestPlatform;
use serde_json::json;

#[tokio::test]
async fn requests_with_the_same_key_dispatch_once() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    let calls = (0..20).map(|_| {
        let (alice, body) = (alice.clone(), body.clone());
        tokio::spawn(async move { alice.post_with_key("/api/v1/builds", &body, "k1").await })
    });
    let mut ids = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        let response = call.await.unwrap();
        match response.status {
            202 => {
                ids.insert(response.expect(202)["build_id"].as_str().unwrap().to_owned());
            }
            _ => {
                response.expect_problem(409);
                assert!(response.headers.contains_key("retry-after"));
            }
        }
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(platform.github.dispatch_count(), 1);
    // A later repetition gets the same response. The same key of another user is another key.
    let repeated = alice.post_with_key("/api/v1/builds", &body, "k1").await.expect(202);
    assert!(ids.contains(repeated["build_id"].as_str().unwrap()));
    let bob = platform.user("bob");
    let body = bob.build_request(bob.create_project("myapp").await, "frontend").await;
    bob.post_with_key("/api/v1/builds", &body, "k1").await.expect(202);
    assert_eq!(platform.github.dispatch_count(), 2);
    platform.finish().await;
}

#[tokio::test]
async fn the_same_key_with_another_body_is_rejected() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.build_request(project, "frontend").await;
    alice.post_with_key("/api/v1/builds", &body, "k1").await.expect(202);
    body["branch"] = json!("other");
    let response = alice.post_with_key("/api/v1/builds", &body, "k1").await;
    assert!(response.field_errors()["Idempotency-Key"].contains("another request"));
    for key in ["with blank", ""] {
        let response = alice.post_with_key("/api/v1/builds", &body, key).await;
        assert!(response.field_errors().contains_key("Idempotency-Key"));
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_rejected_request_can_be_sent_again_with_the_same_key() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.build_request(project, "frontend").await;
    body["branch"] = json!("missing");
    alice.post_with_key("/api/v1/builds", &body, "k1").await.field_errors();
    body["branch"] = json!("main");
    alice.post_with_key("/api/v1/builds", &body, "k1").await.expect(202);
    platform.finish().await;
}

#[tokio::test]
async fn concurrent_builds_are_all_listed_once() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    let calls = (0..40).map(|_| {
        let (alice, body) = (alice.clone(), body.clone());
        tokio::spawn(async move { alice.post("/api/v1/builds", &body).await.expect(202) })
    });
    let mut created = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        created.insert(call.await.unwrap()["build_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(created.len(), 40);
    let list = alice.get(&format!("/api/v1/projects/{project}/builds")).await.expect(200);
    let listed = list["builds"].as_array().unwrap().iter();
    let listed: std::collections::BTreeSet<_> =
        listed.map(|build| build["build_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((listed, &list["total"]), (created, &json!(40)));
    platform.finish().await;
}

#[tokio::test]
async fn concurrent_requests_create_a_project_once() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let calls = (0..10).map(|_| {
        let alice = alice.clone();
        tokio::spawn(async move {
            alice.post("/api/v1/projects", &json!({ "name": "myapp" })).await.status
        })
    });
    let mut created = 0;
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            201 => created += 1,
            other => assert_eq!(other, 409),
        }
    }
    assert_eq!(created, 1);
    assert_eq!(
        alice.get("/api/v1/projects").await.expect(200)["projects"].as_array().unwrap().len(),
        1
    );
    platform.finish().await;
}
