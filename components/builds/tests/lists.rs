//! The list of the builds of all projects: its order, and how often it reads the store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use builds::ROUTES;
use nokube_domain::{
    BuildId, Person, ProjectId, Role, Timestamp, builds::BuildRecord, projects::Members,
};
use nokube_edge::store::{Counter, Store, keys};
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::{collections::HashSet, rc::Rc};

/// The most that a list reads: see `routes/list.rs`.
const MAX_READS: u32 = 853;

/// A project of Bob in which Alice is a member.
fn join_project(host: &TestHost, name: &str) -> ProjectId {
    let id = host.create_project("bob", name);
    host.run(async move {
        let store = Store::open().await.unwrap();
        let person = |login: &str| Person { issuer: "nokube".into(), subject: login.into() };
        let alice = person("alice");
        let number = store.increment(&Counter::memberships(&alice)).await.unwrap();
        store.set(keys::membership(&alice, number), &id).await.unwrap();
        let member = json!({
            "person": alice, "username": "alice", "role": Role::Viewer, "number": number,
        });
        let mut members = Members::new(person("bob"));
        members.others.push(serde_json::from_value(member).unwrap());
        store.set(keys::members(id), &members).await.unwrap();
    });
    id
}

/// Stores a build that was created so many seconds ago, and never started.
fn add_build(host: &TestHost, project: ProjectId, age: i64) -> BuildId {
    host.run(async move {
        let store = Store::open().await.unwrap();
        let number = store.increment(&Counter::builds(project)).await.unwrap();
        let id = BuildId::new(project, number, 7);
        let created_at = Timestamp::from_second(nokube_edge::now().as_second() - age).unwrap();
        let record: BuildRecord = serde_json::from_value(json!({
            "id": id, "by": { "issuer": "nokube", "subject": "alice" },
            "owner": "alice", "project": "myapp", "commit": "a".repeat(40), "private": false,
            "image": "ghcr.io/platform/alice-myapp-web", "estimate": 120, "created_at": created_at,
            "asked": {
                "repository": "alice/myapp", "git_ref": "main", "context": ".",
                "source": "buildpacks", "service": "web", "tag": "latest", "build_args": {},
            },
        }))
        .unwrap();
        store.set(keys::build(project, number), &record).await.unwrap();
        id
    })
}

/// The number of reads of the last request.
fn reads(host: &TestHost) -> u32 {
    *host.logged_numbers("kv_reads").last().unwrap()
}

fn ids(page: &Value) -> Vec<BuildId> {
    let builds = page["builds"].as_array().unwrap().iter();
    builds.map(|build| build["build_id"].as_str().unwrap().parse().unwrap()).collect()
}

/// Follows `next` from the first page on. Returns the builds of each page, and the most that a page has read.
fn all_pages(host: &TestHost, alice: &Client, query: &str) -> (Vec<Vec<BuildId>>, u32) {
    let (mut pages, mut most, mut next) = (Vec::new(), 0, String::new());
    loop {
        let page = alice.get(&format!("/api/v1/builds?{query}{next}")).expect(200);
        pages.push(ids(&page));
        most = most.max(reads(host));
        match page["next"].as_str() {
            Some(text) => next = format!("&next={text}"),
            None => return (pages, most),
        }
    }
}

/// Alice has 100 projects and is a member of 300 more.
fn many_projects() -> (Rc<TestHost>, Client, Vec<ProjectId>) {
    let host = TestHost::install();
    let own = (0..100).map(|n| host.create_project("alice", &format!("app-{n}")));
    let own: Vec<_> = own.collect();
    let joined = (0..300).map(|n| join_project(&host, &format!("shared-{n}")));
    let projects = own.into_iter().chain(joined.collect::<Vec<_>>()).collect();
    let alice = host.user(ROUTES, "alice");
    (host, alice, projects)
}

#[test]
fn with_400_projects_without_builds_a_page_reads_the_store_303_times() {
    let (host, alice, _) = many_projects();
    let page = alice.get("/api/v1/builds").expect(200);
    assert_eq!((&page["builds"], page.get("total")), (&json!([]), None));
    assert_eq!(reads(&host), 1 + 2 + 2 * 150, "1,403 before");
    let (pages, most) = all_pages(&host, &alice, "");
    assert_eq!((pages.len(), most), (3, 303));
}

#[test]
fn projects_without_builds_do_not_hide_the_newest_builds_of_others() {
    let (host, alice, projects) = many_projects();
    // Of the 150 projects of the first page, every third one has builds.
    let with_builds = projects[..100].iter().chain(&projects[350..]).step_by(3);
    let mut builds: Vec<_> =
        with_builds.zip(1..).map(|(id, age)| add_build(&host, *id, age)).collect();
    let page = alice.get("/api/v1/builds?limit=20").expect(200);
    builds.truncate(20);
    assert_eq!(ids(&page), builds);
}

