//! Changes by others, in objects as a real API server (Kubernetes 1.36) had them after kubectl and other tools.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Fixture, fixture, gateway, platform};
use nokube_domain::deployments::Issue;
use nokube_kube::{
    Platform,
    observe::{ExposureObjects, Lookup, Metadata, changes_by_others},
};
use serde_json::{Value, json};

const IMAGE: &str = "spec.template.spec.containers[app].image";

/// The service that was deployed when the objects were recorded.
fn service() -> Fixture {
    fixture(json!({
        "replicas": 2, "env_vars": { "A": "1" }, "container_port": 8080,
        "image_name": "registry.example.org/team/app:v1",
    }))
}

fn recorded(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("recorded/changes-by-others.json")).unwrap();
    all[name].clone()
}

fn changes_of(platform: &Platform, fixture: &Fixture, object: &Value) -> Vec<Issue> {
    let one = || Lookup::Found(vec![serde_json::from_value(object.clone()).unwrap()]);
    let mut workload: Metadata =
        serde_json::from_value(recorded("unchanged")["metadata"].clone()).unwrap();
    let mut objects = ExposureObjects::default();
    match object["kind"].as_str().unwrap() {
        "Deployment" => workload = serde_json::from_value(object["metadata"].clone()).unwrap(),
        "Service" => {
            objects.services = Lookup::Found(vec![serde_json::from_value(object.clone()).unwrap()])
        }
        _ => objects.routes = one(),
    }
    changes_by_others(platform, &fixture.input(), &workload, &objects)
}

fn changes(name: &str) -> Vec<Issue> {
    let object = recorded(name);
    let platform = if object["kind"] == "HTTPRoute" { gateway() } else { platform() };
    changes_of(&platform, &service(), &object)
}

#[track_caller]
fn expect(name: &str, object: &str, texts: &[&str]) {
    let issues = changes(name);
    let [only] = issues.as_slice() else { panic!("{name}: {issues:#?}") };
    assert_eq!((only.code.to_string().as_str(), only.temporary), ("changed_by_others", false));
    assert_eq!(only.object.as_deref(), Some(object));
    let text = format!("{} {} {}", only.message, only.action, only.detail.as_deref().unwrap());
    assert!(texts.iter().all(|part| text.contains(part)), "{texts:?} in {text}");
}

#[test]
fn a_changed_field_says_who_changed_it_and_when() {
    let of = "Deployment frontend";
    expect("image", of, &[IMAGE, "'kubectl-set' at 2026-11-29T00:4", "Apply it again"]);
    expect("scaled", of, &["spec.replicas", "'kubectl'"]);
    expect(
        "edited",
        of,
        &[
            "'kubectl-edit'",
            "spec.template.spec.containers[app].resources.limits.memory",
            "spec.template.spec.containers[app].readinessProbe.tcpSocket.port",
        ],
    );
    expect("forced", of, &[IMAGE, "'argocd'", "(Apply at"]);
    expect("service-selector", "Service frontend-service", &["spec.selector", "'kubectl-patch'"]);
    expect("ingress-host", "Ingress frontend", &["spec.rules"]);
    expect("route-host", "HTTPRoute frontend", &["spec.hostnames"]);
}

#[test]
fn what_others_added_is_theirs_to_remove() {
    let of = "Deployment frontend";
    expect("env-added", of, &["added fields", "containers[app].env[A_SECRET]", "Remove them"]);
    expect("port", of, &["containers[app].ports[9090,TCP]"]);
    let sidecar = changes("sidecar");
    assert!(sidecar.iter().any(|issue| issue.message.contains("spec.containers[sidecar]")));
}

#[test]
fn an_autoscaler_a_restart_and_an_equal_value_are_no_changes() {
    for name in ["unchanged", "autoscaled", "restarted", "same-value", "applied-again"] {
        assert_eq!(changes(name), [], "{name}");
    }
    let scaling =
        fixture(json!({ "enable_autoscaling": true, "min_replicas": 1, "max_replicas": 5 }));
    assert_eq!(changes_of(&platform(), &scaling, &recorded("scaled")), [], "with an autoscaler");
}

#[test]
fn objects_of_other_deployments_are_not_compared() {
    let mut object = recorded("image");
    object["metadata"]["labels"]["nokube.dev/deployment"] = "another".into();
    assert_eq!(changes_of(&platform(), &service(), &object), []);
}

#[test]
fn a_long_list_of_fields_is_cut_in_the_message() {
    let mut object = recorded("image");
    let fields = json!({ "f:replicas": {}, "f:selector": {}, "f:strategy": {}, "f:revisionHistoryLimit": {} });
    object["metadata"]["managedFields"] = json!([
        { "manager": "other", "operation": "Update", "fieldsV1": { "f:spec": fields } },
    ]);
    let issues = changes_of(&platform(), &service(), &object);
    assert!(issues[0].message.contains(" and 1 more"), "{}", issues[0].message);
}
