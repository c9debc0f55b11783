//! A platform on which builds wait.

use builds::ROUTES;
use futures::future::join_all;
use nokube_domain::{
    BuildId, ProjectId,
    builds::{AttemptRequest, BuildRecord, Phase, RunKey, RunRecord, RunState},
    services::ServiceRecord,
    work::BuildTask,
};
use nokube_edge::{
    now,
    services::note_build,
    store::{Counter, Store, keys},
    work::WorkQueue,
};
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

pub const GITHUB: &str = "https://api.github.com/repos";
pub const BUILDER: &str = "https://api.github.com/repos/platform/builder/actions";
pub const DISPATCHES: &str =
    "https://api.github.com/repos/platform/builder/actions/workflows/build.yml/dispatches";
pub const BUILDS: &str = "/api/v1/builds";
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

pub struct Platform {
    pub host: Rc<TestHost>,
    pub alice: Client,
    pub project: ProjectId,
}

/// Alice's project, and a limit of unfinished builds. GitHub starts each build as run 30, which is in progress.
pub fn platform(max_running: &str) -> Platform {
    let host = TestHost::install();
    host.set("limit_builds_per_minute", "0");
    host.set("max_running_builds_per_person", max_running);
    host.respond("GET", &format!("{GITHUB}/acme/shop"), 200, &json!({ "private": false }));
    let commit = json!({
        "sha": COMMIT, "author": { "login": "bob" },
        "commit": { "message": "Fix it\n\nMore.", "author": { "email": "bob@example.com" } },
    });
    host.respond("GET", &format!("{GITHUB}/acme/shop/commits/"), 200, &commit);
    host.respond("POST", DISPATCHES, 200, &json!({ "workflow_run_id": 30 }));
    let runs = format!("{BUILDER}/workflows/build.yml/runs");
    host.respond("GET", &runs, 200, &json!({ "total_count": 0, "workflow_runs": [] }));
    let project = host.create_project("alice", "myapp");
    let platform = Platform { alice: host.user(ROUTES, "alice"), host, project };
    platform.runs_are("in_progress", None);
    platform
}

pub fn spec(service: &str) -> Value {
    json!({
        "repository": "acme/shop", "git_ref": "main", "context": ".", "source": "buildpacks",
        "service": service, "tag": "latest", "build_args": {},
    })
}

/// A service that pushes build for alice.
pub fn linked(service: &str) -> ServiceRecord {
    let record = json!({
        "source": {
            "spec": spec(service), "repository_id": 1,
            "build_on_push": {
                "person": { "issuer": "nokube", "subject": "alice" }, "login": "alice",
                "github_identity": "login", "enabled_at": now(), "since": 1, "place": 5,
                "may_push": true,
            },
        },
        "place": 5, "created_at": now(), "updated_at": now(),
    });
    serde_json::from_value(record).unwrap()
}

impl Platform {
    pub fn runs_are(&self, status: &str, conclusion: Option<&str>) {
        let run = json!({ "id": 30, "run_attempt": 1, "status": status, "conclusion": conclusion });
        for path in ["runs/30", "runs/30/attempts/1"] {
            self.host.respond("GET", &format!("{BUILDER}/{path}"), 200, &run);
        }
        let no_jobs = json!({ "total_count": 0, "jobs": [] });
        self.host.respond("GET", &format!("{BUILDER}/runs/30/"), 200, &no_jobs);
    }

    pub fn request(&self) -> Value {
        json!({
            "project_id": self.project, "repository_url": "https://github.com/acme/shop",
            "image_name": "myapp", "service_name": "manual",
        })
    }

    /// A build that somebody requests; its path.
    pub fn start(&self) -> String {
        let response = self.alice.post(BUILDS, &self.request());
        response.expect(202);
        response.header("location").to_owned()
    }

