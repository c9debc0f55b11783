//! Previews of pull requests: which are built, when they end, and what happens to the rest.

mod ending;
mod faults;
mod forks;
mod life;
mod limits;
mod lost;
mod strangers;

use crate::story::{API, SHOP, Story, WEB, sha, source};
use nokube_domain::{DeploymentId, ProjectId, pushes::RepositoryChange};
use nokube_edge::{
    reservation::{Reservation, reserve},
    services::{ReservedDeployment, preview_reservation},
    store::{Counter, Store, keys},
};
use nokube_test_host::Response;
use serde_json::{Value, json};

pub const PREVIEWS: &str = "/api/v1/projects/1/services/web/previews";
pub const DEPLOY: &str = "http://deploy.spin.internal/internal/services/1/web";

/// A pull request at GitHub, from the branch `feature` of the repository. Its head changes `web/main.rs`.
pub fn pull(number: u32, head: char) -> Value {
    json!({
        "number": number, "state": "open", "title": format!("Change {number}"), "draft": false,
        "user": { "login": "carol" },
        "head": { "ref": "feature", "sha": sha(head), "repo": { "id": 42 } },
        "base": { "ref": "main", "sha": sha('a'), "repo": { "id": 42 } },
    })
}

/// The same pull request with changed fields, each by its JSON pointer.
pub fn with(mut pull: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        *pull.pointer_mut(pointer).unwrap() = value.clone();
    }
    pull
}

pub fn from_fork(number: u32, head: char) -> Value {
    with(pull(number, head), &[("/head/repo/id", json!(666))])
}

pub fn closed(number: u32, head: char) -> Value {
    with(pull(number, head), &[("/state", json!("closed"))])
}

impl Story {
    /// As [`Story::new`], and pull requests to `main` are built and deployed.
    pub fn with_previews() -> Self {
        Self::with_previews_and(&[])
    }

    /// As [`Self::with_previews`], on a platform with these settings.
    pub fn with_previews_and(settings: &[(&str, &str)]) -> Self {
        let story = Self::without_link();
        for (name, value) in settings {
            story.host.set(name, value);
        }
        let mut source = source(true);
        source["previews"] = json!("deploy");
        story.user("alice").put(WEB, &source).expect(201);
        story.host.respond("POST", DEPLOY, 200, &json!({ "done": true }));
        story.open(&[]);
        story
    }

    pub fn set_previews(&self, mode: &str) {
        let on = json!({ "previews": mode });
        let alice = self.user("alice");
        self.host.run(alice.start("PATCH", WEB, Some(&on))).expect(200);
    }

    /// These pull requests are open; GitHub shows each by its number too.
    pub fn open(&self, pulls: &[Value]) {
        for at in SHOP {
            self.host.respond("GET", &format!("{at}/pulls?"), 200, &json!(pulls));
        }
        for pull in pulls {
            self.pull(pull);
        }
    }

    /// GitHub shows this pull request by its number.
    pub fn pull(&self, pull: &Value) {
        let commit = json!({ "sha": pull["head"]["sha"], "commit": { "message": "A change" } });
        for at in SHOP {
            let number = pull["number"].as_u64().unwrap();
            self.host.respond("GET", &format!("{at}/pulls/{number}"), 200, pull);
            let head = pull["head"]["sha"].as_str().unwrap();
            self.host.respond("GET", &format!("{at}/commits/{head}"), 200, &commit);
        }
    }

    /// What the commit changes, and its message.
    pub fn commit(&self, digit: char, message: &str, file: &str) {
        let commit = json!({ "sha": sha(digit), "commit": { "message": message } });
        let compared = json!({ "status": "diverged", "files": [{ "filename": file }] });
        for at in SHOP {
            self.host.respond("GET", &format!("{at}/commits/{}", sha(digit)), 200, &commit);
            let compare = format!("{at}/compare/{}...{}", sha('a'), sha(digit));
            self.host.respond("GET", &compare, 200, &compared);
        }
    }

    /// What `webhook` stores of a pull request: the number of the work item.
    pub fn pull_event(&self, number: u32) -> u32 {
        self.store(RepositoryChange::PullRequest { number })
    }

    /// The pull request changes to this, and the event arrives.
    pub fn pulled(&self, pull: &Value) {
        self.pull(pull);
        let number = u32::try_from(pull["number"].as_u64().unwrap()).unwrap();
        assert_eq!(self.process(self.pull_event(number)).status, 204);
    }

    /// The preview of a pull request as it is stored; it looks for lost events first.
    pub fn preview(&self, number: u32) -> Value {
        self.find_preview(number).unwrap()
    }

