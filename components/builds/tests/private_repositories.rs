//! A stranger cannot find out whether a private repository exists: not by the response, not by what the platform asks
//! GitHub, and so not by the time, at the first request and later.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use builds::ROUTES;
use nokube_test_host::{Client, TestHost};
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use serde_json::{Value, json};
use std::{rc::Rc, sync::LazyLock};

const API: &str = "https://api.github.com";

/// What somebody may do with the source `acme/SHOP`, and what state it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Missing,
    /// Private, and the App is installed on it.
    Private,
    NotInstalled,
    Renamed,
    Archived,
    Blocked,
    /// GitHub, or its owner, has suspended the App's installation.
    Suspended,
    /// As before; GitHub shows it only when a token is asked for.
    NoToken,
    /// GitHub knows no account with the stranger's login.
    UnknownLogin,
    IpAllowList,
    Empty,
}

const STATES: [State; 11] = [
    State::Missing,
    State::Private,
    State::NotInstalled,
    State::Renamed,
    State::Archived,
    State::Blocked,
    State::Suspended,
    State::NoToken,
    State::UnknownLogin,
    State::IpAllowList,
    State::Empty,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Credentials {
    App,
    Token,
}

fn platform(credentials: Credentials) -> (Rc<TestHost>, Client, Value) {
    let host = TestHost::install();
    host.set("limit_builds_per_minute", "0");
    if credentials == Credentials::App {
        static KEY: LazyLock<String> = LazyLock::new(|| {
            PrivateKey::generate().to_pkcs1_pem(LineEnding::LF).unwrap().to_string()
        });
        host.set("github_token", "");
        host.set("github_app_client_id", "Iv1.app");
        host.set("github_app_private_key", &KEY);
    }
    let not_found = json!({ "message": "Not Found" });
    host.respond("GET", API, 404, &not_found);
    host.respond("POST", &format!("{API}/app/installations"), 404, &not_found);
    let builder = format!("{API}/repos/platform/builder/installation");
    host.respond("GET", &builder, 200, &json!({ "id": 1 }));
    tokens(&host, 1, 201, "builder");
    tokens(&host, 2, 201, "source");
    let request = json!({
        "project_id": host.create_project("bob", "myapp"), "image_name": "myapp",
        "repository_url": "https://github.com/acme/shop", "service_name": "frontend",
    });
    let bob = host.user(ROUTES, "bob");
    (host, bob, request)
}

fn tokens(host: &TestHost, installation: u32, status: u16, name: &str) {
    let url = format!("{API}/app/installations/{installation}/");
    let body = json!({
        "token": format!("sentinel-{name}-token"), "expires_at": "2099-01-01T00:00:00Z",
        "message": "This installation has been suspended",
    });
    host.respond("POST", &url, status, &body);
}

/// Scripts a repository that bob may not read.
fn script(host: &TestHost, state: State, credentials: Credentials, name: &str) {
    let by_name = format!("{API}/repos/acme/{name}");
    let by_number = format!("{API}/repositories/42");
    let url = if state == State::Renamed { &by_number } else { &by_name };
    if state == State::Renamed {
        for rest in ["", "/installation", "/collaborators/bob/permission"] {
            let to = format!("{by_number}{rest}");
            let moved = json!({ "message": "Moved Permanently", "url": to });
            let from = format!("{by_name}{rest}");
            host.respond_with("GET", &from, 301, &[("location", &to)], &moved);
        }
    }
    if state == State::Missing {
        return;
    }
    if credentials == Credentials::Token {
        let archived = state == State::Archived;
        let shown = json!({ "id": 42, "private": true, "archived": archived });
        host.respond("GET", url, 200, &shown);
    }
    let suspended_at = (state == State::Suspended).then_some("2026-01-01T00:00:00Z");
    let installation = json!({ "id": 2, "suspended_at": suspended_at });
    let status = if state == State::NotInstalled { 404 } else { 200 };
    host.respond("GET", &format!("{url}/installation"), status, &installation);
    if matches!(state, State::Suspended | State::NoToken) {
        tokens(host, 2, 403, "source");
    }
    let (status, permission) = match state {
        State::UnknownLogin => (404, json!({ "message": "Not Found" })),
        State::Blocked => (451, json!({ "message": "Repository access blocked" })),
        State::IpAllowList => {
            (403, json!({ "message": "The `acme` organization has an IP allow list enabled" }))
        }
        State::Empty => (200, json!({ "permission": "none", "user": null })),
        _ => (200, json!({ "permission": "none", "user": { "id": 7 } })),
    };
    host.respond("GET", &format!("{url}/collaborators/"), status, &permission);
}

/// The requests since `before`, without the name of the repository and the number of the installation.
fn requests(host: &TestHost, before: usize, name: &str) -> Vec<String> {
    let kind = |url: &String| {
        let url = url.replace(&format!("/repos/acme/{name}"), "/REPOSITORY");
        url.replace("/repositories/42", "/REPOSITORY")
            .replace("/app/installations/2/", "/app/installations/1/")
    };
    host.sent_urls()[before..].iter().map(kind).collect()
}

#[test]
fn whatever_state_a_private_repository_is_in_strangers_get_what_a_missing_one_gets() {
    for credentials in [Credentials::App, Credentials::Token] {
        let mut expected: Option<Vec<(Vec<String>, Value)>> = None;
        for state in STATES {
            // A thread, because the platform's tokens are kept in memory.
            let seen = std::thread::spawn(move || attempts(state, credentials)).join().unwrap();
            let requests = seen.iter().map(|(requests, _)| requests.len());
            println!("{credentials:?} {state:?}: {:?}", requests.collect::<Vec<_>>());
            let first = expected.get_or_insert_with(|| seen.clone());
            assert_eq!(&seen, first, "{credentials:?} {state:?}");
        }
    }
}

/// What a stranger causes and gets who asks three times.
fn attempts(state: State, credentials: Credentials) -> Vec<(Vec<String>, Value)> {
    let (host, bob, request) = platform(credentials);
    script(&host, state, credentials, "shop");
    let attempt = |_| {
        let before = host.sent_urls().len();
        let mut problem = bob.post("/api/v1/builds", &request).expect(422);
        problem["request_id"] = json!(null);
        assert!(problem.to_string().contains("there is no such repository"), "{problem}");
        (requests(&host, before, "shop"), problem)
    };
    (0..3).map(attempt).collect()
}

#[test]
fn what_others_have_built_does_not_show() {
    let (host, bob, mut request) = platform(Credentials::App);
    let shop = format!("{API}/repos/acme/shop");
    host.respond("GET", &format!("{shop}/installation"), 200, &json!({ "id": 2 }));
    let none = json!({ "permission": "none", "user": { "id": 7 } });
    host.respond("GET", &format!("{shop}/collaborators/bob/"), 200, &none);
    let reader = json!({ "permission": "read", "user": { "id": 8 } });
    host.respond("GET", &format!("{shop}/collaborators/alice/"), 200, &reader);
    let count = |request: &Value| {
        let before = host.sent_urls().len();
        bob.post("/api/v1/builds", request).expect(422);
        host.sent_urls().len() - before
    };
    count(&request); // The builder's token is in the cache from now on.
    let before = count(&request);
    let private = json!({ "id": 42, "private": true, "full_name": "acme/shop" });
    host.respond("GET", &shop, 200, &private);
    host.respond("GET", &format!("{shop}/installation"), 200, &json!({ "id": 2 }));
    host.respond("GET", &format!("{shop}/collaborators/bob/"), 200, &none);
    host.respond("GET", &format!("{shop}/collaborators/alice/"), 200, &reader);
    let commit = json!({ "sha": "0123456789abcdef0123456789abcdef01234567" });
    host.respond("GET", &format!("{shop}/commits/"), 200, &commit);
    // Alice may read it, and her build leaves its token in the cache.
    let alice = host.user(ROUTES, "alice");
    let project = host.create_project("alice", "hers");
    let mut hers = request.clone();
    hers["project_id"] = json!(project);
    hers["image_name"] = json!("hers");
    alice.post("/api/v1/builds", &hers).expect(202);
    assert_eq!(count(&request), before);
    request["repository_url"] = json!("https://github.com/acme/missing");
    assert_eq!(count(&request), before);
}
