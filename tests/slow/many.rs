//! Many callers at once.

use nokube_sim::HoldAt;
use nokube_tests::{Answer, User, World};
use serde_json::Value;
use std::collections::BTreeSet;

/// So many callers send the same request at once, with or without the same key.
async fn crowd(alice: &User, wanted: &Value, key: Option<&str>, callers: usize) -> Vec<Answer> {
    let call = |_| {
        let (alice, wanted, key) = (alice.clone(), wanted.clone(), key.map(str::to_owned));
        tokio::spawn(async move {
            match key {
                Some(key) => alice.post_with_key("/api/v1/builds", &wanted, &key).await,
                None => alice.post("/api/v1/builds", &wanted).await,
            }
        })
    };
    let calls: Vec<_> = (0..callers).map(call).collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

fn id(build: &Value) -> String {
    build["build_id"].as_str().unwrap().to_owned()
}

/// The builds of GitHub's runs, sorted, one for each run.
fn builds_of_runs(world: &World) -> Vec<String> {
    let mut builds: Vec<_> =
        world.sim.runs().iter().map(|run| run.input("build_id").to_owned()).collect();
    builds.sort();
    builds
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_builds_at_once_each_is_listed_once_and_dispatched_once() {
    let world = World::plan().without_webhooks().start().await;
    world.sim.hold_runs(HoldAt::Queued);
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;
    let answers = crowd(&alice, &wanted, None, 200).await;
    let made: BTreeSet<_> = answers.iter().map(|answer| id(&answer.expect(202))).collect();
    assert_eq!(made.len(), 200);

    let path = format!("/api/v1/projects/{project}/builds?limit=200");
    let list = alice.get(&path).await.expect(200);
    let mut listed: Vec<_> = list["builds"].as_array().unwrap().iter().map(id).collect();
    listed.sort();
    let made: Vec<_> = made.into_iter().collect();
    assert_eq!((&listed, list["total"].as_u64()), (&made, Some(200)));
    assert_eq!(builds_of_runs(&world), made);
    assert_eq!(world.sim.dispatches(), 200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_callers_with_the_same_key_all_get_the_same_build() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;
    let mut made = BTreeSet::new();
    let mut later = 0;
    for answer in crowd(&alice, &wanted, Some("the-same"), 50).await {
        match answer.status {
            202 => drop(made.insert(id(&answer.expect(202)))),
            _ => {
                answer.problem(409);
                assert!(answer.headers.contains_key("retry-after"));
                later += 1;
            }
        }
    }
    // By now it is made: who was told to come back gets it.
    for answer in crowd(&alice, &wanted, Some("the-same"), later).await {
        made.insert(id(&answer.expect(202)));
    }
    let list = alice.get(&format!("/api/v1/projects/{project}/builds")).await.expect(200);
    assert_eq!((made.len(), list["total"].as_u64()), (1, Some(1)));
    assert_eq!(builds_of_runs(&world), Vec::from_iter(made));
    assert_eq!(world.sim.dispatches(), 1);
    world.end().await;
}