    pub fn find_preview(&self, number: u32) -> Option<Value> {
        let list = self.user("alice").get(PREVIEWS).expect(200);
        let mut previews = list["previews"].as_array().unwrap().iter();
        previews.find(|preview| preview["pull_request"] == number).cloned()
    }

    /// The state of a preview, and the reason.
    pub fn state(&self, number: u32) -> (String, String) {
        let preview = self.preview(number);
        let text = |name: &str| preview[name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("problem"))
    }

    /// The approval of a commit by somebody.
    pub fn approve(&self, login: &str, number: u32, head: char) -> Response {
        let path = format!("{PREVIEWS}/{number}/approve");
        self.user(login).post(&path, &json!({ "commit_sha": sha(head) }))
    }

    /// The build with this number has succeeded, and `webhook` says so.
    pub fn build_succeeds(&self, number: u32) -> Response {
        self.build_ends(number, "success")
    }

    pub fn build_ends(&self, number: u32, conclusion: &str) -> Response {
        let now = self.host.run(async { nokube_edge::now() });
        let run = json!({
            "id": 30, "run_attempt": 1, "status": "completed", "conclusion": conclusion,
            "run_started_at": now, "updated_at": now,
        });
        let runs = format!("{API}/repos/platform/builder/actions/runs/30");
        self.host.respond("GET", &runs, 200, &run);
        let jobs = json!({ "total_count": 0, "jobs": [] });
        self.host.respond("GET", &format!("{runs}/attempts/1/jobs"), 200, &jobs);
        let digest = format!("sha256:{}", "d".repeat(64));
        let headers = [("docker-content-digest", digest.as_str())];
        self.host.respond_with("HEAD", "https://ghcr.io/v2/", 200, &headers, &json!({}));
        // A poll finds the end of the run, and the next one the digest.
        self.host.wait(3_601);
        self.follow(number);
        self.host.wait(3_601);
        self.follow(number)
    }

    /// The request of `webhook` after news of a build.
    pub fn follow(&self, number: u32) -> Response {
        let build = self.build(number)["id"].as_str().unwrap().to_owned();
        let path = format!("/internal/builds/{build}");
        self.host.anybody(builds::ROUTES).post(&path, &json!({}))
    }

    /// The stored record of a build.
    pub fn build(&self, number: u32) -> Value {
        serde_json::from_str(&self.host.stored()[&format!("b/1/{number}")]).unwrap()
    }

    /// The preview is deployed: as `deploy` stores it.
    pub fn deployed(&self, pull_request: u32) {
        let id = DeploymentId::new(ProjectId(1), (1 << 31) + pull_request, 5);
        let revision = serde_json::from_value(revision(id)).unwrap();
        self.host.run(async move {
            let store = Store::open().await.unwrap();
            let name = preview_reservation(ProjectId(1), &"web".parse().unwrap(), pull_request);
            let reserved = ReservedDeployment { deployment: id };
            match reserve::<ReservedDeployment>(&store, &name).await.unwrap() {
                Reservation::Acquired(lease) => lease.complete(&store, &reserved).await.unwrap(),
                _ => panic!("it is deployed already"),
            }
            let number = store.increment(&Counter::revisions(id)).await.unwrap();
            store.set(keys::revision(id, number), &revision).await.unwrap();
        });
    }

    /// For which pull requests `deploy` was asked to look at the preview, in order.
    pub fn asked_to_deploy(&self) -> Vec<String> {
        let beginning = format!("{DEPLOY}/previews/");
        let urls = self.host.sent_urls();
        urls.iter().filter_map(|url| url.strip_prefix(&beginning)).map(str::to_owned).collect()
    }
}

fn revision(id: DeploymentId) -> Value {
    json!({
        "of": id, "number": 1, "by": "alice", "at": "2026-11-23T10:00:00Z", "cause": "deploy",
        "wish": { "run": {
            "release": {
                "number": 1, "by": "alice", "at": "2026-11-23T10:00:00Z",
                "image": { "name": "docker.io/library/nginx:1", "digest": null, "build": null },
                "spec": {
                    "service": "pr-7-web", "display_name": "web", "description": null,
                    "kind": "web", "exposure": { "external": { "at": "own_host", "https": true } },
                    "container_port": 3000, "service_port": 8000, "replicas": 1,
                    "cpu": { "request": "100m", "limit": "500m" },
                    "memory": { "request": "128Mi", "limit": "512Mi" },
                    "variables": {}, "health": null, "volume": null, "scaling": null,
                },
                "variables_object": null, "secrets_object": null, "secrets": [],
            },
            "stopped": false, "restarted_at": null, "kept": [],
        } },
    })
}
