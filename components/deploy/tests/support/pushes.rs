//! Alice's service `frontend`, which she has deployed, and whose builds of pushes are deployed automatically.
#![allow(dead_code)] // Each test uses a part of it.

use crate::{
    story::path,
    support::{CLUSTER, project_of, with_writable_cluster},
};
use deploy::ROUTES;
use nokube_domain::{
    BuildId, Person, ProjectId, Timestamp,
    builds::{BuildRecord, BuildSpec, FinalView, PushTrigger, RunRecord, Source},
    name::ServiceName,
    pushes::PushRecord,
    services::ServiceRecord,
};
use nokube_edge::{
    now,
    pushes::LinkedService,
    reservation::{Reservation, reserve},
    store::{Counter, Store, keys},
};
use nokube_test_host::{Client, Response, TestHost};
use serde_json::{Value, json};
use std::{rc::Rc, time::Duration};

/// The number of the repository at GitHub.
pub const REPOSITORY: u64 = 9;

pub struct Pushes {
    pub host: Rc<TestHost>,
    pub alice: Client,
    pub project: ProjectId,
}

pub fn name() -> ServiceName {
    "frontend".parse().unwrap()
}

pub fn person(login: &str) -> Person {
    Person { issuer: "nokube".into(), subject: login.into() }
}

impl Pushes {
    /// Nothing is deployed.
    pub fn new() -> Self {
        let (host, alice, request) = with_writable_cluster();
        host.set("deployment_quiet_seconds", "0");
        host.set("limit_deploys_per_minute", "0");
        let project = project_of(&request);
        let pushes = Self { host, alice, project };
        pushes.reports_are_done(true);
        pushes.nothing_in_the_cluster();
        pushes.switch(true);
        pushes
    }

    /// Alice has deployed the build 1, which was her last commit then.
    pub fn deployed() -> Self {
        let pushes = Self::new();
        pushes.push(1);
        pushes.deploy(1).expect(202);
        pushes.wait(30);
        pushes
    }

    /// Whether `builds` has reported everything to GitHub.
    pub fn reports_are_done(&self, done: bool) {
        let url = "http://builds.spin.internal/internal/deployments/";
        self.host.respond("POST", url, 200, &json!({ "done": done }));
    }

    /// The requests to `builds` to report a deployment.
    pub fn reports(&self) -> Vec<String> {
        let urls = self.host.sent_urls().into_iter();
        urls.filter(|url| url.contains("/internal/deployments/")).collect()
    }

