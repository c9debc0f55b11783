//! Lists of builds: pages, filters, several projects.

use nokube_sim::HoldPoint;
use nokube_tests::{TestPlatform, User};
use serde_json::{Value, json};

fn ids(list: &Value) -> Vec<String> {
    let builds = list["builds"].as_array().unwrap().iter();
    builds.map(|build| build["build_id"].as_str().unwrap().to_owned()).collect()
}

/// Starts builds one after the other. Returns their ids, newest first.
async fn start_builds(alice: &User, project: u64, count: usize) -> Vec<String> {
    let mut created = Vec::new();
    for _ in 0..count {
        let path = alice.start_build(project).await;
        created.insert(0, path.rsplit('/').next().unwrap().to_owned());
    }
    created
}

#[tokio::test]
async fn pages_contain_all_builds_newest_first() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let created = start_builds(&alice, project, 7).await;
    let mut listed = Vec::new();
    for offset in [0, 3, 6] {
        let path = format!("/api/v1/projects/{project}/builds?limit=3&offset={offset}");
        let page = alice.get(&path).await.expect(200);
        assert_eq!(
            (&page["total"], &page["limit"], &page["offset"]),
            (&json!(7), &json!(3), &json!(offset))
        );
        listed.extend(ids(&page));
    }
    assert_eq!(listed, created);
    let errors = alice.get("/api/v1/builds?limit=0&offset=x&colour=red").await;
    assert!(errors.field_errors().contains_key("colour"));
    let errors = alice.get("/api/v1/builds?limit=201&offset=x").await.field_errors();
    assert_eq!(errors.keys().collect::<Vec<_>>(), ["limit", "offset"]);
    platform.finish().await;
}

#[tokio::test]
async fn builds_of_all_projects_are_in_one_list() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    let (one, two) = (alice.create_project("one").await, alice.create_project("two").await);
    let mut created = start_builds(&alice, one, 2).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    created.splice(0..0, start_builds(&alice, two, 2).await);
    let list = alice.get("/api/v1/builds").await.expect(200);
    assert_eq!((ids(&list), &list["total"]), (created.clone(), &json!(4)));
    assert_eq!(list["next"], json!(null));
    let first = alice.get("/api/v1/builds?limit=3").await.expect(200);
    let next = first["next"].as_str().unwrap();
    let last = alice.get(&format!("/api/v1/builds?limit=3&next={next}")).await.expect(200);
    assert_eq!([ids(&first), ids(&last)].concat(), created);
    assert_eq!((&last["next"], last.get("total")), (&json!(null), None));
    let page = alice.get("/api/v1/builds?limit=2&offset=1").await.expect(200);
    assert_eq!(ids(&page), created[1..3]);
    let filtered = alice.get(&format!("/api/v1/builds?project_id={two}")).await.expect(200);
    assert_eq!(ids(&filtered), created[..2]);
    let response = alice.get("/api/v1/builds?offset=5000").await;
    assert!(response.field_errors()["offset"].contains("project_id"));
    platform.finish().await;
}

#[tokio::test]
async fn a_list_is_filtered_by_status_page_by_page() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut failed = Vec::new();
    for round in 0..4 {
        let service = if round % 2 == 0 { "frontend" } else { "will-fail" };
        let path = alice.start_build_of(project, service).await;
        alice.wait_for_end(&path).await;
        if round % 2 == 1 {
            failed.insert(0, path.rsplit('/').next().unwrap().to_owned());
        }
    }
    platform.github.hold_runs(HoldPoint::InProgress);
    let running = alice.start_build(project).await;
    alice.wait_for_status(&running, &["building"]).await;

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
    assert_eq!(alice.get("/api/v1/builds?status=done").await.field_errors().len(), 1);
    for next in ["nonsense".to_owned(), format!("{project}-5.{project}-5")] {
        let response = alice.get(&format!("{base}&next={next}")).await;
        assert!(response.field_errors().contains_key("next"), "{next}");
    }
    platform.github.release_all();
    platform.finish().await;
}

#[tokio::test]
async fn next_does_not_give_access_to_another_users_project() {
    let platform = TestPlatform::start().await;
    let (alice, mallory) = (platform.user("alice"), platform.user("mallory"));
    let project = alice.create_project("myapp").await;
    let path = alice.start_build_of(project, "will-fail").await;
    alice.wait_for_end(&path).await;
    mallory.create_project("mine").await;
    let page = mallory.get(&format!("/api/v1/builds?status=failed&next={project}-9")).await;
    assert_eq!(page.expect(200)["builds"], json!([]));
    platform.finish().await;
}
