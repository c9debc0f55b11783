//! Pull requests of a private repository need a permission that an installation of an earlier version has not accepted.
//! Pushes are built all the same, and the list of previews says what is missing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/github_app.rs"]
mod github_app;

use builds::ROUTES;
use github_app::use_github_app;
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const API: &str = "https://api.github.com";
const SHOP: &str = "https://api.github.com/repositories/42";
const PULLS: &str = "https://api.github.com/repositories/42/pulls";

fn sha(digit: char) -> String {
    digit.to_string().repeat(40)
}

/// Alice has a service of the private repository acme/shop, with previews that are only built.
struct Story {
    host: Rc<TestHost>,
    alice: Client,
    service: String,
}

impl Story {
    /// `refusal` is GitHub's response to a request for pull requests.
    fn new(refusal: (u16, Value)) -> Self {
        let host = TestHost::install();
        for (name, value) in [
            ("limit_builds_per_minute", "0"),
            ("push_quiet_seconds", "0"),
            ("auth_jwt_subjects_are_github_logins", "true"),
        ] {
            host.set(name, value);
        }
        let shop = json!({
            "id": 42, "full_name": "acme/shop", "private": true, "default_branch": "main",
        });
        for at in [SHOP, "https://api.github.com/repos/acme/shop"] {
            host.respond("GET", at, 200, &shop);
            host.respond("GET", &format!("{at}/installation"), 200, &json!({ "id": 2 }));
            let permission = json!({ "permission": "write", "user": { "id": 7 } });
            let url = format!("{at}/collaborators/alice/permission");
            host.respond("GET", &url, 200, &permission);
        }
        let compared = json!({ "status": "ahead", "files": [{ "filename": "Dockerfile" }] });
        host.respond("GET", &format!("{SHOP}/compare/"), 200, &compared);
        host.respond("POST", &format!("{SHOP}/statuses/"), 201, &json!({}));
        let builder = format!("{API}/repos/platform/builder");
        use_github_app(&host);
        let dispatches = format!("{builder}/actions/workflows/build.yml/dispatches");
        host.respond("POST", &dispatches, 200, &json!({ "workflow_run_id": 30 }));
        let (status, body) = refusal;
        host.respond("GET", PULLS, status, &body);
        let project = host.create_project("alice", "myapp");
        let alice = host.user(ROUTES, "alice");
        let service = format!("/api/v1/projects/{project}/services/web");
        let story = Self { host, alice, service };
        story.head('a');
        let source = json!({
            "repository_url": "https://github.com/acme/shop", "branch": "main",
            "build_on_push": true, "previews": "build",
        });
        story.alice.put(&story.service, &source).expect(201);
        story
    }

    fn head(&self, digit: char) {
        let commit = json!({ "sha": sha(digit), "commit": { "message": "A change" } });
        for at in [SHOP, "https://api.github.com/repos/acme/shop"] {
            self.host.respond("GET", &format!("{at}/commits/"), 200, &commit);
        }
    }

    fn previews(&self) -> Value {
        self.host.wait(60);
        self.alice.get(&format!("{}/previews", self.service)).expect(200)
    }

    /// The commits of the builds that were started.
    fn built(&self) -> Vec<String> {
        let dispatches = format!("{API}/repos/platform/builder/actions/workflows/");
        let sent = self.host.sent("POST", &dispatches);
        let commit = |body: &String| {
            let body: Value = serde_json::from_str(body).unwrap();
            body["inputs"]["ref"].as_str().unwrap().to_owned()
        };
        sent.iter().map(commit).collect()
    }
}

fn pull_request() -> Value {
    json!({
        "number": 12, "state": "open", "draft": false, "title": "Sell boots",
        "user": { "login": "bob" },
        "head": { "ref": "boots", "sha": sha('c'), "repo": { "id": 42 } },
        "base": { "ref": "main", "sha": sha('a'), "repo": { "id": 42 } },
    })
}

#[test]
fn without_the_permission_pushes_are_built_and_the_list_says_what_is_missing() {
    let refusal = json!({ "message": "Resource not accessible by integration" });
    let story = Story::new((403, refusal));
    story.head('b');
    let list = story.previews();
    assert_eq!((&list["waiting_for_approval"], &list["previews"]), (&json!(true), &json!([])));
    assert_eq!(story.built(), [sha('b')]);

    // The account's owner has accepted it.
    story.host.respond("GET", PULLS, 200, &json!([pull_request()]));
    story.host.respond("GET", &format!("{PULLS}/12"), 200, &pull_request());
    story.head('c');
    let list = story.previews();
    assert_eq!(list["waiting_for_approval"], false, "{list}");
    assert_eq!(list["previews"][0]["pull_request"], 12, "{list}");
    let permissions = json!({ "metadata": "read", "pull_requests": "read" });
    let tokens = story.host.sent("POST", &format!("{API}/app/installations/2/"));
    let tokens: Vec<Value> =
        tokens.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let mut of_pulls = tokens.iter().filter(|body| body["permissions"] == permissions);
    assert!(of_pulls.all(|body| body["repository_ids"] == json!([42])));
    assert!(tokens.iter().any(|body| body["permissions"] == permissions));
}

/// A failure of GitHub says nothing about the permission.
#[test]
fn a_failure_of_github_is_no_missing_permission() {
    for (status, message) in [(502, ""), (403, "You have exceeded a secondary rate limit")] {
        let story = Story::new((status, json!({ "message": message })));
        story.head('b');
        assert_eq!(story.previews()["waiting_for_approval"], false, "{status}");
    }
}
