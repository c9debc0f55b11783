//! A page costs the same, however many builds there are.

use crate::rows::Rows;
use local_host::Counts;
use nokube_domain::{BuildId, ProjectId};
use nokube_tests::World;
use serde_json::{Value, json};

/// Every so-manieth build of the project failed.
const FAILED: u32 = 10;

/// How many records a page of ended builds looks at.
const SCAN: u32 = 200;

fn id(project: u64, number: u32) -> BuildId {
    BuildId::new(ProjectId(project.try_into().unwrap()), number, number.into())
}

/// Makes the project have `count` builds: copies of its first, which succeeded, and of its second,
/// which failed.
fn fill(world: &World, project: u64, count: u32) {
    let mut rows = Rows::open(&world.storage());
    let template = |number: u32| {
        let key = |kind| format!("{kind}/{project}/{number}");
        let (store, build) = rows.value(&key("b"));
        let record: Value = serde_json::from_slice(&build).unwrap();
        let texts = [build, rows.value(&key("r")).1].map(|text| String::from_utf8(text).unwrap());
        (store, record["id"].as_str().unwrap().to_owned(), texts)
    };
    let (succeeded, failed) = (template(1), template(2));
    let store = succeeded.0.clone();
    let copies = (3..=count).flat_map(|number| {
        let (store, old, texts) = if number % FAILED == 0 { &failed } else { &succeeded };
        let new = id(project, number).to_string();
        ["b", "r"].into_iter().zip(texts).map(move |(kind, text)| {
            let key = format!("{kind}/{project}/{number}");
            (store.clone(), key, text.replace(old, &new).into_bytes())
        })
    });
    let counter = (store.clone(), format!("c/b/{project}"), i64::from(count).to_le_bytes().into());
    let copies: Vec<_> = copies.chain([counter]).collect();
    rows.put(copies);
}

/// The numbers and states of the builds on a page.
fn builds(page: &Value) -> Vec<(BuildId, &str)> {
    let build = |build: &Value| build["build_id"].as_str().unwrap().parse().unwrap();
    let builds = page["builds"].as_array().unwrap().iter();
    builds.map(|row| (build(row), row["status"].as_str().unwrap())).collect()
}

fn trips(cost: Counts) -> (u64, u64) {
    (cost.reads, cost.writes + cost.increments)
}

#[tokio::test]
async fn a_page_costs_the_same_with_100_builds_as_with_100_000() {
    let mut world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    for service in ["frontend", "will-fail"] {
        let path = alice.build_of(project, service).await;
        alice.until_ended(&path).await;
        alice.get(&path).await.expect(200); // Now its final answer is kept.
    }
    let mut whole_list = Vec::new();
    for count in [100, 100_000] {
        fill(&world, project, count);
        world.restart().await;
        let alice = world.user("alice");
        let expected = |numbers: &mut dyn Iterator<Item = u32>| -> Vec<_> {
            let state = |number| if number % FAILED == 0 { "failed" } else { "success" };
            numbers.map(|number| (id(project, number), state(number))).collect()
        };
        let list = format!("/api/v1/projects/{project}/builds");

        // The newest, and those in the middle of everything: the members, the counter, two a row.
        for offset in [0, count / 2] {
            let path = format!("{list}?limit=20&offset={offset}");
            let (page, cost) = world.cost(alice.get(&path)).await;
            let page = page.expect(200);
            let newest = count - offset;
            assert_eq!(builds(&page), expected(&mut (newest - 19..=newest).rev()));
            assert_eq!(page["total"], json!(count));
            assert_eq!((trips(cost), cost.outbound), ((2 + 2 * 20, 0), 0), "{count} at {offset}");
        }
        let (page, cost) = world.cost(alice.get("/api/v1/builds?limit=20")).await;
        assert_eq!(builds(&page.expect(200)), expected(&mut (count - 19..=count).rev()));
        whole_list.push((trips(cost), cost.outbound));

        // The failed ones: a page looks at 200 records at most, and says where to go on.
        let (mut below, mut next) = (count, String::new());
        for _ in 0..3 {
            let path = format!("{list}?status=failed&limit=100{next}");
            let (page, cost) = world.cost(alice.get(&path)).await;
            let page = page.expect(200);
            let seen = below.min(SCAN);
            let failed = (below - seen + 1..=below).rev().filter(|n| n % FAILED == 0 || *n == 2);
            let told = builds(&page).into_iter().map(|(id, status)| (id.number, status));
            assert!(told.eq(failed.map(|number| (number, "failed"))), "{count} below {below}");
            assert_eq!((trips(cost), cost.outbound), ((2 + 2 * u64::from(seen), 0), 0));
            below -= seen;
            match page["next"].as_str() {
                Some(text) => next = format!("&next={text}"),
                None => break,
            }
        }
    }
    assert_eq!(whole_list[0], whole_list[1], "all projects' builds");
    world.end().await;
}
