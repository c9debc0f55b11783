//! Somebody who chooses a repository sees those that they may read, and nothing shows that there are others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/github_app.rs"]
mod github_app;

use builds::ROUTES;
use github_app::use_github_app;
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const API: &str = "https://api.github.com";

fn platform(repositories: Vec<Value>) -> (Rc<TestHost>, Client) {
    let host = TestHost::install();
    host.set("auth_jwt_subjects_are_github_logins", "true");
    host.respond("GET", API, 404, &json!({ "message": "Not Found" }));
    use_github_app(&host);
    let installations = json!([
        { "id": 2, "suspended_at": null }, { "id": 3, "suspended_at": "2026-01-01T00:00:00Z" },
    ]);
    host.respond("GET", &format!("{API}/app/installations?"), 200, &installations);
    let page = json!({ "total_count": repositories.len(), "repositories": repositories });
    host.respond("GET", &format!("{API}/installation/repositories?"), 200, &page);
    let none = json!({ "permission": "none", "user": { "id": 7 } });
    host.respond("GET", &format!("{API}/repositories/"), 200, &none);
    let bob = host.user(ROUTES, "bob");
    (host, bob)
}

fn repository(id: u64, name: &str, private: bool) -> Value {
    json!({ "id": id, "full_name": name, "private": private, "default_branch": "main" })
}

fn names(found: &Value) -> Vec<&str> {
    let list = found["repositories"].as_array().unwrap();
    list.iter().map(|found| found["full_name"].as_str().unwrap()).collect()
}

#[test]
fn public_ones_and_private_ones_that_the_caller_may_read_are_found() {
    let (host, bob) = platform(vec![
        repository(1, "acme/web-shop", false),
        repository(2, "acme/shop", true),
        repository(3, "acme/secret-shop", true),
        repository(4, "bob/my-shop", true),
        repository(5, "acme/blog", false),
    ]);
    let reads = json!({ "permission": "read", "user": { "id": 8 } });
    for id in [2, 4] {
        let url = format!("{API}/repositories/{id}/collaborators/bob/permission");
        host.respond("GET", &url, 200, &reads);
    }
    let found = bob.get("/api/v1/repositories?query=SHOP").expect(200);
    assert_eq!(names(&found), ["bob/my-shop", "acme/shop", "acme/web-shop"]);
    assert_eq!(found["repositories"][0]["repository_url"], "https://github.com/bob/my-shop");
    let found = bob.get("/api/v1/repositories?query=shop&limit=1").expect(200);
    assert_eq!(names(&found), ["bob/my-shop"]);
    let found = bob.get("/api/v1/repositories").expect(200);
    assert_eq!(names(&found).len(), 4);
    for invalid in ["limit=0", "limit=11", "limit=x", "offset=1"] {
        bob.get(&format!("/api/v1/repositories?{invalid}")).expect(422);
    }
}

/// The responses and the numbers of requests to GitHub of three searches.
fn searches(private: u64) -> Vec<(Value, usize)> {
    let others = (0..private).map(|n| repository(100 + n, &format!("acme/shop-{n}"), true));
    let public = (0..3).map(|n| repository(n, &format!("acme/shop-public-{n}"), false));
    let (host, bob) = platform(others.chain(public).collect());
    let search = |_| {
        let before = host.sent_urls().len();
        let found = bob.get("/api/v1/repositories?query=shop").expect(200);
        (found, host.sent_urls().len() - before)
    };
    (0..3).map(search).collect()
}

#[test]
fn private_repositories_of_others_show_neither_in_the_response_nor_in_what_github_is_asked() {
    let expected = std::thread::spawn(|| searches(0)).join().unwrap();
    assert_eq!(names(&expected[0].0).len(), 3);
    assert_eq!(expected[1].1, 10, "GitHub is asked ten times, with a list that is cached");
    for private in [1, 9, 10, 25] {
        let seen = std::thread::spawn(move || searches(private)).join().unwrap();
        assert_eq!(seen, expected, "{private}");
    }
}

