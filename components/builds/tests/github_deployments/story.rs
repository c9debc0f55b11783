//! A service of acme/shop that pushes build, and its deployment as the component `deploy` stores it.

use crate::github_app::use_github_app;
use builds::ROUTES;
use nokube_domain::{
    BuildId, DeploymentId, Person, ProjectId,
    deployments::{DeploymentRecord, LastObservation, OutcomeRecord, Revision},
    name::ServiceName,
};
use nokube_edge::store::{Counter, Store, keys};
use nokube_test_host::{PLATFORM_URL, TestHost};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::rc::Rc;

pub const API: &str = "https://api.github.com";
pub const DEPLOYMENTS: &str = "https://api.github.com/repositories/42/deployments";
pub const TOKENS: &str = "https://api.github.com/app/installations/2/access_tokens";
pub const SITE: &str = "https://web-shop-alice.apps.example.org";
const AT: &str = "2026-11-23T10:00:00Z";

pub fn sha(digit: char) -> String {
    digit.to_string().repeat(40)
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

pub struct Story {
    pub host: Rc<TestHost>,
    pub project: ProjectId,
    pub deployment: DeploymentId,
    revision: u32,
    release: u32,
    build: Option<BuildId>,
}

impl Story {
    pub fn new() -> Self {
        let host = TestHost::install();
        let repository = format!("{API}/repositories/42");
        let installation = json!({ "id": 2 });
        host.respond("GET", &format!("{repository}/installation"), 200, &installation);
        use_github_app(&host);
        host.respond("GET", DEPLOYMENTS, 200, &json!([]));
        host.respond("POST", DEPLOYMENTS, 201, &json!({ "id": 71 }));
        let project = host.create_project("alice", "shop");
        let deployment = DeploymentId::new(project, 1, 17);
        let story = Self { host, project, deployment, revision: 0, release: 0, build: None };
        story.permission("write");
        story.link();
        story.store_deployment(json!({ "id": deployment, "service": "web", "created_at": AT }));
        story
    }

    /// Alice's permission in the repository.
    pub fn permission(&self, permission: &str) {
        let url = format!("{API}/repositories/42/collaborators/alice/permission");
        let body = json!({ "permission": permission, "user": { "id": 7 } });
        self.host.respond("GET", &url, 200, &body);
    }

    /// Has pushes to acme/shop build the service, in the name of Alice.
    fn link(&self) {
        let linked = json!({
            "person": person(), "login": "alice", "github_identity": { "account": 7 },
            "enabled_at": AT, "since": 1, "place": 5, "may_push": true,
        });
        self.save(json!({ "spec": spec(), "repository_id": 42, "build_on_push": linked }));
    }

    /// Saves what the service is built from.
    pub fn save(&self, source: Value) {
        let record = json!({ "source": source, "place": 9, "created_at": AT, "updated_at": AT });
        let (project, record) = (self.project, read(record));
        self.host.run(async move {
            let service: ServiceName = "web".parse().unwrap();
            let store = Store::open().await.unwrap();
            store.set(keys::service(project, &service), &record).await.unwrap();
        });
    }

    pub fn switch_builds_off(&self) {
        self.save(json!({ "spec": spec(), "repository_id": 42 }));
    }

    fn store_deployment(&self, record: Value) {
        let record: DeploymentRecord = read(record);
        self.host.run(async move {
            let store = Store::open().await.unwrap();
            let key = keys::deployment(record.id.project, record.id.number);
            store.set(key, &record).await.unwrap();
        });
    }

    /// The deployment is that of the preview of pull request 12.
    pub fn make_preview(&self) {
        self.store_deployment(json!({
            "id": self.deployment, "service": "pr-12-web", "created_at": AT,
            "preview": { "service": "web", "pull_request": 12 },
        }));
    }

    /// A build of this commit that was started for `person`, from the repository with this number.
    pub fn build_for(&self, commit: char, person: &Person, repository: u64) -> BuildId {
        self.store_build(commit, person, repository, json!(null))
    }

    /// A build of this commit of a fork.
    pub fn build_of_fork(&self, commit: char) -> BuildId {
        let push = json!({ "base": 0, "number": 1, "pull_request": 12, "is_fork": true });
        self.store_build(commit, &person(), 42, push)
    }

    fn store_build(&self, commit: char, person: &Person, repository: u64, push: Value) -> BuildId {
        let number = commit.to_digit(16).unwrap();
        let id = BuildId::new(self.project, number, 3);
        let record = read(json!({
            "trigger": push,
            "id": id, "by": person, "owner": "alice", "project": "shop",
            "asked": spec(), "repository_id": repository, "commit": sha(commit), "private": false,
            "image": "ghcr.io/platform/alice-shop-web", "estimate": 60, "created_at": AT,
        }));
        let project = self.project;
        self.host.run(async move {
            let store = Store::open().await.unwrap();
            store.set(keys::build(project, number), &record).await.unwrap();
        });
        id
    }

    /// Somebody deploys this commit.
    pub fn deploy(&mut self, commit: char) {
        let build = self.build_for(commit, &person(), 42);
        self.deploy_image(Some(build));
    }

    pub fn deploy_image(&mut self, build: Option<BuildId>) {
        self.release = self.revision + 1;
        self.build = build;
        self.revise("deploy", false);
    }

    /// A revision with the release that was deployed last.
    pub fn revise(&mut self, cause: &str, stopped: bool) {
        let build = self.build;
        let release = json!({
            "number": self.release, "by": "alice", "at": AT,
            "image": { "name": "ghcr.io/platform/alice-shop-web:main", "digest": null, "build": build },
            "spec": {
                "service": "web", "display_name": "web", "description": null, "kind": "web",
                "exposure": { "external": { "at": "own_host", "https": true } },
                "container_port": 3000, "service_port": 8000, "replicas": 1,
                "cpu": { "request": "100m", "limit": "500m" },
                "memory": { "request": "128Mi", "limit": "512Mi" },
                "variables": {}, "health": null, "volume": null, "scaling": null,
            },
            "variables_object": null, "secrets_object": null, "secrets": [],
        });
        let deployed = json!({
            "release": release, "stopped": stopped, "restarted_at": null, "kept": [],
        });
        self.revision = self.host.run(self.new_revision(cause, json!({ "run": deployed })));
    }

    pub fn delete(&mut self) {
        self.revision = self.host.run(self.deletion());
    }

    /// Stores that it is to be deleted.
    pub fn deletion(&self) -> impl Future<Output = u32> + use<> {
        self.new_revision("delete", json!({ "gone": { "volumes": true } }))
    }

    /// Stores a revision. Returns its number.
    fn new_revision(&self, cause: &str, wish: Value) -> impl Future<Output = u32> + use<> {
        let id = self.deployment;
        let revision = json!({
            "of": id, "number": self.revision + 1, "by": "alice", "at": AT, "cause": cause,
            "wish": wish,
        });
        let revision: Revision = read(revision);
        async move {
            let store = Store::open().await.unwrap();
            let number = store.increment(&Counter::revisions(id)).await.unwrap();
            assert_eq!(number, revision.number);
            store.set(keys::revision(id, number), &revision).await.unwrap();
            number
        }
    }

    /// The cluster has rejected the newest revision.
    pub fn reject(&self) {
        let id = self.deployment;
        let outcome: OutcomeRecord = read(json!({
            "of": id, "revision": self.revision, "at": AT,
            "outcome": { "refused": { "faults": [], "stand": [] } },
        }));
        self.host.run(async move {
            Store::open().await.unwrap().merge_outcome(outcome).await.unwrap();
        });
    }

    /// Somebody has seen this status of the newest revision.
    pub fn observe(&self, status: &str) {
        let id = self.deployment;
        let last: LastObservation = read(json!({
            "of": id, "revision": self.revision, "status": status, "ready": 1, "total": 1, "at": AT,
            "access_url": SITE,
        }));
        self.host.run(async move {
            let store = Store::open().await.unwrap();
            store.set(keys::last_observation(id), &last).await.unwrap();
        });
    }

    /// What `deploy` asks for. Returns whether nothing is left to be done.
    pub fn report(&self) -> bool {
        let path = format!("/internal/deployments/{}", self.deployment);
        let response = self.host.anybody(ROUTES).post(&path, &json!({})).expect(200);
        response["done"].as_bool().unwrap()
    }

    /// The next deployment that GitHub creates gets this number.
    pub fn next_id(&self, id: u64) {
        self.host.respond("POST", DEPLOYMENTS, 201, &json!({ "id": id }));
    }

    /// What was sent: `create` and the environment, or the number of a deployment and its new state.
    pub fn sent(&self) -> Vec<String> {
        let bodies = self.host.sent("POST", DEPLOYMENTS);
        let urls = self.host.sent_urls().into_iter();
        // A request for the list has a query.
        let urls = urls.filter(|url| url.starts_with(DEPLOYMENTS) && !url.contains('?'));
        let sent = urls.zip(&bodies).map(|(url, body)| {
            let body: Value = serde_json::from_str(body).unwrap();
            let of = url[DEPLOYMENTS.len()..].trim_end_matches("/statuses");
            match of.strip_prefix('/') {
                Some(id) => format!("{id} {}", body["state"].as_str().unwrap()),
                None => format!("create {}", body["environment"].as_str().unwrap()),
            }
        });
        sent.collect()
    }

    pub fn last_body(&self) -> Value {
        serde_json::from_str(self.host.sent("POST", DEPLOYMENTS).last().unwrap()).unwrap()
    }

    pub fn page(&self) -> String {
        format!("{PLATFORM_URL}/deployments/{}", self.deployment)
    }

    /// GitHub has said before that Alice may push.
    pub fn may_push(&self) {
        self.host.run(async {
            let store = Store::open().await.unwrap();
            let known = json!({ "may_push": true, "at": nokube_edge::now() });
            store.set(keys::push_permission(42, &person()), &known).await.unwrap();
        });
    }

    /// What is noted of it in the store.
    pub fn record(&self) -> Value {
        let stored = self.host.stored();
        let record = stored.get(&format!("github-deployment/{}/1", self.project));
        record.map_or(Value::Null, |record| serde_json::from_str(record).unwrap())
    }
}

pub fn person() -> Person {
    Person { issuer: "https://github.com".into(), subject: "7".into() }
}

fn spec() -> Value {
    json!({
        "repository": "acme/shop", "git_ref": "main", "context": ".",
        "source": { "dockerfile_at": "Dockerfile" }, "service": "web", "tag": "main",
        "build_args": {},
    })
}
