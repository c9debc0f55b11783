//! Lists: pages, filters, several projects.

use nokube_sim::HoldAt;
use nokube_tests::{User, World};
use serde_json::{Value, json};

fn ids(list: &Value) -> Vec<String> {
    let builds = list["builds"].as_array().unwrap().iter();
    builds.map(|build| build["build_id"].as_str().unwrap().to_owned()).collect()
}

async fn many(alice: &User, project: u64, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..count {
        let path = alice.build(project).await;
        made.insert(0, path.rsplit('/').next().unwrap().to_owned());
    }
    made
}

#[tokio::test]
async fn pages_are_newest_first_and_together_everything() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let made = many(&alice, project, 7).await;
    let mut seen = Vec::new();
    for offset in [0, 3, 6] {
        let path = format!("/api/v1/projects/{project}/builds?limit=3&offset={offset}");
        let page = alice.get(&path).await.expect(200);
        assert_eq!(
            (&page["total"], &page["limit"], &page["offset"]),
            (&json!(7), &json!(3), &json!(offset))
        );
        seen.extend(ids(&page));
    }
    assert_eq!(seen, made);
    let faults = alice.get("/api/v1/builds?limit=0&offset=x&colour=red").await;
    assert!(faults.faults().contains_key("colour"));
    let faults = alice.get("/api/v1/builds?limit=201&offset=x").await.faults();
    assert_eq!(faults.keys().collect::<Vec<_>>(), ["limit", "offset"]);
    world.end().await;
}

#[tokio::test]
async fn all_of_a_callers_projects_are_in_one_list() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    let (one, two) = (alice.project("one").await, alice.project("two").await);
    let mut made = many(&alice, one, 2).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    made.splice(0..0, many(&alice, two, 2).await);
    let list = alice.get("/api/v1/builds").await.expect(200);
    assert_eq!((ids(&list), &list["total"]), (made.clone(), &json!(4)));
    let page = alice.get("/api/v1/builds?limit=2&offset=1").await.expect(200);
    assert_eq!(ids(&page), made[1..3]);
    let filtered = alice.get(&format!("/api/v1/builds?project_id={two}")).await.expect(200);
    assert_eq!(ids(&filtered), made[..2]);
    let answer = alice.get("/api/v1/builds?offset=5000").await;
    assert!(answer.faults()["offset"].contains("project_id"));
    world.end().await;
}

#[tokio::test]
async fn a_list_is_filtered_by_status_page_by_page() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let mut failed = Vec::new();
    for round in 0..4 {
        let service = if round % 2 == 0 { "frontend" } else { "will-fail" };
        let path = alice.build_of(project, service).await;
        alice.until_ended(&path).await;
        if round % 2 == 1 {
            failed.insert(0, path.rsplit('/').next().unwrap().to_owned());
        }
    }
    world.sim.hold_runs(HoldAt::InProgress);
    let running = alice.build(project).await;
    alice.until(&running, &["building"]).await;

    let building = alice.get("/api/v1/builds?status=building").await.expect(200);
    assert_eq!(building["builds"].as_array().unwrap().len(), 1);
    assert_eq!(building["next"], json!(null));
    assert_eq!(building.get("total"), None);

    let base = format!("/api/v1/projects/{project}/builds?status=failed&limit=1");
    let first = alice.get(&base).await.expect(200);
    assert_eq!(ids(&first), failed[..1]);
    let next = first["next"].as_str().expect("there is more");
    let second = alice.get(&format!("{base}&next={next}")).await.expect(200);
    assert_eq!(ids(&second), failed[1..]);
    assert_eq!(alice.get("/api/v1/builds?status=done").await.faults().len(), 1);
    for next in ["nonsense".to_owned(), format!("{project}-5.{project}-5")] {
        let answer = alice.get(&format!("{base}&next={next}")).await;
        assert!(answer.faults().contains_key("next"), "{next}");
    }
    world.sim.release_all();
    world.end().await;
}

#[tokio::test]
async fn next_does_not_open_somebody_elses_project() {
    let world = World::new().await;
    let (alice, mallory) = (world.user("alice"), world.user("mallory"));
    let project = alice.project("myapp").await;
    let path = alice.build_of(project, "will-fail").await;
    alice.until_ended(&path).await;
    mallory.project("mine").await;
    let page = mallory.get(&format!("/api/v1/builds?status=failed&next={project}-9")).await;
    assert_eq!(page.expect(200)["builds"], json!([]));
    world.end().await;
}