    /// A build of a push that waits, as it is stored.
    pub fn waiting(&self, service: &str) -> String {
        let (project, service) = (self.project, service.to_owned());
        let id = self.host.run(async move {
            let store = Store::open().await.unwrap();
            let number = store.increment(&Counter::builds(project)).await.unwrap();
            let id = BuildId::new(project, number, 7);
            let record = json!({
                "id": id, "by": { "issuer": "nokube", "subject": "alice" },
                "owner": "alice", "project": "myapp", "repository_id": 1,
                "asked": spec(&service),
                "commit": COMMIT, "commit_summary": { "sha": COMMIT, "subject": "Fix it" },
                "trigger": { "base": 1, "number": 2 }, "private": false,
                "image": format!("ghcr.io/platform/alice-myapp-{service}"), "estimate": 60,
                "created_at": now(),
            });
            let record: BuildRecord = serde_json::from_value(record).unwrap();
            let name = &record.spec.service;
            store.set(keys::service(project, name), &linked(&service)).await.unwrap();
            store.set(keys::build(project, number), &record).await.unwrap();
            note_build(&store, project, number, &record.spec.service).await.unwrap();
            let item = WorkQueue::builds().add(&store, &BuildTask::Build(id)).await.unwrap();
            let request = AttemptRequest::waiting_for_capacity(now());
            let run = RunRecord::with_attempt_request(id, 1, request).with_work_item(item);
            store.set_run(&run).await.unwrap();
            WorkQueue::waiting().add(&store, &id).await.unwrap();
            id
        });
        self.host.wait(1); // A read at once would look for nothing.
        format!("{BUILDS}/{id}")
    }

    /// A build of a push that GitHub runs.
    pub fn running(&self, service: &str) -> String {
        let path = self.waiting(service);
        let id: BuildId = path.rsplit('/').next().unwrap().parse().unwrap();
        self.host.run(async move {
            let key = RunKey { run_id: 30, attempt: 1 };
            let run = RunRecord::with_run(id, key, RunState::new(Phase::Running));
            Store::open().await.unwrap().merge_run(run).await.unwrap();
        });
        path
    }

    /// Pushes build a service, and another commit has become the target.
    pub fn push_other_commit(&self, service: &str) {
        let (project, service) = (self.project, service.to_owned());
        self.host.run(async move {
            let store = Store::open().await.unwrap();
            let push = json!({
                "number": 3, "at": now(), "repository_id": 1, "since": 1, "branch": "main",
                "outcome": "affected",
                "target": {
                    "base": 2, "number": 3, "previous": [1, COMMIT],
                    "commit": { "sha": "f".repeat(40), "subject": "Newer" },
                },
            });
            let name = service.parse().unwrap();
            store.set(keys::service(project, &name), &linked(&service)).await.unwrap();
            for _ in 0..3 {
                store.increment(&Counter::pushes(project, &name)).await.unwrap();
            }
            let push = serde_json::from_value(push).unwrap();
            store.set(keys::push(project, &name, 3), &push).await.unwrap();
        });
    }

    pub fn follow(&self, path: &str) {
        let id = path.strip_prefix(BUILDS).unwrap();
        self.host.anybody(ROUTES).post(&format!("/internal/builds{id}"), &json!({})).expect(204);
    }

    pub fn read(&self, path: &str) -> Value {
        self.alice.get(path).expect(200)
    }

    /// All of these are read at once, each by so many readers.
    pub fn read_at_once(&self, paths: &[String], readers: usize) {
        let reads = (0..readers).flat_map(|_| paths.iter());
        let reads: Vec<_> = reads.map(|path| self.alice.start("GET", path, None)).collect();
        let responses = self.host.run(join_all(reads));
        assert!(responses.iter().all(|response| response.status == 200));
    }

    /// How often GitHub was asked to start each build.
    pub fn dispatches(&self) -> BTreeMap<String, u32> {
        let mut counts = BTreeMap::new();
        for body in self.host.sent("POST", DISPATCHES) {
            let body: Value = serde_json::from_str(&body).unwrap();
            let id = body["inputs"]["build_id"].as_str().unwrap();
            *counts.entry(format!("{BUILDS}/{id}")).or_insert(0) += 1;
        }
        counts
    }

    pub fn items(&self) -> BTreeSet<String> {
        let stored = self.host.stored().into_keys();
        stored.filter(|key| key.starts_with("work/")).collect()
    }
}