#[test]
fn of_an_installation_three_pages_are_listed() {
    let (host, bob) = platform(Vec::new());
    let page = |page: u64| {
        let found =
            (0..100).map(|n| repository(page * 100 + n, &format!("acme/p{page}-{n}"), false));
        json!({ "total_count": 1000, "repositories": found.collect::<Vec<_>>() })
    };
    for number in 1..=4 {
        let url = format!("{API}/installation/repositories?per_page=100&page={number}");
        host.respond("GET", &url, 200, &page(number));
    }
    let search = |query: &str| {
        let found = bob.get(&format!("/api/v1/repositories?query={query}")).expect(200);
        found["repositories"].as_array().unwrap().len()
    };
    assert_eq!(search("p3-99"), 1);
    assert_eq!(search("p3"), 10);
    assert_eq!(search("p4"), 0);
}

#[test]
fn nobody_uses_up_what_github_allows_by_searching() {
    let (host, bob) = platform(Vec::new());
    host.set("limit_logs_per_minute", "2");
    // A new hour.
    let past = u64::try_from(host.run(async { nokube_edge::now() }).as_second()).unwrap() % 3600;
    host.wait(3600 - past);
    for minute in 0..3 {
        let status = if minute < 2 { 200 } else { 429 };
        for _ in 0..2 {
            bob.get("/api/v1/repositories").expect(status);
        }
        host.wait(60);
    }
    host.user(ROUTES, "carol").get("/api/v1/repositories").expect(200);
    host.wait(3600);
    bob.get("/api/v1/repositories").expect(200);
}

#[test]
fn the_list_is_read_again_after_five_minutes() {
    let (host, bob) = platform(vec![repository(1, "acme/shop", false)]);
    bob.get("/api/v1/repositories").expect(200);
    let lists = || host.sent("GET", &format!("{API}/installation/repositories")).len();
    host.wait(200);
    bob.get("/api/v1/repositories").expect(200);
    assert_eq!(lists(), 1);
    host.wait(101);
    bob.get("/api/v1/repositories").expect(200);
    assert_eq!(lists(), 2);
}

#[test]
fn a_platform_with_a_token_says_that_it_cannot_list_repositories() {
    let host = TestHost::install();
    let problem = host.user(ROUTES, "bob").get("/api/v1/repositories").expect(409);
    assert_eq!(problem["reason"], "needs_github_app");
}

#[test]
fn branches_are_found_by_the_beginning_of_their_names() {
    let (host, bob) = platform(Vec::new());
    let url = format!("{API}/repositories/42");
    host.respond("GET", &url, 200, &repository(42, "acme/shop", false));
    let all = json!([{ "name": "main" }, { "name": "release" }]);
    host.respond("GET", &format!("{url}/branches?per_page=20"), 200, &all);
    let refs = json!([{ "ref": "refs/heads/release" }, { "ref": "refs/heads/release-2" }]);
    host.respond("GET", &format!("{url}/git/matching-refs/heads%2Frel"), 200, &refs);
    let path = "/api/v1/repositories/42/branches";
    let found = bob.get(path).expect(200);
    assert_eq!(found, json!({ "branches": ["main", "release"], "default_branch": "main" }));
    let found = bob.get(&format!("{path}?query=rel")).expect(200);
    assert_eq!(found["branches"], json!(["release", "release-2"]));
    bob.get("/api/v1/repositories/x/branches").expect(404);
}

#[test]
fn a_private_repository_of_others_has_no_branches_and_looks_like_a_missing_one() {
    let attempt = |exists: bool| {
        let (host, bob) = platform(Vec::new());
        let url = format!("{API}/repositories/42");
        host.respond("GET", &url, 404, &json!({ "message": "Not Found" }));
        if exists {
            host.respond("GET", &format!("{url}/installation"), 200, &json!({ "id": 2 }));
            let none = json!({ "permission": "none", "user": { "id": 7 } });
            host.respond("GET", &format!("{url}/collaborators/bob/permission"), 200, &none);
        }
        let seen = |_| {
            let before = host.sent_urls().len();
            let mut problem = bob.get("/api/v1/repositories/42/branches").expect(404);
            problem["request_id"] = json!(null);
            (problem, host.sent_urls().len() - before)
        };
        (0..2).map(seen).collect::<Vec<_>>()
    };
    let missing = std::thread::spawn(move || attempt(false)).join().unwrap();
    let hidden = std::thread::spawn(move || attempt(true)).join().unwrap();
    assert_eq!(hidden, missing);
}
