//! Alice's service `frontend`, of which pull request 7 has a preview.
#![allow(dead_code)] // Each test uses a part of it.

use crate::{
    pushes::{Pushes, REPOSITORY, build_view, commit, name, person, service_record, write_build},
    support::{CLUSTER, not_found},
};
use deploy::ROUTES;
use nokube_domain::{
    BuildId, ProjectId,
    builds::{BuildRecord, PushTrigger},
    previews::PreviewSettings,
    pushes::PushRecord,
};
use nokube_edge::{
    now,
    pushes::LinkedService,
    reservation::{Reservation, reserve},
    store::{Counter, Store, keys},
};
use nokube_test_host::Response;
use serde_json::{Value, json};

pub const NUMBER: u32 = 7;
pub const NAMESPACE: &str = "nk-alice-myapp-previews";
const PROJECTS_NAMESPACE: &str = "nk-alice-myapp";

pub struct Previews {
    pub pushes: Pushes,
}

impl Previews {
    /// A configuration is saved for the service, and previews are deployed. Nothing is deployed yet.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// As [`Self::new`], with these settings.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let story = Self { pushes: Pushes::new() };
        for (name, value) in settings {
            story.pushes.host.set(name, value);
        }
        let configuration = json!({
            "replicas": 3, "env_vars": { "PRODUCTION": "1" }, "container_port": 8080,
        });
        let path = format!("{}/deployment", story.service());
        story.pushes.alice.put(&path, &configuration).expect(201);
        story.switch(&json!({ "mode": "deploy" }));
        story
    }

    pub fn service(&self) -> String {
        format!("/api/v1/projects/{}/services/frontend", self.pushes.project)
    }

    /// What is saved about previews; `null`: they are off.
    pub fn switch(&self, settings: &Value) {
        let project = self.pushes.project;
        let settings: Option<PreviewSettings> = serde_json::from_value(settings.clone()).unwrap();
        self.pushes.store(async move |store| {
            let mut record = service_record(false);
            record.source.as_mut().unwrap().previews = settings;
            store.set(keys::service(project, &name()), &record).await.unwrap();
        });
    }

    /// The service was removed.
    pub fn remove_service(&self) {
        let project = self.pushes.project;
        self.pushes.store(async move |store| {
            store.delete(keys::service(project, &name())).await.unwrap();
        });
    }

    /// A commit was pushed to the pull request, and its build, of this number, has succeeded.
    pub fn push(&self, number: u32) {
        let record = self.record(Some(number), "affected", true);
        self.push_with(number, "success", record);
    }

    /// A commit was pushed to the pull request, and its build has this status.
    pub fn build(&self, number: u32, status: &str) {
        let record = self.record(Some(number), "affected", true);
        self.push_with(number, status, record);
    }

    fn push_with(&self, number: u32, status: &str, record: PushRecord) {
        let (project, id) = (self.pushes.project, self.pushes.build_id(number));
        let mut view = build_view(id, status);
        view["pull_request"] = NUMBER.into();
        self.pushes.store(async move |store| {
            write_build(&store, id, view).await;
            let key = || keys::build(project, id.number);
            let build: BuildRecord = store.get(key()).await.unwrap().unwrap();
            let pull_request = Some(NUMBER);
            let trigger = Some(PushTrigger {
                base: 0,
                number: 1,
                sender: None,
                pull_request,
                is_fork: false,
            });
            store.set(key(), &BuildRecord { trigger, ..build }).await.unwrap();
            write_record(&store, project, &record).await;
            reserve_build(&store, project, &record, id).await;
        });
    }

    /// What `builds` has found out about the pull request: `closed`, `draft` and others. The target stays.
    pub fn finding(&self, outcome: &str, has_place: bool) {
        let record = self.record(None, outcome, has_place);
        let project = self.pushes.project;
        self.pushes.store(async move |store| write_record(&store, project, &record).await);
    }

    /// As [`Self::finding`], after a while.
    pub fn finding_later(
        &self,
        outcome: &str,
        delay: std::time::Duration,
    ) -> impl Future<Output = ()> + 'static + use<> {
        let (record, project) = (self.record(None, outcome, false), self.pushes.project);
        async move {
            nokube_edge::sleep(delay).await;
            write_record(&Store::open().await.unwrap(), project, &record).await;
        }
    }

    fn records(&self) -> Vec<Value> {
        let stored = self.pushes.host.stored();
        let records = stored.iter().filter(|(key, _)| key.starts_with("preview-push/"));
        let mut records: Vec<Value> =
            records.map(|(_, record)| serde_json::from_str(record).unwrap()).collect();
        records.sort_by_key(|record| record["number"].as_u64());
        records
    }

    fn record(&self, build: Option<u32>, outcome: &str, has_place: bool) -> PushRecord {
        let earlier = self.records().pop();
        let number = earlier.as_ref().map_or(1, |earlier| earlier["number"].as_u64().unwrap() + 1);
        let head = build.map(|build| json!({ "sha": commit(build), "subject": "A change" }));
        let target = match &head {
            Some(head) => json!({ "base": number - 1, "number": number, "commit": head }),
            None => earlier.as_ref().map_or(Value::Null, |earlier| earlier["target"].clone()),
        };
        let sha = head.clone().or_else(|| Some(earlier?["head"].clone()));
        let record = json!({
            "number": number, "at": now(), "repository_id": REPOSITORY, "since": 0,
            "branch": format!("refs/pull/{NUMBER}/head"), "outcome": outcome, "head": sha,
            "target": target, "preview_place": has_place.then_some(1),
            "pull_request": {
                "number": NUMBER, "title": "A feature", "head": sha.as_ref().unwrap()["sha"],
                "head_since": now(), "head_branch": "feature", "base_branch": "main",
            },
        });
        serde_json::from_value(record).unwrap()
    }

    pub fn look_path(&self) -> String {
        format!("/internal/services/{}/frontend/previews/{NUMBER}", self.pushes.project)
    }

    /// What `builds` asks for: whether it is done.
    pub fn look(&self) -> bool {
        let client = self.pushes.host.anybody(ROUTES);
        let response = client.post(&self.look_path(), &json!(null));
        response.status == 200 && response.expect(200)["done"].as_bool().unwrap()
    }

    /// It is asked until it is done, and work items are processed until nothing is left.
    pub fn settle(&self) {
        while !self.look() {
            self.pushes.wait(61);
        }
        for _ in 0..4 {
            self.pushes.wait(61);
            self.pushes.reconcile();
        }
    }

    /// The path of the preview's deployment in the API.
    pub fn path(&self) -> String {
        let stored = self.pushes.host.stored();
        let records = stored.iter().filter(|(key, _)| key.starts_with("d/"));
        let mut records = records.map(|(_, record)| serde_json::from_str::<Value>(record).unwrap());
        let record = records.find(|record| record.get("preview").is_some()).unwrap();
        format!("/api/v1/deployments/{}", record["id"].as_str().unwrap())
    }

    pub fn act(&self, action: &str) -> Response {
        self.pushes.alice.post(&format!("{}/{action}", self.path()), &json!(null))
    }

    /// The revisions of the preview, the newest last.
    pub fn revisions(&self) -> Vec<Value> {
        let of_preview = |revision: &Value| {
            let id: nokube_domain::DeploymentId = revision["of"].as_str().unwrap().parse().unwrap();
            id.is_preview()
        };
        let mut revisions = self.pushes.revisions();
        revisions.retain(of_preview);
        revisions
    }

    /// The number of the build that the newest revision deploys; `None` if that deletes the preview.
    pub fn deployed(&self) -> Option<u32> {
        let newest = self.revisions().pop()?;
        let build = newest.pointer("/wish/run/release/image/build")?;
        let build: BuildId = build.as_str().unwrap().parse().unwrap();
        Some(build.number)
    }

    /// What was applied to the namespace of the previews under this path, the latest last.
    pub fn applied(&self, path: &str) -> Vec<Value> {
        self.applied_in(NAMESPACE, path)
    }

    fn applied_in(&self, namespace: &str, path: &str) -> Vec<Value> {
        let root = if path.starts_with("v1#") { "api" } else { "apis" };
        let (version, name) = path.rsplit_once('#').unwrap();
        let url = format!("{CLUSTER}/{root}/{version}/namespaces/{namespace}/{name}");
        let sent = self.pushes.host.sent("PATCH", &url);
        sent.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    /// The URLs of requests that changed something in the namespace of the project's services.
    pub fn changes_of_production(&self) -> Vec<String> {
        let production = format!("/namespaces/{PROJECTS_NAMESPACE}");
        let is_in = |url: &String| {
            url.contains(&format!("{production}/")) || url.contains(&format!("{production}?"))
        };
        let host = &self.pushes.host;
        // A GET has no body, and no query that names the field manager.
        host.sent_urls()
            .into_iter()
            .filter(is_in)
            .filter(|url| url.contains("fieldManager"))
            .collect()
    }

    /// The cluster has the namespaces, and of the service the Secret with these saved values.
    pub fn has_saved_secrets(&self, values: &Value) {
        let (host, project) = (&self.pushes.host, self.pushes.project);
        let url = |path: &str| format!("{CLUSTER}/api/v1/namespaces/{path}");
        let labels = json!({
            "nokube.dev/owner": person("alice").key(), "nokube.dev/project": project.to_string(),
        });
        let namespace = |name: &str| json!({ "metadata": { "name": name, "uid": "u", "resourceVersion": "1", "labels": labels } });
        host.respond("GET", &url(PROJECTS_NAMESPACE), 200, &namespace(PROJECTS_NAMESPACE));
        host.respond("GET", &url(&format!("{PROJECTS_NAMESPACE}/")), 404, &not_found());
        host.respond("GET", &url(NAMESPACE), 404, &not_found());
        let secret = json!({
            "metadata": { "name": "frontend.secrets", "uid": "s", "resourceVersion": "41" },
            "type": "Opaque", "data": values,
        });
        let path = format!("{PROJECTS_NAMESPACE}/secrets/frontend.secrets");
        host.respond("GET", &url(&path), 200, &secret);
        let names: Vec<String> = values.as_object().unwrap().keys().cloned().collect();
        self.pushes.store(async move |store| {
            let saved = serde_json::from_value(json!({
                "names": names, "updated_at": now(), "updated_by": "alice",
            }));
            store.set(keys::service_secrets(project, &name()), &saved.unwrap()).await.unwrap();
        });
    }

    /// The cluster has the namespace of the previews as it was applied, and nothing in it.
    pub fn has_namespace(&self) {
        let url = format!("{CLUSTER}/api/v1/namespaces/{NAMESPACE}");
        let sent = self.pushes.host.sent("PATCH", &url);
        let mut namespace: Value = serde_json::from_str(sent.first().unwrap()).unwrap();
        namespace["metadata"]["uid"] = "u".into();
        namespace["metadata"]["resourceVersion"] = "1".into();
        self.pushes.host.respond("GET", &url, 200, &namespace);
        self.pushes.host.respond("GET", &format!("{url}/"), 404, &not_found());
        self.pushes.host.respond("DELETE", &url, 200, &json!({}));
    }

    pub fn namespace_deletions(&self) -> usize {
        let url = format!("{CLUSTER}/api/v1/namespaces/{NAMESPACE}");
        self.pushes.host.sent("DELETE", &url).len()
    }
}

async fn write_record(store: &Store, project: ProjectId, record: &PushRecord) {
    let counter = Counter::preview_pushes(project, &name(), NUMBER);
    store.increment(&counter).await.unwrap();
    let key = keys::preview_push(project, &name(), NUMBER, record.number);
    store.set(key, record).await.unwrap();
}

async fn reserve_build(store: &Store, project: ProjectId, record: &PushRecord, id: BuildId) {
    let service = LinkedService::find(store, project, &name()).await.unwrap().unwrap();
    let service = service.with_pull_request(NUMBER);
    let key = record.target.as_ref().unwrap().key();
    let reservation = service.pushes().build_reservation(&key);
    match reserve::<BuildId>(store, &reservation).await.unwrap() {
        Reservation::Acquired(lease) => lease.complete(store, &id).await.unwrap(),
        _ => panic!("the target has a build already"),
    }
}
