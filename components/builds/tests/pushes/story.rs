//! Alice's project `myapp`, with services of `acme/shop`, on which the GitHub App is installed.

use crate::github_app::use_github_app;
use builds::ROUTES;
use futures::future::select;
use nokube_domain::{
    Person, ProjectId,
    projects::Members,
    pushes::{PushEvent, RepositoryChange, RepositoryEvent},
    work::BuildTask,
};
use nokube_edge::{
    sleep,
    store::{Counter, Store, keys},
    work::WorkQueue,
};
use nokube_test_host::{Client, Response, TestHost};
use serde_json::{Value, json};
use std::{pin::pin, rc::Rc, time::Duration};

pub const API: &str = "https://api.github.com";
pub const SHOP: [&str; 2] =
    ["https://api.github.com/repositories/42", "https://api.github.com/repos/acme/shop"];
pub const DISPATCHES: &str =
    "https://api.github.com/repos/platform/builder/actions/workflows/build.yml/dispatches";
pub const WEB: &str = "/api/v1/projects/1/services/web";

pub struct Story {
    pub host: Rc<TestHost>,
}

pub fn sha(digit: char) -> String {
    digit.to_string().repeat(40)
}

impl Story {
    /// Pushes to `main`, which has the commit `a`, build the service `web`.
    pub fn new() -> Self {
        let story = Self::without_link();
        story.user("alice").put(WEB, &source(true)).expect(201);
        story
    }

    pub fn without_link() -> Self {
        let host = TestHost::install();
        for (name, value) in [
            ("limit_builds_per_minute", "0"),
            ("limit_changes_per_minute", "0"),
            ("max_running_builds_per_person", "0"),
            ("push_quiet_seconds", "0"),
            ("build_quiet_seconds", "3600"),
        ] {
            host.set(name, value);
        }
        use_github_app(&host);
        let app = json!({
            "id": 5, "slug": "nokube", "html_url": "https://github.com/apps/nokube",
            "permissions": {}, "events": [],
        });
        host.respond("GET", &format!("{API}/app"), 200, &app);
        let builder = format!("{API}/repos/platform/builder");
        host.respond("POST", DISPATCHES, 200, &json!({ "workflow_run_id": 30 }));
        host.respond("POST", &format!("{builder}/actions/runs/30/"), 202, &json!({}));
        host.respond("POST", &format!("{}/statuses/", SHOP[0]), 201, &json!({}));
        host.create_project("alice", "myapp");
        let story = Self { host };
        story.repository(&json!({}));
        story.installed(200);
        story.permission("alice", "write");
        story.head('a');
        story
    }

    pub fn user(&self, login: &str) -> Client {
        self.host.user(ROUTES, login)
    }

    /// Alice's project has another member.
    pub fn member(&self, login: &str, role: &str) {
        let person = |login: &str| Person { issuer: "nokube".into(), subject: login.into() };
        let mut members = serde_json::to_value(Members::new(person("alice"))).unwrap();
        members["others"] = json!([{
            "person": person(login), "username": login, "role": role, "number": 1,
        }]);
        let members = serde_json::from_value(members).unwrap();
        self.host.run(async move {
            let store = Store::open().await.unwrap();
            store.set(keys::members(ProjectId(1)), &members).await.unwrap();
        });
    }

    /// How many numbers were taken for pushes of `web`.
    pub fn numbers(&self) -> u32 {
        self.host.run(async {
            let store = Store::open().await.unwrap();
            let counter = Counter::pushes(ProjectId(1), &"web".parse().unwrap());
            store.count(&counter).await.unwrap()
        })
    }

    pub fn reconcile(&self) {
        self.host.anybody(ROUTES).post("/internal/reconcile", &json!({})).expect(200);
    }

    /// The repository, as it is from now on.
    pub fn repository(&self, changes: &Value) {
        let mut shop = json!({
            "id": 42, "full_name": "acme/shop", "private": false, "default_branch": "main",
            "archived": false,
        });
        for (name, value) in changes.as_object().unwrap() {
            shop[name] = value.clone();
        }
        for at in SHOP {
            // Only the exact address: what is scripted later comes first.
            self.host.respond("GET", at, 200, &shop);
        }
        self.installed(200);
        self.permission("alice", "write");
    }

