//! What became of pushes is reported to GitHub at the commits: once for each state, never for somebody who may not push,
//! within GitHub's limits, and never in the way of a build.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/github_app.rs"]
mod github_app;

use builds::ROUTES;
use github_app::use_github_app;
use nokube_edge::store::Store;
use nokube_test_host::{Client, PLATFORM_URL, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

const API: &str = "https://api.github.com";
const BY_NUMBER: &str = "https://api.github.com/repositories/42";
const STATUSES: &str = "https://api.github.com/repositories/42/statuses/";
const WORKFLOW: &str = "https://api.github.com/repos/platform/builder/actions/workflows/build.yml";

fn sha(digit: char) -> String {
    digit.to_string().repeat(40)
}

/// Alice has a service of acme/shop that pushes build.
struct Story {
    host: Rc<TestHost>,
    alice: Client,
    service: String,
    build: Option<String>,
}

impl Story {
    fn new() -> Self {
        Self::with_permission("write")
    }

    fn with_permission(permission: &str) -> Self {
        let host = TestHost::install();
        for (name, value) in [
            ("limit_builds_per_minute", "0"),
            ("push_quiet_seconds", "0"),
            ("build_quiet_seconds", "0"),
            ("auth_jwt_subjects_are_github_logins", "true"),
        ] {
            host.set(name, value);
        }
        let shop = json!({
            "id": 42, "full_name": "acme/shop", "private": false, "default_branch": "main",
        });
        for at in [BY_NUMBER, "https://api.github.com/repos/acme/shop"] {
            host.respond("GET", at, 200, &shop);
            host.respond("GET", &format!("{at}/installation"), 200, &json!({ "id": 2 }));
        }
        let builder = format!("{API}/repos/platform/builder");
        use_github_app(&host);
        host.respond(
            "POST",
            &format!("{WORKFLOW}/dispatches"),
            200,
            &json!({ "workflow_run_id": 30 }),
        );
        host.respond("POST", &format!("{builder}/actions/runs/30/cancel"), 202, &json!({}));
        host.respond("POST", STATUSES, 201, &json!({}));
        let project = host.create_project("alice", "myapp");
        let alice = host.user(ROUTES, "alice");
        let service = format!("/api/v1/projects/{project}/services/web");
        let story = Self { host, alice, service, build: None };
        story.permission(permission);
        story.head('a');
        story.run("queued", Value::Null);
        let source = json!({
            "repository_url": "https://github.com/acme/shop", "branch": "main",
            "build_on_push": true,
        });
        story.alice.put(&story.service, &source).expect(201);
        story
    }

    /// Alice's permission in the repository.
    fn permission(&self, permission: &str) {
        let url = format!("{BY_NUMBER}/collaborators/alice/permission");
        let body = json!({ "permission": permission, "user": { "id": 7 } });
        self.host.respond("GET", &url, 200, &body);
    }

    /// Somebody has pushed this commit.
    fn head(&self, digit: char) {
        let commit = json!({ "sha": sha(digit), "commit": { "message": "A change" } });
        for at in [BY_NUMBER, "https://api.github.com/repos/acme/shop"] {
            self.host.respond("GET", &format!("{at}/commits/"), 200, &commit);
        }
        self.changed("Dockerfile");
    }

    fn changed(&self, file: &str) {
        let compared = json!({ "status": "ahead", "files": [{ "filename": file }] });
        self.host.respond("GET", &format!("{BY_NUMBER}/compare/"), 200, &compared);
    }

    /// The state of the builder's run.
    fn run(&self, status: &str, conclusion: Value) {
        let url = format!("{API}/repos/platform/builder/actions/runs/30");
        let run = json!({
            "id": 30, "run_attempt": 1, "status": status, "conclusion": conclusion,
            "run_started_at": "2026-11-23T10:00:01Z", "updated_at": "2026-11-23T10:00:09Z",
        });
        self.host.respond("GET", &url, 200, &run);
        let jobs = json!({ "total_count": 0, "jobs": [] });
        self.host.respond("GET", &format!("{url}/attempts/1/jobs"), 200, &jobs);
    }

    /// A read of the service finds pushes whose events were lost.
    fn look(&mut self) -> Value {
        let service = self.alice.get(&self.service).expect(200);
        self.build = service["last_build"]["build_id"].as_str().map(Into::into);
        service
    }

    /// What `webhook` asks for after an event of the build.
    fn follow(&self) {
        let build = self.build.as_ref().unwrap();
        self.host.wait(60);
        let path = format!("/internal/builds/{build}");
        self.host.anybody(ROUTES).post(&path, &json!({}));
    }

    /// The commits and states that were sent, in order.
    fn sent(&self) -> Vec<(char, String)> {
        let urls = self.host.sent_urls();
        let commits = urls.iter().filter_map(|url| url.strip_prefix(STATUSES)?.chars().next());
        let bodies = self.host.sent("POST", STATUSES);
        let states = bodies.iter().map(|body| {
            serde_json::from_str::<Value>(body).unwrap()["state"].as_str().unwrap().to_owned()
        });
        commits.zip(states).collect()
    }

    fn shown(&mut self) -> String {
        let service = self.look();
        service["automatic_builds"]["commit_statuses"].as_str().unwrap().to_owned()
    }
}

fn state(commit: char, state: &str) -> (char, String) {
    (commit, state.into())
}

#[test]
fn each_state_of_a_build_is_reported_once() {
    let mut story = Story::new();
    assert_eq!(story.shown(), "unknown", "the head that was there before is not built");
    story.head('b');
    story.look();
    let body: Value = serde_json::from_str(&story.host.sent("POST", STATUSES)[0]).unwrap();
    let build = story.build.clone().unwrap();
    assert_eq!(body["context"], "nokube/myapp/web");
    assert_eq!(body["target_url"], format!("{PLATFORM_URL}/builds/{build}"));
    assert!(body["description"].as_str().unwrap().len() <= 140);
    for _ in 0..3 {
        story.look();
        story.follow();
    }
    assert_eq!(story.sent(), [state('b', "pending")]);
    story.run("completed", json!("failure"));
    for _ in 0..3 {
        story.follow();
        story.look();
    }
    assert_eq!(story.sent().len(), 2, "{:?}", story.sent());
    assert_ne!(story.sent()[1].1, "pending");
    assert_eq!(story.shown(), "active");
}

#[test]
fn a_service_that_a_push_does_not_concern_reports_success() {
    let mut story = Story::new();
    let change = json!({ "watch_paths": ["web/**"] });
    let path = story.service.clone();
    story.host.run(story.alice.start("PATCH", &path, Some(&change))).expect(200);
    story.head('b');
    story.changed("docs/readme.md");
    story.look();
    story.look();
    assert_eq!(story.sent(), [state('b', "success")]);
    let body: Value = serde_json::from_str(&story.host.sent("POST", STATUSES)[0]).unwrap();
    assert_eq!(body["description"], "Not affected by this push");
    assert!(body["target_url"].as_str().unwrap().ends_with("/services/web"));
}

#[test]
fn nothing_is_reported_for_somebody_who_may_not_push() {
    let mut story = Story::with_permission("read");
    story.head('b');
    assert_eq!(story.shown(), "no_push_permission");
    assert!(story.build.is_some(), "it is built all the same");
    assert!(story.sent().is_empty());
    story.permission("write");
    story.look();
    assert!(story.sent().is_empty(), "GitHub is not asked again at once");
    story.host.wait(3700);
    story.look();
    assert_eq!(story.sent().len(), 1);
    // Later GitHub is asked once a day.
    story.permission("none");
    story.run("completed", json!("failure"));
    story.follow();
    assert_eq!(story.sent().len(), 2);
    story.host.wait(25 * 3600);
    story.alice = story.host.user(ROUTES, "alice");
    story.head('c');
    assert_eq!(story.shown(), "no_push_permission");
    assert_eq!(story.sent().len(), 2);
}

#[test]
fn an_installation_without_the_permission_is_waited_for() {
    let mut story = Story::new();
    let refused = json!({ "message": "Resource not accessible by integration" });
    story.host.respond("POST", STATUSES, 403, &refused);
    story.head('b');
    assert_eq!(story.shown(), "waiting_for_approval");
    story.look();
    assert_eq!(story.sent().len(), 1, "it is not asked again at once");
    story.host.respond("POST", STATUSES, 201, &json!({}));
    story.host.wait(700);
    assert_eq!(story.shown(), "active");
}

#[test]
fn githubs_limit_is_respected_and_the_status_is_sent_later() {
    let mut story = Story::new();
    let limited = json!({ "message": "You have exceeded a secondary rate limit" });
    story.host.respond_with("POST", STATUSES, 403, &[("retry-after", "300")], &limited);
    story.head('b');
    story.look();
    assert!(story.build.is_some(), "the build has been started");
    let sent = story.sent().len();
    story.host.respond("POST", STATUSES, 201, &json!({}));
    story.host.wait(100);
    story.look();
    assert_eq!(story.sent().len(), sent, "not before GitHub says");
    story.host.wait(250);
    story.look();
    assert_eq!(story.sent().len(), sent + 1);
}

#[test]
fn no_more_is_sent_than_the_budget_of_the_installation() {
    let mut story = Story::new();
    let now = story.host.run(async { nokube_edge::now() });
    story.host.wait(u64::try_from(60 - now.as_second().rem_euclid(60)).unwrap());
    story.host.run(async {
        let store = Store::open().await.unwrap();
        let start = nokube_edge::now().as_second();
        let name = nokube_edge::store::WindowName::statuses_per_minute(2);
        for _ in 0..60 {
            assert!(store.count_in_window(&name, start, 60).await.unwrap());
        }
    });
    story.head('b');
    story.look();
    assert!(story.sent().is_empty());
    story.host.wait(60);
    story.look();
    assert_eq!(story.sent(), [state('b', "pending")]);
}

#[test]
fn of_several_that_report_a_state_at_once_one_sends_it() {
    for delay in [0, 1] {
        let mut story = Story::new();
        story.host.respond("POST", STATUSES, 500, &json!({}));
        story.head('b');
        story.look();
        let failed = story.sent().len();
        story.host.respond("POST", STATUSES, 201, &json!({}));
        story.host.wait(70);
        story.host.respond_after(std::time::Duration::from_secs(delay));
        let path = format!("/internal/builds/{}", story.build.as_ref().unwrap());
        let anybody = story.host.anybody(ROUTES);
        let follow = || anybody.start("POST", &path, Some(&json!({})));
        let look = story.alice.start("GET", &story.service, None);
        story.host.run(futures::future::join4(follow(), look, follow(), follow()));
        let sent = story.sent();
        assert_eq!(&sent[failed..], [state('b', "pending")]);
        story.follow();
        assert_eq!(story.sent().len(), sent.len());
    }
}

#[test]
fn of_two_that_report_at_once_the_newer_state_is_the_last() {
    let mut story = Story::new();
    story.head('b');
    story.look();
    story.run("completed", json!("failure"));
    story.follow();
    // Another attempt is pending. While that is being sent, it ends.
    story.host.respond(
        "POST",
        &format!("{API}/repos/platform/builder/actions/runs/30/rerun"),
        201,
        &json!({}),
    );
    let build = story.build.clone().unwrap();
    story.alice.post(&format!("/api/v1/builds/{build}/retry"), &json!({})).expect(202);
    story.host.respond_after(std::time::Duration::from_secs(3));
    let path = format!("/internal/builds/{build}");
    let anybody = story.host.anybody(ROUTES);
    let follow = || anybody.start("POST", &path, Some(&json!({})));
    story.host.run(futures::future::join3(follow(), follow(), follow()));
    story.host.respond_after(std::time::Duration::ZERO);
    story.host.wait(70);
    story.run("completed", json!("failure"));
    story.follow();
    let sent = story.sent();
    let stored = story.host.stored();
    let record = &stored["commit-status/1/web"];
    assert!(!record.contains("sender"), "nothing is left to be sent: {record}");
    let last = &sent.last().unwrap().1;
    assert!(record.contains(last), "{sent:?} {record}");
    assert!(sent.len() <= 6, "{sent:?}");
}

#[test]
fn ready_says_what_the_app_lacks_and_the_platform_stays_ready() {
    let story = Story::new();
    let host = &story.host;
    host.respond("GET", WORKFLOW, 200, &json!({ "state": "active" }));
    let builder = json!({ "id": 9, "full_name": "platform/builder", "private": true });
    host.respond("GET", &format!("{API}/repos/platform/builder"), 200, &builder);
    host.respond("GET", WORKFLOW, 200, &json!({ "state": "active" }));
    host.respond(
        "GET",
        &format!("{API}/repos/platform/builder/installation"),
        200,
        &json!({ "id": 1 }),
    );
    let mut app = json!({
        "html_url": "https://github.com/apps/nokube",
        "permissions": {
            "actions": "write", "contents": "read", "deployments": "write", "members": "read",
            "metadata": "read", "packages": "read", "pull_requests": "read", "statuses": "write",
        },
        "events": [
            "create", "delete", "package", "pull_request", "repository", "workflow_job", "workflow_run",
        ],
    });
    host.respond("GET", &format!("{API}/app"), 200, &app);
    let health = host.anybody(ROUTES).get("/ready/github").expect(200);
    let detail = health["detail"].as_str().unwrap();
    assert_eq!(health["ok"], true, "{health}");
    assert!(detail.contains("lacks the event 'push'"), "{detail}");
    assert!(detail.contains("https://github.com/apps/nokube"), "{detail}");
    app["events"].as_array_mut().unwrap().push(json!("push"));
    host.respond("GET", &format!("{API}/app"), 200, &app);
    let health = host.anybody(ROUTES).get("/ready/github").expect(200);
    assert!(!health["detail"].as_str().unwrap().contains("lacks"), "{health}");
}

#[test]
fn ready_says_that_pushes_are_not_built_with_a_token() {
    let host = TestHost::install();
    host.respond("GET", WORKFLOW, 200, &json!({ "state": "active" }));
    let builder = json!({ "id": 9, "full_name": "platform/builder", "private": true });
    host.respond("GET", &format!("{API}/repos/platform/builder"), 200, &builder);
    host.respond("GET", WORKFLOW, 200, &json!({ "state": "active" }));
    let health = host.anybody(ROUTES).get("/ready/github").expect(200);
    assert_eq!(health["ok"], true, "{health}");
    assert!(health["detail"].as_str().unwrap().contains("need a GitHub App"), "{health}");
}
