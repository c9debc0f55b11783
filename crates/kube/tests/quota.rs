//! Whether the pods of a revision fit into the project's quota.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Fixture, fixture, platform};
use nokube_kube::quota::Usage;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn observed<T: DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).unwrap()
}

/// A pod of the fixture's service, with `more` in its metadata.
fn pod(fixture: &Fixture, ready: bool, more: Value) -> Value {
    let status = if ready { "True" } else { "False" };
    json!({
        "metadata": more,
        "spec": fixture.workload()["spec"]["template"]["spec"],
        "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": status }] },
    })
}

/// The fields that exceed quotas with these limits and uses, for so many pods.
fn exceeded(
    fixture: &Fixture,
    (hard, used): (Value, Value),
    own: &[Value],
    pods: u32,
) -> Vec<String> {
    let quota =
        json!({ "metadata": { "name": "nokube" }, "status": { "hard": hard, "used": used } });
    let pods_of_it = own.iter().cloned().map(observed).collect();
    let usage = Usage { quotas: vec![observed(quota)], pods: pods_of_it, replica_sets: Vec::new() };
    let shortages = usage.shortages(&fixture.workload(), pods);
    shortages.into_iter().map(|shortage| shortage.field).collect()
}

#[test]
fn each_exceeded_resource_names_the_field_to_change() {
    // Each pod: 100m to 500m, 128Mi to 512Mi.
    let service = fixture(json!({}));
    for (resource, hard, used, field) in [
        ("pods", "3", "2", "replicas"),
        ("count/pods", "3", "2", "replicas"),
        ("requests.cpu", "1", "850m", "cpu_request"),
        ("cpu", "1", "0.9", "cpu_request"),
        ("limits.cpu", "4", "3500m", "cpu_limit"),
        ("requests.memory", "1Gi", "900Mi", "memory_request"),
        ("limits.memory", "1Gi", "1048576", "memory_limit"),
    ] {
        let (hard, used) = (json!({ resource: hard }), json!({ resource: used }));
        let fields = exceeded(&service, (hard.clone(), used.clone()), &[], 2);
        assert_eq!(fields, [field], "{resource}");
        let fields = exceeded(&service, (hard, json!({ resource: "0" })), &[], 2);
        assert!(fields.is_empty(), "{resource}: {fields:?}");
    }
    let other = (json!({ "count/secrets": "1" }), json!({ "count/secrets": "1" }));
    assert!(exceeded(&service, other, &[], 2).is_empty(), "no pod uses it");
}

#[test]
fn pods_that_are_replaced_are_not_counted_twice() {
    let service = fixture(json!({}));
    let ready = || pod(&service, true, json!({}));
    let quota = |used: &str| (json!({ "pods": "5" }), json!({ "pods": used }));
    // Two of its own and two others; while pods are replaced it has three.
    assert!(exceeded(&service, quota("4"), &[ready(), ready()], 2).is_empty());
    assert_eq!(exceeded(&service, quota("5"), &[ready(), ready()], 2), ["replicas"]);
    assert_eq!(exceeded(&service, quota("4"), &[ready(), ready()], 3), ["replicas"]);
    // A pod that fails is removed first.
    let failing = || pod(&service, false, json!({}));
    assert!(exceeded(&service, quota("5"), &[ready(), ready(), failing()], 2).is_empty());
    // A pod that terminates, or has ended, frees what it has.
    let ending = pod(&service, true, json!({ "deletionTimestamp": "2026-11-28T00:00:00Z" }));
    assert!(exceeded(&service, quota("5"), &[ending.clone(), ending], 2).is_empty());
}

#[test]
fn a_larger_pod_needs_room_beside_the_old_ones() {
    let old = fixture(json!({ "memory_limit": "512Mi" }));
    let new = fixture(json!({ "memory_limit": "1Gi" }));
    let own: Vec<_> = (0..2).map(|_| pod(&old, true, json!({}))).collect();
    let quota = |hard: &str| (json!({ "limits.memory": hard }), json!({ "limits.memory": "1Gi" }));
    // At last two new ones and one old one.
    assert!(exceeded(&new, quota("2560Mi"), &own, 2).is_empty());
    assert_eq!(exceeded(&new, quota("2559Mi"), &own, 2), ["memory_limit"]);
    // Two old ones are ended before the only new one starts.
    let volume = json!({
        "memory_limit": "1Gi", "storage_size": "1Gi", "storage_path": "/data",
    });
    assert!(exceeded(&fixture(volume), quota("1Gi"), &own, 1).is_empty());
}

#[test]
fn the_same_pods_need_no_room_for_one_more() {
    let service = fixture(json!({ "cpu_limit": "0.5" }));
    let mut template = service.workload()["spec"]["template"].clone();
    // The API server adds fields and writes quantities in its own way.
    template["metadata"]["labels"]["pod-template-hash"] = json!("abc");
    template["spec"]["dnsPolicy"] = json!("ClusterFirst");
    template["spec"]["containers"][0]["resources"]["limits"]["cpu"] = json!("500m");
    let set =
        |template: &Value| observed(json!({ "spec": { "replicas": 2, "template": template } }));
    let quota: Value = json!({ "metadata": { "name": "nokube" }, "status": {
        "hard": { "pods": "3" }, "used": { "pods": "2" },
    }});
    let own = (0..2).map(|_| observed(pod(&service, true, json!({})))).collect();
    let usage =
        Usage { quotas: vec![observed(quota)], pods: own, replica_sets: vec![set(&template)] };
    assert!(usage.shortages(&service.workload(), 3).is_empty(), "only one is added");
    template["spec"]["containers"][0]["image"] = json!("nginx:1.28");
    let usage = Usage { replica_sets: vec![set(&template)], ..usage };
    let shortages = usage.shortages(&service.workload(), 3);
    let detail = &shortages[0].detail;
    assert!(detail.contains("pods of 'nokube' is 3") && detail.contains("needs 4"), "{detail}");
    assert!(detail.contains("one more pod while pods are replaced"), "{detail}");
}

#[test]
fn a_project_without_a_namespace_has_its_whole_quota() {
    let exceeds = |more: Value| {
        let fixture = fixture(more);
        let manifests = fixture.manifests(&platform());
        let usage = Usage::default().with_quota_of(&manifests.dependencies);
        let pods = fixture.state.release.spec.min_replicas();
        let fields = usage.shortages(&manifests.workload.body, pods).into_iter();
        fields.map(|shortage| shortage.field).collect::<Vec<_>>()
    };
    assert!(exceeds(json!({ "replicas": 16 })).is_empty());
    // The limits are 16Gi and 8 cores; each pod has half a core.
    assert_eq!(exceeds(json!({ "replicas": 17 })), ["cpu_limit"]);
    let large = json!({ "replicas": 17, "memory_limit": "1Gi", "cpu_limit": "200m" });
    assert_eq!(exceeds(large), ["memory_limit"]);
}

#[test]
fn a_quota_for_some_pods_only_is_left_to_the_cluster() {
    let service = fixture(json!({}));
    for scope in [
        json!({ "scopes": ["BestEffort"] }),
        json!({ "scopeSelector": { "matchExpressions": [] } }),
    ] {
        let quota = json!({ "spec": scope, "status": { "hard": { "pods": "0" }, "used": {} } });
        let usage = Usage { quotas: vec![observed(quota)], ..Usage::default() };
        assert!(usage.shortages(&service.workload(), 2).is_empty());
    }
}
