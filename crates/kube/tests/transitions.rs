//! What changes before the pods do must fit the old pods as well as the new ones.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Fixture, fixture, gateway, part, platform};
use nokube_kube::{
    Kind,
    manifest::CurrentObjects,
    observe::{ObservedClaim, ObservedReplicaSet, ObservedService},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn observed<T: DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).unwrap()
}

/// A ReplicaSet with so many pods, which listen on this port.
fn replica_set(replicas: u32, port: u16) -> ObservedReplicaSet {
    let sidecar = json!({ "name": "mesh", "ports": [{ "containerPort": 15001 }] });
    let app = json!({ "name": "app", "ports": [{ "name": "app", "containerPort": port }] });
    observed(json!({
        "spec": { "replicas": replicas, "template": { "spec": { "containers": [sidecar, app] } } },
    }))
}

/// An object of the deployment, as it is applied to a cluster with these objects.
fn continued(fixture: &Fixture, current: &CurrentObjects, kind: Kind) -> Value {
    let dependencies = fixture.manifests(&platform()).dependencies.continuing(current);
    let found = dependencies.objects.into_iter().rfind(|object| object.kind == kind);
    found.unwrap().body
}

#[test]
fn the_service_finds_the_port_by_its_name() {
    let changed = fixture(json!({ "container_port": 8080 }));
    let service = changed.object(&platform(), Kind::Service).unwrap();
    assert_eq!(service["spec"]["ports"][0]["targetPort"], "app");
    let port = part(&changed.workload(), "/spec/template/spec/containers/0/ports/0").clone();
    assert_eq!((&port["name"], &port["containerPort"]), (&json!("app"), &json!(8080)));
}

#[test]
fn the_ingress_controller_reaches_old_and_new_ports_until_the_old_pods_are_gone() {
    let changed = fixture(json!({ "container_port": 8080 }));
    let ports = |sets: &[ObservedReplicaSet]| {
        let current = CurrentObjects::new(sets, None, None);
        let policy = continued(&changed, &current, Kind::NetworkPolicy);
        part(&policy, "/spec/ingress/0/ports").clone()
    };
    let new = json!({ "port": 8080, "protocol": "TCP" });
    let old = json!({ "port": 3000, "protocol": "TCP" });
    assert_eq!(ports(&[]), json!([new]));
    assert_eq!(ports(&[replica_set(2, 3000)]), json!([new, old]));
    assert_eq!(ports(&[replica_set(1, 3000), replica_set(1, 8080)]), json!([new, old]));
    assert_eq!(ports(&[replica_set(0, 3000), replica_set(2, 8080)]), json!([new]), "they are gone");
    let mut ending: Value = json!({ "spec": { "replicas": 0, "template": { "spec": { "containers": [
        { "name": "app", "ports": [{ "containerPort": 3000 }] },
    ]}}}});
    ending["status"]["replicas"] = json!(1);
    assert_eq!(ports(&[observed(ending)]), json!([new, old]), "a pod is still there");
}

#[test]
fn only_the_services_own_policy_gets_the_old_ports() {
    let fixture = fixture(json!({ "exposure_type": "internal" }));
    let current = CurrentObjects::new(&[replica_set(2, 80)], None, None);
    let before = fixture.object(&platform(), Kind::NetworkPolicy).unwrap();
    assert_eq!(continued(&fixture, &current, Kind::NetworkPolicy), before);
}

#[test]
fn another_service_port_is_added_before_the_old_one_is_removed() {
    let changed = fixture(json!({ "service_port": 80 }));
    let spec = &changed.state.release.spec;
    let ports = |current: &Value| {
        let service: ObservedService = observed(json!({ "spec": { "ports": current } }));
        let current = CurrentObjects::new(&[], Some(&service), None);
        let service = continued(&changed, &current, Kind::Service);
        let ports = service["spec"]["ports"].as_array().unwrap().clone();
        let pairs = ports.iter().map(|port| {
            assert_eq!(port["targetPort"], "app");
            (port["name"].as_str().unwrap().to_owned(), port["port"].as_u64().unwrap())
        });
        let manifests = changed.manifests(&platform());
        let service = manifests.all().find(|object| object.kind == Kind::Service).unwrap();
        (pairs.collect::<Vec<_>>(), current.is_needed_first(service, spec))
    };
    let http = ("http".to_owned(), 80);
    let old = json!([{ "name": "http", "port": 8000 }]);
    assert_eq!(ports(&old), (vec![http.clone(), ("http-old".into(), 8000)], true));
    let both = json!([{ "name": "http-old", "port": 8000 }, { "name": "http", "port": 80 }]);
    assert_eq!(ports(&both), (vec![http.clone()], false), "nobody uses the old one any more");
    assert_eq!(ports(&json!([])), (vec![http], false));
}

