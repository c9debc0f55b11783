//! Records of pushes: those to the branch of a service and those to its pull requests are kept apart, and none outlives
//! its service.

use nokube_domain::{
    BuildId, ProjectId, builds::BuildRecord, name::ServiceName, pushes::PushRecord,
    services::ServiceRecord,
};
use nokube_edge::{
    pushes::{LinkedService, build_of, newest, newest_below, recent, write},
    reservation::{Reservation, reserve},
    services::{delete_pull_requests, delete_saved, note_build, number},
    store::{Counter, Store, keys},
};
use nokube_test_host::TestHost;
use serde_json::{Value, json};

const PROJECT: ProjectId = ProjectId(1);

fn name() -> ServiceName {
    "frontend".parse().unwrap()
}

fn spec() -> Value {
    json!({
        "repository": "acme/shop", "git_ref": "main", "context": ".", "source": "buildpacks",
        "service": "frontend", "tag": "latest", "build_args": {},
    })
}

/// A service that pushes build since their number 2.
fn saved() -> ServiceRecord {
    let linked = json!({
        "person": { "issuer": "github", "subject": "7" }, "login": "alice",
        "github_identity": { "account": 7 }, "enabled_at": "2026-11-29T10:00:00Z", "since": 2,
        "place": 1, "may_push": true,
    });
    let record = json!({
        "source": { "spec": spec(), "repository_id": 42, "build_on_push": linked },
        "place": 1, "created_at": "2026-11-29T10:00:00Z", "updated_at": "2026-11-29T10:00:00Z",
    });
    serde_json::from_value(record).unwrap()
}

fn service() -> LinkedService {
    LinkedService::of_record(PROJECT, &name(), Some(&saved())).unwrap()
}

/// The record of a head.
fn record(number: u32, since: u32, repository_id: u64, head: &str) -> PushRecord {
    let commit = json!({ "sha": head.repeat(40), "subject": "Change it" });
    let record = json!({
        "number": number, "at": "2026-11-29T10:00:00Z", "repository_id": repository_id,
        "since": since, "branch": "main", "outcome": "affected", "head": commit,
        "target": { "base": 0, "number": number, "commit": commit },
    });
    serde_json::from_value(record).unwrap()
}

/// The store of a platform with the saved service, of which pull request 12 was seen.
async fn store() -> Store {
    let store = Store::open().await.unwrap();
    number(&store, PROJECT, &name(), 10).await.unwrap();
    store.set(keys::service(PROJECT, &name()), &saved()).await.unwrap();
    store.increment(&Counter::pull_requests(PROJECT, &name())).await.unwrap();
    store.set(keys::pull_request(PROJECT, &name(), 1), &12).await.unwrap();
    store.set(keys::is_pull_request(PROJECT, &name(), 12), &true).await.unwrap();
    store
}

async fn add(store: &Store, service: &LinkedService, since: u32, repository: u64, head: &str) {
    let number = store.increment(&service.pushes().counter()).await.unwrap();
    write(store, service, &record(number, since, repository, head), 0).await.unwrap();
}

#[test]
fn a_pull_request_has_records_and_builds_of_its_own() {
    TestHost::install().run(async {
        let (store, branch) = (store().await, service());
        let (twelve, other) = (branch.with_pull_request(12), branch.with_pull_request(13));
        for head in ["a", "b", "c"] {
            add(&store, &branch, 2, 42, head).await;
        }
        add(&store, &twelve, 0, 42, "d").await;
        let of_branch = newest(&store, &branch).await.unwrap().unwrap();
        assert_eq!((of_branch.number, of_branch.head.unwrap().sha.as_str()), (3, &*"c".repeat(40)));
        let of_twelve = newest(&store, &twelve).await.unwrap().unwrap();
        assert_eq!((of_twelve.number, of_twelve.head.unwrap().sha.as_str()), (1, &*"d".repeat(40)));
        assert_eq!(newest(&store, &other).await.unwrap(), None);
        assert_eq!(recent(&store, branch.pushes(), 10).await.unwrap().len(), 3);
        // The same commit is built for each of them.
        let target = (0, "e".repeat(40).parse().unwrap());
        let build = BuildId::new(PROJECT, 5, 7);
        let lease = match reserve(&store, &twelve.pushes().build_reservation(&target)).await {
            Ok(Reservation::Acquired(lease)) => lease,
            Ok(Reservation::Existing(BuildId { .. }) | Reservation::Pending) | Err(_) => panic!(),
        };
        lease.complete(&store, &build).await.unwrap();
        let found = async |service: &LinkedService| {
            build_of(&store, service.pushes(), &target).await.unwrap()
        };
        assert_eq!(found(&twelve).await, Some(build));
        assert_eq!((found(&branch).await, found(&other).await), (None, None));
    });
}

