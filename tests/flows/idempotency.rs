//! The same request twice.

use nokube_tests::World;
use serde_json::json;

#[tokio::test]
async fn the_same_key_never_dispatches_twice() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;
    let calls = (0..20).map(|_| {
        let (alice, wanted) = (alice.clone(), wanted.clone());
        tokio::spawn(async move { alice.post_with_key("/api/v1/builds", &wanted, "k1").await })
    });
    let mut ids = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        match answer.status {
            202 => {
                ids.insert(answer.expect(202)["build_id"].as_str().unwrap().to_owned());
            }
            _ => {
                answer.problem(409);
                assert!(answer.headers.contains_key("retry-after"));
            }
        }
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(world.sim.dispatches(), 1);
    // Later, the same answer; another person's key of the same text is another key.
    let again = alice.post_with_key("/api/v1/builds", &wanted, "k1").await.expect(202);
    assert!(ids.contains(again["build_id"].as_str().unwrap()));
    let bob = world.user("bob");
    let wanted = bob.wanted(bob.project("myapp").await, "frontend").await;
    bob.post_with_key("/api/v1/builds", &wanted, "k1").await.expect(202);
    assert_eq!(world.sim.dispatches(), 2);
    world.end().await;
}

#[tokio::test]
async fn the_same_key_with_another_body_is_a_mistake() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let mut wanted = alice.wanted(project, "frontend").await;
    alice.post_with_key("/api/v1/builds", &wanted, "k1").await.expect(202);
    wanted["branch"] = json!("other");
    let answer = alice.post_with_key("/api/v1/builds", &wanted, "k1").await;
    assert!(answer.faults()["Idempotency-Key"].contains("another request"));
    for key in ["with blank", ""] {
        let answer = alice.post_with_key("/api/v1/builds", &wanted, key).await;
        assert!(answer.faults().contains_key("Idempotency-Key"));
    }
    world.end().await;
}

#[tokio::test]
async fn a_request_that_was_refused_may_be_sent_again_with_its_key() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let mut wanted = alice.wanted(project, "frontend").await;
    wanted["branch"] = json!("missing");
    alice.post_with_key("/api/v1/builds", &wanted, "k1").await.faults();
    wanted["branch"] = json!("main");
    alice.post_with_key("/api/v1/builds", &wanted, "k1").await.expect(202);
    world.end().await;
}

#[tokio::test]
async fn many_builds_at_once_all_appear_once() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;
    let calls = (0..40).map(|_| {
        let (alice, wanted) = (alice.clone(), wanted.clone());
        tokio::spawn(async move { alice.post("/api/v1/builds", &wanted).await.expect(202) })
    });
    let mut made = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        made.insert(call.await.unwrap()["build_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(made.len(), 40);
    let list = alice.get(&format!("/api/v1/projects/{project}/builds")).await.expect(200);
    let listed = list["builds"].as_array().unwrap().iter();
    let listed: std::collections::BTreeSet<_> =
        listed.map(|build| build["build_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((listed, &list["total"]), (made, &json!(40)));
    world.end().await;
}

#[tokio::test]
async fn of_two_who_create_the_same_project_one_gets_it() {
    let world = World::new().await;
    let alice = world.user("alice");
    let calls = (0..10).map(|_| {
        let alice = alice.clone();
        tokio::spawn(async move {
            alice.post("/api/v1/projects", &json!({ "name": "myapp" })).await.status
        })
    });
    let mut made = 0;
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            201 => made += 1,
            other => assert_eq!(other, 409),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(
        alice.get("/api/v1/projects").await.expect(200)["projects"].as_array().unwrap().len(),
        1
    );
    world.end().await;
}
