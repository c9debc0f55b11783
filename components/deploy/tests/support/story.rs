//! Alice's service `frontend`, which is deployed, and what the cluster has of it.
#![allow(dead_code)] // Each test uses a part of it.

use deploy::ROUTES;
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;

pub const CLUSTER: &str = "https://cluster.example.org";
const NAMESPACE: &str = "nk-alice-myapp";
pub const GATEWAY: &str = "/apis/gateway.networking.k8s.io/v1/namespaces/gateway/gateways/main";
pub const CLASSES: &str = "/apis/networking.k8s.io/v1/ingressclasses";

/// Alice's service `frontend`, which was deployed, and of which the cluster has what was applied.
pub struct Story {
    pub host: Rc<TestHost>,
    pub alice: Client,
    pub path: String,
}

pub const ON_GATEWAY: [(&str, &str); 2] =
    [("apps_routing", "gateway"), ("apps_gateway", "gateway/main")];

impl Story {
    pub fn new(settings: &[(&str, &str)], exposure: &str) -> Self {
        let host = TestHost::install();
        host.set("kubernetes_api_url", CLUSTER);
        host.set("apps_domain", "apps.example.org");
        host.set("apps_entrance_namespace", "ingress");
        host.set("kubernetes_role", "");
        // Tests of what is cached set their own.
        host.set("deployment_quiet_seconds", "0");
        host.set("limit_reads_per_minute", "0");
        for (name, value) in settings {
            host.set(name, value);
        }
        let project = host.create_project("alice", "myapp");
        host.respond("GET", CLUSTER, 404, &json!({ "code": 404, "message": "not found" }));
        host.respond("PATCH", CLUSTER, 200, &json!({}));
        let alice = host.user(ROUTES, "alice");
        let request = json!({
            "project_id": project, "project_name": "myapp", "username": "alice",
            "service_name": "frontend", "image_name": "docker.io/library/nginx:1.29",
            "exposure_type": exposure, "replicas": 1,
        });
        let deployed = alice.post("/api/v1/deploy", &request).expect(202);
        let path = format!("/api/v1/deployments/{}", deployed["deployment_id"].as_str().unwrap());
        let story = Self { host, alice, path };
        story.has("apps/v1", "deployments", &story.running_deployment());
        story.has("apps/v1", "replicasets", &json!(null));
        story.has("v1", "pods", &json!(null));
        if exposure != "none" {
            story.has("v1", "services", &story.applied("v1", "services/frontend-service"));
        }
        story
    }

    /// The service behind a Gateway, with an accepted route.
    pub fn on_gateway() -> Self {
        let story = Self::new(&ON_GATEWAY, "external");
        let mut route = story.applied("gateway.networking.k8s.io/v1", "httproutes/frontend");
        let well = |kind: &str| json!({ "type": kind, "status": "True", "reason": kind });
        route["status"] = json!({ "parents": [{
            "parentRef": route["spec"]["parentRefs"][0],
            "conditions": [well("Accepted"), well("ResolvedRefs")],
        }]});
        story.has("gateway.networking.k8s.io/v1", "httproutes", &route);
        let gateway = json!({
            "metadata": { "name": "main", "namespace": "gateway" },
            "spec": { "listeners": [{ "name": "http" }, { "name": "https" }] },
            "status": { "conditions": [well("Accepted"), well("Programmed")] },
        });
        story.answers("GET", GATEWAY, 200, &gateway);
        story
    }

    /// The list of a kind has this object, or none.
    pub fn has(&self, version: &str, plural: &str, object: &Value) {
        let items: Vec<_> = Some(object).into_iter().filter(|object| !object.is_null()).collect();
        self.answers("GET", &path(version, plural), 200, &json!({ "items": items }));
    }

    pub fn answers(&self, method: &str, path: &str, status: u16, body: &Value) {
        self.host.respond(method, &format!("{CLUSTER}{path}"), status, body);
    }

    /// What was last applied.
    pub fn applied(&self, version: &str, name: &str) -> Value {
        let sent = self.host.sent("PATCH", &format!("{CLUSTER}{}", path(version, name)));
        serde_json::from_str(sent.last().unwrap()).unwrap()
    }

    pub fn running_deployment(&self) -> Value {
        let mut deployment = self.applied("apps/v1", "deployments/frontend");
        deployment["metadata"]["uid"] = "uid".into();
        deployment["metadata"]["generation"] = 1.into();
        deployment["status"] = json!({
            "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
            "availableReplicas": 1,
        });
        deployment
    }

    pub fn requests(&self) -> usize {
        self.host.sent("GET", CLUSTER).len()
    }

    /// The deployment, and how many requests to the cluster its read took.
    pub fn read(&self) -> (Value, usize) {
        let before = self.requests();
        let view = self.alice.get(&self.path).expect(200);
        (view, self.requests() - before)
    }
}

pub fn path(version: &str, name: &str) -> String {
    let root = if version == "v1" { "/api".to_owned() } else { "/apis".to_owned() };
    format!("{root}/{version}/namespaces/{NAMESPACE}/{name}")
}