    pub fn store<T: 'static>(&self, write: impl AsyncFnOnce(Store) -> T + 'static) -> T {
        self.host.run(async move { write(Store::open().await.unwrap()).await })
    }

    /// Switches automatic deployment on or off.
    pub fn switch(&self, deploy_on_build: bool) {
        let project = self.project;
        let record = service_record(deploy_on_build);
        self.store(async move |store| {
            store.set(keys::service(project, &name()), &record).await.unwrap();
        });
    }

    /// A commit was pushed, and its build, of this number, has succeeded.
    pub fn push(&self, number: u32) {
        self.build(number, "success");
    }

    /// A commit was pushed, and its build has this status.
    pub fn build(&self, number: u32, status: &str) {
        let (project, status) = (self.project, status.to_owned());
        let id = self.build_id(number);
        let view = build_view(id, &status);
        let url = format!("http://builds.spin.internal/api/v1/builds/{id}");
        self.host.respond("GET", &url, 200, &view);
        self.store(async move |store| {
            write_build(&store, id, view).await;
            let number = store.increment(&Counter::pushes(project, &name())).await.unwrap();
            write_push(&store, project, number, id).await;
        });
    }

    /// As [`Self::push`], after a while.
    pub fn push_later(
        &self,
        number: u32,
        delay: Duration,
    ) -> impl Future<Output = ()> + 'static + use<> {
        let (project, id) = (self.project, self.build_id(number));
        async move {
            nokube_edge::sleep(delay).await;
            let store = Store::open().await.unwrap();
            write_build(&store, id, build_view(id, "success")).await;
            let number = store.increment(&Counter::pushes(project, &name())).await.unwrap();
            write_push(&store, project, number, id).await;
        }
    }

    /// As [`Self::switch`], after a while.
    pub fn switch_later(
        &self,
        deploy_on_build: bool,
        delay: Duration,
    ) -> impl Future<Output = ()> + 'static + use<> {
        let project = self.project;
        async move {
            nokube_edge::sleep(delay).await;
            let store = Store::open().await.unwrap();
            let record = service_record(deploy_on_build);
            store.set(keys::service(project, &name()), &record).await.unwrap();
        }
    }

    /// The branch points to a commit that is not built yet.
    pub fn push_unbuilt(&self) {
        let project = self.project;
        self.store(async move |store| {
            let number = store.increment(&Counter::pushes(project, &name())).await.unwrap();
            let record = push_record(number, &"f".repeat(40));
            store.set(keys::push(project, &name(), number), &record).await.unwrap();
        });
    }

    pub fn build_id(&self, number: u32) -> BuildId {
        BuildId::new(self.project, number, 7)
    }

    /// What `builds` asks for after a build: whether it is done.
    pub fn look(&self) -> bool {
        let path = format!("/internal/services/{}/frontend/automation", self.project);
        let response = self.host.anybody(ROUTES).post(&path, &json!(null)).expect(200);
        response["done"].as_bool().unwrap()
    }

    pub fn look_path(&self) -> String {
        format!("/internal/services/{}/frontend/automation", self.project)
    }

    /// A run of `/api/v1/reconcile`.
    pub fn reconcile(&self) {
        self.host.anybody(ROUTES).post("/internal/reconcile", &json!(null)).expect(200);
    }

    /// Time passes, in which what goes on after responses goes on.
    pub fn wait(&self, seconds: u64) {
        self.host.run(nokube_edge::sleep(Duration::from_secs(seconds)));
    }

    /// Alice deploys a build.
    pub fn deploy(&self, number: u32) -> Response {
        let request = json!({
            "project_id": self.project, "project_name": "myapp", "username": "alice",
            "service_name": "frontend", "build_id": self.build_id(number), "replicas": 1,
            "exposure_type": "none",
        });
        self.alice.post("/api/v1/deploy", &request)
    }

    fn deployment(&self) -> String {
        let stored = self.host.stored();
        let (_, record) = stored.iter().find(|(key, _)| key.starts_with("d/")).unwrap();
        let record: Value = serde_json::from_str(record).unwrap();
        format!("/api/v1/deployments/{}", record["id"].as_str().unwrap())
    }

    /// Alice stops the deployment, rolls it back, or does something else with it.
    pub fn act(&self, action: &str) -> Response {
        self.host.run(self.start(action))
    }

    pub fn start(&self, action: &str) -> impl Future<Output = Response> + 'static + use<> {
        self.alice.start("POST", &format!("{}/{action}", self.deployment()), None)
    }

    pub fn delete(&self) -> Response {
        self.alice.delete(&self.deployment())
    }

    pub fn read(&self) -> Value {
        self.alice.get(&self.deployment()).expect(200)
    }

    /// All stored revisions, the newest last.
    pub fn revisions(&self) -> Vec<Value> {
        let stored = self.host.stored();
        let revisions = stored.iter().filter(|(key, _)| key.starts_with("v/"));
        let mut revisions: Vec<Value> =
            revisions.map(|(_, revision)| serde_json::from_str(revision).unwrap()).collect();
        revisions.sort_by_key(|revision| revision["number"].as_u64());
        revisions
    }

    pub fn newest(&self) -> Value {
        self.revisions().pop().unwrap_or_default()
    }

    /// The number of the build that the newest revision deploys, and what made the revision.
    pub fn deploys(&self) -> (u32, String) {
        let newest = self.newest();
        let build: BuildId =
            newest["wish"]["run"]["release"]["image"]["build"].as_str().unwrap().parse().unwrap();
        (build.number, newest["cause"].as_str().unwrap().to_owned())
    }

    /// The image that was applied last, by the number of its build.
    pub fn applied(&self) -> u32 {
        let url = format!("{CLUSTER}{}", path("apps/v1", "deployments/frontend"));
        let sent = self.host.sent("PATCH", &url);
        let applied: Value = serde_json::from_str(sent.last().unwrap()).unwrap();
        let image = &applied["spec"]["template"]["spec"]["containers"][0]["image"];
        let digest = image.as_str().unwrap().rsplit(':').next().unwrap();
        digest[..1].parse().unwrap()
    }

    pub fn items(&self) -> usize {
        let stored = self.host.stored();
        stored.keys().filter(|key| key.starts_with("work/deployments/")).count()
    }

    fn nothing_in_the_cluster(&self) {
        for (version, plural) in [
            ("apps/v1", "deployments"),
            ("apps/v1", "replicasets"),
            ("v1", "pods"),
            ("v1", "events"),
        ] {
            let url = format!("{CLUSTER}{}", path(version, plural));
            self.host.respond("GET", &url, 200, &json!({ "items": [] }));
        }
    }

    /// The rollout of what was applied last: how many pods are ready, and whether its deadline has passed.
    fn rollout(&self, ready: u32, is_overdue: bool) {
        let url = format!("{CLUSTER}{}", path("apps/v1", "deployments"));
        let sent = self.host.sent("PATCH", &format!("{url}/frontend"));
        let mut deployment: Value = serde_json::from_str(sent.last().unwrap()).unwrap();
        let reason = if is_overdue { "ProgressDeadlineExceeded" } else { "NewReplicaSetAvailable" };
        deployment["metadata"]["uid"] = "uid".into();
        deployment["metadata"]["generation"] = 1.into();
        deployment["status"] = json!({
            "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": ready,
            "availableReplicas": ready,
            "conditions": [{
                "type": "Progressing", "status": "True", "reason": reason, "message": "",
            }],
        });
        self.host.respond("GET", &url, 200, &json!({ "items": [deployment] }));
    }

    pub fn pods_run(&self) {
        self.rollout(1, false);
    }

    /// None of its pods ever becomes ready.
    pub fn pods_fail(&self) {
        self.rollout(0, true);
    }

    /// The person who is responsible is blocked.
    pub fn block_alice(&self) {
        self.store(async move |store| {
            store.set(keys::blocked(&person("alice")), &true).await.unwrap();
        });
    }
}