#[test]
fn a_pull_request_is_built_from_its_ref_under_its_tag_in_the_same_repository() {
    let of = service().with_pull_request(12);
    let spec = &of.source.spec;
    assert_eq!((spec.git_ref.as_str(), spec.tag.as_str()), ("refs/pull/12/head", "pr-12"));
    assert_eq!((spec.repository.to_string(), of.since()), ("acme/shop".to_owned(), 0));
}

#[test]
fn records_of_another_branch_or_repository_do_not_count() {
    TestHost::install().run(async {
        let (store, branch) = (store().await, service());
        add(&store, &branch, 1, 42, "a").await;
        assert_eq!(newest(&store, &branch).await.unwrap(), None, "before it was linked");
        add(&store, &branch, 2, 42, "b").await;
        assert!(newest_below(&store, &branch, 2).await.unwrap().is_none());
        assert_eq!(newest(&store, &branch).await.unwrap().unwrap().number, 2);

        // The service had another repository once, which has a pull request of this number too.
        let twelve = branch.with_pull_request(12);
        add(&store, &twelve, 0, 41, "c").await;
        assert_eq!(newest(&store, &twelve).await.unwrap(), None);
        add(&store, &twelve, 0, 42, "d").await;
        add(&store, &twelve, 0, 41, "e").await;
        assert_eq!(newest(&store, &twelve).await.unwrap().unwrap().number, 2);
    });
}

/// The keys that name pull requests, without counters.
fn kept(host: &TestHost) -> Vec<String> {
    let kinds = ["preview-push/", "pull-request/", "approved-commit/", "commit-status/1/frontend/"];
    let stored = host.stored();
    let keys = stored.keys().filter(|key| kinds.iter().any(|kind| key.starts_with(kind)));
    keys.cloned().collect()
}

#[test]
fn nothing_of_pull_requests_outlives_the_service() {
    for of_project in [true, false] {
        let host = TestHost::install();
        host.run(async {
            let (store, twelve) = (store().await, service().with_pull_request(12));
            for head in ["a", "b"] {
                add(&store, &twelve, 0, 42, head).await;
            }
            let status = keys::preview_commit_status(PROJECT, &name(), 12);
            store.set(status, &Default::default()).await.unwrap();
        });
        assert_eq!(kept(&host).len(), 5);
        host.run(async move {
            let store = Store::open().await.unwrap();
            match of_project {
                true => delete_saved(&store, PROJECT).await.unwrap(),
                false => delete_pull_requests(&store, PROJECT, &name()).await.unwrap(),
            }
        });
        assert_eq!(kept(&host), [""; 0]);
    }
}

#[test]
fn a_record_that_is_written_while_the_service_is_removed_is_deleted() {
    let host = TestHost::install();
    host.run(async {
        let (store, twelve) = (store().await, service().with_pull_request(12));
        let removed = ServiceRecord { source: None, ..saved() };
        store.set(keys::service(PROJECT, &name()), &removed).await.unwrap();
        add(&store, &twelve, 0, 42, "a").await;
    });
    assert!(!kept(&host).iter().any(|key| key.starts_with("preview-push/")));
}

fn build(number: u32, pull_request: Option<u32>) -> BuildRecord {
    let record = json!({
        "id": BuildId::new(PROJECT, number, 7), "by": { "issuer": "github", "subject": "7" },
        "owner": "alice", "project": "myapp", "asked": spec(), "commit": "a".repeat(40),
        "trigger": { "base": 0, "number": 1, "pull_request": pull_request }, "private": false,
        "image": "ghcr.io/platform/alice-myapp-frontend", "estimate": 60,
        "created_at": "2026-11-29T10:00:00Z",
    });
    serde_json::from_value(record).unwrap()
}

#[test]
fn the_build_of_a_pull_request_is_never_the_newest_build_of_its_service() {
    let host = TestHost::install();
    host.run(async {
        let store = store().await;
        for (number, pull_request) in [(1, None), (2, None), (3, Some(12))] {
            store.increment(&Counter::builds(PROJECT)).await.unwrap();
            let build = build(number, pull_request);
            store.set(keys::build(PROJECT, number), &build).await.unwrap();
        }
        note_build(&store, PROJECT, 1, &name()).await.unwrap();
    });
    assert_eq!(host.stored()["newest-build/1/frontend"], "2");
}
