//! A service and what the cluster has of it.

use crate::common::{Fixture, fixture, gateway, platform};
use nokube_domain::deployments::{Issue, Reachable};
use nokube_kube::{
    Kind, Platform,
    observe::{ExposureObjects, Lookup, ObservedEvent, Reachability},
    platform::Certificates,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub fn read<T: DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).unwrap()
}

pub fn found<T: DeserializeOwned>(object: Value) -> Lookup<T> {
    Lookup::Found(read(object))
}

pub fn list<T: DeserializeOwned>(objects: impl IntoIterator<Item = Value>) -> Lookup<Vec<T>> {
    Lookup::Found(objects.into_iter().map(read).collect())
}

/// A service on a platform, and what the cluster has of it.
pub struct Story {
    pub platform: Platform,
    pub fixture: Fixture,
    pub objects: ExposureObjects,
    pub events: Vec<ObservedEvent>,
}

impl Story {
    pub fn new(platform: Platform, request: Value) -> Self {
        let fixture = fixture(request);
        let service = fixture.object(&platform, Kind::Service).map(stored);
        let objects = ExposureObjects { services: list(service), ..ExposureObjects::default() };
        Self { platform, fixture, objects, events: Vec::new() }
    }

    /// A service behind a Gateway on which all is well.
    pub fn on_gateway() -> Self {
        let mut story = Self::new(gateway(), json!({ "enable_https": true }));
        story.objects.gateway = found(healthy_gateway());
        let route = story.route(json!([accepted("True", "Accepted"), resolved()]));
        story.objects.routes = list([route]);
        story
    }

    pub fn route(&self, conditions: Value) -> Value {
        let mut route = self.own_route(Kind::HttpRoute);
        route["status"] = json!({ "parents": [{
            "parentRef": route["spec"]["parentRefs"][0],
            "controllerName": "traefik.io/gateway-controller",
            "conditions": conditions,
        }]});
        route
    }

    pub fn own_route(&self, kind: Kind) -> Value {
        let manifests = self.fixture.manifests(&self.platform);
        let route = manifests.all().find(|m| m.kind == kind && m.name == "frontend").unwrap();
        stored(route.body.clone())
    }

    pub fn with_conditions(mut self, conditions: Value) -> Self {
        self.objects.routes = list([self.route(conditions)]);
        self
    }

    pub fn with_gateway(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut gateway = healthy_gateway();
        change(&mut gateway);
        self.objects.gateway = found(gateway);
        self
    }

    /// A service behind an ingress controller that publishes an address.
    pub fn on_ingress(certificates: Certificates) -> Self {
        let mut platform = platform();
        platform.apps.as_mut().unwrap().certificates = certificates;
        let mut story = Self::new(platform, json!({ "enable_https": true }));
        story.objects.ingress_classes = list([json!({ "metadata": { "name": "traefik" } })]);
        story.with_address(json!([{ "ip": "203.0.113.10" }]))
    }

    pub fn with_address(mut self, address: Value) -> Self {
        let mut ingress = self.own_route(Kind::Ingress);
        ingress["metadata"]["uid"] = "ingress-uid".into();
        ingress["status"]["loadBalancer"]["ingress"] = address;
        self.objects.routes = list([ingress]);
        self
    }

    pub fn result(&self) -> Option<Reachability> {
        self.objects.reachability(&self.platform, &self.fixture.input(), &self.events)
    }

    #[track_caller]
    pub fn expect(&self, reachable: Reachable) -> Vec<Issue> {
        let result = self.result().unwrap();
        assert_eq!(result.reachable, reachable, "{:#?}", result.issues);
        result.issues
    }

    /// The only issue: its code, reason and object, and texts that it contains.
    #[track_caller]
    pub fn expect_issue(&self, reachable: Reachable, issue: (&str, &str, &str), texts: &[&str]) {
        let issues = self.expect(reachable);
        let [only] = issues.as_slice() else { panic!("{issues:#?}") };
        let (code, reason, object) = issue;
        assert_eq!(only.code.to_string(), code, "{only:#?}");
        assert_eq!(only.reason.as_deref().unwrap_or_default(), reason, "{only:#?}");
        assert_eq!(only.object.as_deref().unwrap_or_default(), object, "{only:#?}");
        let whole = format!("{only:#?}");
        assert!(texts.iter().all(|text| whole.contains(text)), "{texts:?} in {whole}");
    }
}

/// An object as the API server has it.
pub fn stored(mut object: Value) -> Value {
    object["metadata"]["generation"] = 3.into();
    object
}

pub fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({ "type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": 3 })
}

pub fn accepted(status: &str, reason: &str) -> Value {
    condition("Accepted", status, reason, "")
}

pub fn resolved() -> Value {
    condition("ResolvedRefs", "True", "ResolvedRefs", "")
}

/// As Traefik 3.6 describes its own, without an address.
pub fn healthy_gateway() -> Value {
    let listener = |name: &str| {
        json!({
            "name": name, "attachedRoutes": 2,
            "supportedKinds": [{ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute" }],
            "conditions": [
                condition("Accepted", "True", "Accepted", "No error found"),
                condition("ResolvedRefs", "True", "ResolvedRefs", "No error found"),
                condition("Programmed", "True", "Programmed", "No error found"),
            ],
        })
    };
    json!({
        "metadata": { "name": "edge", "namespace": "gateways", "generation": 3 },
        "spec": {
            "gatewayClassName": "traefik",
            "listeners": [{ "name": "web", "port": 80 }, { "name": "websecure", "port": 443 }],
        },
        "status": {
            "conditions": [
                condition("Accepted", "True", "Accepted", "Gateway successfully scheduled"),
                condition("Programmed", "True", "Programmed", "Gateway successfully scheduled"),
            ],
            "listeners": [listener("web"), listener("websecure")],
        },
    })
}