pub fn service_record(deploy_on_build: bool) -> ServiceRecord {
    let at: Timestamp = now();
    let source = json!({
        "spec": serde_json::to_value(spec()).unwrap(), "repository_id": REPOSITORY,
        "deploy_on_build": deploy_on_build,
        "build_on_push": {
            "person": person("alice"), "login": "alice", "github_identity": "login",
            "enabled_at": at, "since": 0, "place": 1, "may_push": true,
        },
    });
    let record = json!({ "source": source, "place": 1, "created_at": at, "updated_at": at });
    serde_json::from_value(record).unwrap()
}

fn spec() -> BuildSpec {
    BuildSpec {
        repository: "acme/shop".parse().unwrap(),
        git_ref: "main".into(),
        context: ".".into(),
        source: Source::Buildpacks,
        service: name(),
        tag: "latest".parse().unwrap(),
        build_args: Default::default(),
        submodules: false,
        lfs: false,
    }
}

pub fn commit(number: u32) -> String {
    format!("{number:040x}")
}

fn digest(number: u32) -> String {
    format!("sha256:{}", number.to_string().repeat(64))
}

pub fn build_view(id: BuildId, status: &str) -> Value {
    json!({
        "build_id": id, "project_id": id.project, "service_name": "frontend", "status": status,
        "image_full_name": "ghcr.io/platform/alice-myapp-frontend:latest",
        "image_digest": (status == "success").then(|| digest(id.number)),
        "repository": "acme/shop", "branch": "main", "commit_sha": commit(id.number),
        "created_at": now(), "started_at": null, "completed_at": null, "duration": null,
        "attempt": 1, "cancel_requested_at": null, "error_code": null, "error_message": null,
        "steps": [],
    })
}

pub async fn write_build(store: &Store, id: BuildId, view: Value) {
    let record = BuildRecord {
        id,
        requested_by: person("alice"),
        owner: "alice".parse().unwrap(),
        project: "myapp".parse().unwrap(),
        spec: spec(),
        repository_id: Some(REPOSITORY),
        commit: commit(id.number).parse().unwrap(),
        commit_summary: None,
        trigger: Some(PushTrigger {
            base: 0,
            number: 1,
            sender: None,
            pull_request: None,
            is_fork: false,
        }),
        private: false,
        image: "ghcr.io/platform/alice-myapp-frontend".into(),
        estimate: 60,
        created_at: now(),
    };
    store.set(keys::build(id.project, id.number), &record).await.unwrap();
    let last = FinalView {
        attempt: 1,
        latest: None,
        view: serde_json::from_value(view).unwrap(),
        run_url: None,
        unknown_fields: Default::default(),
    };
    let run = RunRecord { final_view: Some(Box::new(last)), ..RunRecord::new(id) };
    store.set_run(&run).await.unwrap();
}

fn push_record(number: u32, sha: &str) -> PushRecord {
    let head = json!({ "sha": sha, "subject": "A change" });
    let record = json!({
        "number": number, "at": now(), "repository_id": REPOSITORY, "since": 0, "branch": "main",
        "outcome": "affected", "head": head,
        "target": { "base": number - 1, "number": number, "commit": head },
    });
    serde_json::from_value(record).unwrap()
}

async fn write_push(store: &Store, project: ProjectId, number: u32, id: BuildId) {
    let record = push_record(number, &commit(id.number));
    let key = record.target.as_ref().unwrap().key();
    store.set(keys::push(project, &name(), number), &record).await.unwrap();
    let service = LinkedService::find(store, project, &name()).await.unwrap().unwrap();
    let reservation = service.pushes().build_reservation(&key);
    match reserve::<BuildId>(store, &reservation).await.unwrap() {
        Reservation::Acquired(lease) => lease.complete(store, &id).await.unwrap(),
        _ => panic!("the target has a build already"),
    }
}