    pub fn installed(&self, status: u16) {
        for at in SHOP {
            self.host.respond("GET", &format!("{at}/installation"), status, &json!({ "id": 2 }));
        }
    }

    pub fn permission(&self, login: &str, permission: &str) {
        let body = json!({ "permission": permission, "user": { "id": 7 } });
        for at in SHOP {
            let url = format!("{at}/collaborators/{login}/permission");
            self.host.respond("GET", &url, 200, &body);
        }
    }

    /// Every branch points to this commit, which changes `web/main.rs`.
    pub fn head(&self, digit: char) {
        self.head_with(digit, "A change", "web/main.rs");
    }

    pub fn head_with(&self, digit: char, message: &str, file: &str) {
        let commit = json!({ "sha": sha(digit), "commit": { "message": message } });
        let compared = json!({ "status": "ahead", "files": [{ "filename": file }] });
        for at in SHOP {
            self.host.respond("GET", &format!("{at}/commits/"), 200, &commit);
            self.host.respond("GET", &format!("{at}/compare/"), 200, &compared);
        }
    }

    /// Branches whose names begin so are gone.
    pub fn delete_branch(&self, branch: &str) {
        let not_found = json!({ "message": "No commit found" });
        for at in SHOP {
            let url = format!("{at}/commits/heads%2F{branch}");
            self.host.respond("GET", &url, 422, &not_found);
        }
    }

    /// What `webhook` stores of a push to `main`: the number of the work item.
    pub fn event(&self, after: char) -> u32 {
        self.store(RepositoryChange::Push(PushEvent {
            branch: "main".into(),
            before: None,
            after: sha(after).parse().ok(),
            forced: false,
            sender: Some("carol".into()),
            head_commit: None,
            unknown_fields: Default::default(),
        }))
    }

    /// Processes a work item, and is cut off after 5 seconds.
    pub fn process_for_5_seconds(&self, number: u32) {
        let path = format!("/internal/work/{number}");
        let process = self.host.anybody(ROUTES).start("POST", &path, Some(&json!({})));
        self.host.run(async move {
            select(pin!(process), pin!(sleep(Duration::from_secs(5)))).await;
        });
    }

    pub fn store(&self, change: RepositoryChange) -> u32 {
        self.host.run(async move {
            let store = Store::open().await.unwrap();
            let event = RepositoryEvent {
                repository_id: 42,
                received_at: nokube_edge::now(),
                change,
                unknown_fields: Default::default(),
            };
            WorkQueue::builds().add(&store, &BuildTask::Repository(Box::new(event))).await.unwrap()
        })
    }

    /// The request of `webhook` to process an item.
    pub fn process(&self, number: u32) -> Response {
        let path = format!("/internal/work/{number}");
        self.host.anybody(ROUTES).post(&path, &json!({}))
    }

    pub fn push(&self, digit: char) {
        self.head(digit);
        let number = self.event(digit);
        assert_eq!(self.process(number).status, 204);
    }

    /// The commits of the builds that were dispatched or wait, in their order.
    pub fn built(&self) -> String {
        let builds = self.host.stored().into_iter().filter_map(|(key, text)| {
            let number: u32 = key.strip_prefix("b/1/")?.parse().ok()?;
            let build: Value = serde_json::from_str(&text).unwrap();
            Some((number, build["commit"].as_str()?.chars().next()?))
        });
        let mut builds: Vec<_> = builds.collect();
        builds.sort_unstable();
        builds.into_iter().map(|(_, commit)| commit).collect()
    }

    pub fn dispatches(&self) -> usize {
        self.host.sent("POST", DISPATCHES).len()
    }

    /// The decisions about the pushes of `web`, the newest first. It looks for pushes first.
    pub fn decisions(&self) -> Vec<String> {
        let list = self.user("alice").get(&format!("{WEB}/pushes")).expect(200);
        let pushes = list["pushes"].as_array().unwrap().iter();
        pushes.map(|push| push["decision"].as_str().unwrap().to_owned()).collect()
    }
}

pub fn source(build_on_push: bool) -> Value {
    json!({
        "repository_url": "https://github.com/acme/shop", "branch": "main", "context": "web",
        "build_on_push": build_on_push,
    })
}