#[test]
fn a_claim_keeps_its_storage_class_and_never_shrinks() {
    let fixture = fixture(json!({ "storage_size": "1Gi", "storage_path": "/data" }));
    let claim = |size: &str, class: Value| -> Value {
        let spec = json!({
            "resources": { "requests": { "storage": size } }, "storageClassName": class,
        });
        let claim: ObservedClaim = observed(json!({ "spec": spec }));
        let current = CurrentObjects::new(&[], None, Some(claim));
        continued(&fixture, &current, Kind::PersistentVolumeClaim)["spec"].clone()
    };
    let larger = claim("2Gi", json!("slow"));
    assert_eq!(larger["resources"]["requests"]["storage"], "2Gi");
    assert_eq!(larger["storageClassName"], "slow");
    let smaller = claim("512Mi", Value::Null);
    assert_eq!(smaller["resources"]["requests"]["storage"], "1Gi");
    assert!(smaller.get("storageClassName").is_none());
}

#[test]
fn a_gateway_redirects_from_http_to_https() {
    let redirect = |more: Value, redirect_http: bool| {
        let mut platform = gateway();
        let routing = &mut platform.apps.as_mut().unwrap().routing;
        let nokube_kube::platform::Routing::Gateway { redirect_http: redirect, .. } = routing
        else {
            panic!()
        };
        *redirect = redirect_http;
        let manifests = fixture(more).manifests(&platform);
        let found = manifests.all().find(|object| object.name == "frontend.http").cloned();
        let is_absent =
            manifests.dependencies.absent.contains(&(Kind::HttpRoute, "frontend.http".into()));
        assert_eq!(found.is_none(), is_absent, "it is removed when it is not needed any more");
        found.map(|object| object.body)
    };
    assert_eq!(redirect(json!({}), true), None);
    assert_eq!(redirect(json!({ "enable_https": true }), false), None);
    let route = redirect(json!({ "enable_https": true, "custom_path": "/shop" }), true).unwrap();
    let parent = json!([{ "name": "edge", "namespace": "gateways", "sectionName": "web" }]);
    assert_eq!(route["spec"]["parentRefs"], parent);
    assert_eq!(route["spec"]["hostnames"], json!(["myapp-testuser.apps.example.com"]));
    let rule = json!({
        "matches": [{ "path": { "type": "PathPrefix", "value": "/shop" } }],
        "filters": [{
            "type": "RequestRedirect",
            "requestRedirect": { "scheme": "https", "statusCode": 301 },
        }],
    });
    assert_eq!(route["spec"]["rules"], json!([rule]));
    assert_eq!(route["metadata"]["labels"]["nokube.dev/deployment"], common::id().to_string());
}

/// Until the route is at the listener for HTTPS, it takes precedence, because it is older.
#[test]
fn the_redirect_is_there_before_the_route_leaves_http() {
    let service = fixture(json!({ "enable_https": true }));
    let first = |current: &CurrentObjects| {
        let manifests = service.manifests(&gateway());
        let spec = &service.state.release.spec;
        let first = manifests.all().filter(|object| current.is_needed_first(object, spec));
        first.map(|object| object.name.clone()).collect::<Vec<_>>()
    };
    let none = CurrentObjects::default();
    assert!(first(&none).is_empty(), "a new service has no requests yet");
    let running = CurrentObjects { service_port: Some(8000), ..CurrentObjects::default() };
    assert_eq!(first(&running), ["frontend.http"]);
    assert!(first(&CurrentObjects { has_redirect: true, ..running }).is_empty());
}

#[test]
fn a_new_workload_starts_with_the_least_number_of_pods_of_its_autoscaler() {
    let scaled = json!({ "enable_autoscaling": true, "min_replicas": 3, "max_replicas": 7 });
    let scaled = fixture(scaled);
    let workload = scaled.manifests(&platform()).workload;
    let new = workload.with_initial_replicas(&scaled.state);
    assert_eq!(new.body["spec"]["replicas"], 3);
    assert!(workload.body["spec"].get("replicas").is_none(), "then the autoscaler decides");
    let plain = fixture(json!({ "replicas": 4 }));
    let workload = plain.manifests(&platform()).workload;
    assert_eq!(workload.with_initial_replicas(&plain.state), workload);
    let stopped = Fixture { state: scaled.state.with_stopped(true), ..scaled.clone() };
    let workload = stopped.manifests(&platform()).workload;
    assert_eq!(workload.with_initial_replicas(&stopped.state).body["spec"]["replicas"], 0);
}