#[test]
fn with_400_projects_each_build_is_on_one_page_and_every_page_costs_a_bounded_number_of_reads() {
    let (host, alice, projects) = many_projects();
    let ages = |project: usize| [3_000, 2_000, 1_000].map(|age| age * 10 + project as i64);
    let all = projects
        .iter()
        .enumerate()
        .flat_map(|(number, id)| ages(number).map(|age| add_build(&host, *id, age)));
    let all: HashSet<_> = all.collect();
    for (query, most_expected) in
        [("limit=50", 353), ("limit=200", MAX_READS), ("limit=200&status=failed", 603)]
    {
        let (pages, most) = all_pages(&host, &alice, query);
        let listed: Vec<_> = pages.into_iter().flatten().collect();
        assert_eq!((listed.len(), &listed.into_iter().collect::<HashSet<_>>()), (1_200, &all));
        assert!(most <= most_expected, "{query}: {most}");
    }
    let (pages, most) = all_pages(&host, &alice, "status=pending");
    assert!(pages.iter().all(Vec::is_empty) && most <= 603, "{most}");
}

#[test]
fn with_few_projects_pages_are_in_order_and_complete() {
    let host = TestHost::install();
    let own = host.create_project("alice", "own");
    let joined = join_project(&host, "joined");
    let empty = host.create_project("alice", "empty");
    let mut newest_first: Vec<_> = (0..240)
        .rev()
        .map(|n| add_build(&host, if n % 3 == 0 { own } else { joined }, n))
        .collect();
    newest_first.reverse();
    let alice = host.user(ROUTES, "alice");

    let page = alice.get("/api/v1/builds?limit=20&offset=30").expect(200);
    assert_eq!((ids(&page), &page["total"]), (newest_first[30..50].to_vec(), &json!(240)));
    let (pages, most) = all_pages(&host, &alice, "limit=100");
    assert_eq!(pages.concat(), newest_first);
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 40]);
    assert!(most <= 320, "{most}");

    let deep = alice.get("/api/v1/builds?limit=20&offset=181").expect(422);
    let detail = deep["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("next") && detail.contains("project_id"), "{detail}");
    let page = alice.get(&format!("/api/v1/builds?project_id={own}&limit=50")).expect(200);
    assert_eq!((ids(&page).len(), &page["next"]), (50, &json!(format!("{own}-30"))));
    let rest = alice.get(&format!("/api/v1/builds?project_id={own}&next={own}-30")).expect(200);
    assert_eq!((ids(&rest).len(), &rest["next"]), (30, &Value::Null));
    assert_eq!(
        alice.get(&format!("/api/v1/builds?next={empty}-9")).expect(200)["next"],
        json!(null)
    );
}

#[test]
fn deleted_projects_do_not_make_a_page_expensive() {
    let host = TestHost::install();
    let last = host.create_project("alice", "last");
    let build = add_build(&host, last, 5);
    host.run(async {
        let store = Store::open().await.unwrap();
        let alice = Person { issuer: "nokube".into(), subject: "alice".into() };
        for _ in 0..950 {
            store.increment(&Counter::owned_projects(&alice)).await.unwrap();
        }
    });
    let alice = host.user(ROUTES, "alice");
    let (pages, most) = all_pages(&host, &alice, "");
    assert_eq!((pages.len(), pages.concat()), (7, vec![build]));
    assert!(most <= 1 + 2 + 150, "{most}");
}

#[test]
fn next_is_bounded_and_gives_no_access() {
    let host = TestHost::install();
    host.create_project("alice", "own");
    let others = host.create_project("bob", "secret");
    add_build(&host, others, 5);
    let alice = host.user(ROUTES, "alice");
    let page = alice.get(&format!("/api/v1/builds?next={others}-9")).expect(200);
    assert_eq!(page["builds"], json!([]));
    let far = "~4294967295-4294967295";
    let page = alice.get(&format!("/api/v1/builds?next={far}")).expect(200);
    assert_eq!((&page["builds"], reads(&host)), (&json!([]), 151));
    let many = (1..=51).map(|n| format!("{n}-9")).collect::<Vec<_>>().join(".");
    for next in [&many, "nonsense", "1-2.1-2", ""] {
        let response = alice.get(&format!("/api/v1/builds?next={next}")).expect(422);
        assert_eq!(response["errors"][0]["field"], "next", "{next}");
    }
}
