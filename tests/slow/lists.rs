//! The cost of a page of builds does not depend on the number of builds.

use crate::storage_rows::StorageRows;
use local_host::Counts;
use nokube_domain::{BuildId, ProjectId};
use nokube_tests::TestPlatform;
use serde_json::{Value, json};

/// Every tenth build of the project failed.
const FAILED_INTERVAL: u32 = 10;

/// The maximum number of records that a page with a filter reads.
const MAX_SCANNED: u32 = 200;

fn build_id(project: u64, number: u32) -> BuildId {
    BuildId::new(ProjectId(project.try_into().unwrap()), number, number.into())
}

/// Fills the project up to `count` builds with copies of its first build, which succeeded, and of its second
/// build, which failed.
fn fill(platform: &TestPlatform, project: u64, count: u32) {
    let mut rows = StorageRows::open(&platform.storage_file());
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
        let (store, old_id, texts) =
            if number % FAILED_INTERVAL == 0 { &failed } else { &succeeded };
        let new_id = build_id(project, number).to_string();
        ["b", "r"].into_iter().zip(texts).map(move |(kind, text)| {
            let key = format!("{kind}/{project}/{number}");
            (store.clone(), key, text.replace(old_id, &new_id).into_bytes())
        })
    });
    let counter = (store.clone(), format!("c/b/{project}"), i64::from(count).to_le_bytes().into());
    let copies: Vec<_> = copies.chain([counter]).collect();
    rows.upsert(copies);
}

/// The ids and statuses of the builds on a page.
fn builds(page: &Value) -> Vec<(BuildId, &str)> {
    let id = |build: &Value| build["build_id"].as_str().unwrap().parse().unwrap();
    let builds = page["builds"].as_array().unwrap().iter();
    builds.map(|row| (id(row), row["status"].as_str().unwrap())).collect()
}

/// The number of reads, and of writes (including increments).
fn round_trips(cost: Counts) -> (u64, u64) {
    (cost.reads, cost.writes + cost.increments)
}

#[tokio::test]
async fn a_page_costs_the_same_with_100_and_with_100_000_builds() {
    let mut platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    for service in ["frontend", "will-fail"] {
        let path = alice.start_build_of(project, service).await;
        alice.wait_for_end(&path).await;
        alice.get(&path).await.expect(200); // Stores the final state.
    }
    let mut costs_of_all_projects = Vec::new();
    for count in [100, 100_000] {
        fill(&platform, project, count);
        platform.restart().await;
        let alice = platform.user("alice");
        let expected = |numbers: &mut dyn Iterator<Item = u32>| -> Vec<_> {
            let status = |number| if number % FAILED_INTERVAL == 0 { "failed" } else { "success" };
            numbers.map(|number| (build_id(project, number), status(number))).collect()
        };
        let list = format!("/api/v1/projects/{project}/builds");

        // The first page and one in the middle: the members, the counter, two per row.
        for offset in [0, count / 2] {
            let path = format!("{list}?limit=20&offset={offset}");
            let (page, cost) = platform.measure(alice.get(&path)).await;
            let page = page.expect(200);
            let newest = count - offset;
            assert_eq!(builds(&page), expected(&mut (newest - 19..=newest).rev()));
            assert_eq!(page["total"], json!(count));
            assert_eq!(
                (round_trips(cost), cost.outbound),
                ((2 + 2 * 20, 0), 0),
                "{count} at {offset}"
            );
        }
        let (page, cost) = platform.measure(alice.get("/api/v1/builds?limit=20")).await;
        assert_eq!(builds(&page.expect(200)), expected(&mut (count - 19..=count).rev()));
        costs_of_all_projects.push((round_trips(cost), cost.outbound));

        // Failed builds only: a page reads at most 200 records, and `next` continues after them.
        let (mut newest, mut next) = (count, String::new());
        for _ in 0..3 {
            let path = format!("{list}?status=failed&limit=100{next}");
            let (page, cost) = platform.measure(alice.get(&path)).await;
            let page = page.expect(200);
            let scanned = newest.min(MAX_SCANNED);
            let failed = (newest - scanned + 1..=newest)
                .rev()
                .filter(|n| n % FAILED_INTERVAL == 0 || *n == 2);
            let listed = builds(&page).into_iter().map(|(id, status)| (id.number, status));
            assert!(listed.eq(failed.map(|number| (number, "failed"))), "{count} from {newest}");
            assert_eq!((round_trips(cost), cost.outbound), ((2 + 2 * u64::from(scanned), 0), 0));
            newest -= scanned;
            match page["next"].as_str() {
                Some(text) => next = format!("&next={text}"),
                None => break,
            }
        }
    }
    assert_eq!(costs_of_all_projects[0], costs_of_all_projects[1], "builds of all projects");
    platform.finish().await;
}
