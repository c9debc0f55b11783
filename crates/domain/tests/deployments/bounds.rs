//! The bounds of CPU, memory and storage, for services that were deployed before the bounds.

use crate::fixtures::{limits, parse, request_with, try_revise};
use nokube_domain::deployments::{PlatformLimits, Spec};
use serde_json::{Value, json};

/// The resources in requests of a service, below today's minimums.
fn small() -> Value {
    json!({
        "cpu_request": "2m", "cpu_limit": "5m", "memory_request": "512Ki", "memory_limit": "8Mi",
        "storage_size": "10Mi", "storage_path": "/data",
    })
}

/// The configuration of a service that has them.
fn small_spec() -> Spec {
    let ample = json!({ "storage_size": "1Gi", "storage_path": "/data" });
    let mut spec = parse(ample).spec;
    spec.cpu.request = "2m".parse().unwrap();
    spec.cpu.limit = "5m".parse().unwrap();
    spec.memory.request = "512Ki".parse().unwrap();
    spec.memory.limit = "8Mi".parse().unwrap();
    spec.volume.as_mut().unwrap().size = "10Mi".parse().unwrap();
    spec
}

fn with(mut request: Value, more: &Value) -> Value {
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

/// The invalid fields of a request for a service with the configuration `current`.
fn refused(more: Value, limits: &PlatformLimits, current: Option<&Spec>) -> Vec<String> {
    let result = try_revise(&request_with(more), limits, current);
    let errors = result.map_or_else(|problem| problem.errors, |_| Vec::new());
    errors.into_iter().map(|error| error.field).collect()
}

#[test]
fn a_release_with_values_below_todays_minimum_can_be_deployed_again_with_another_image() {
    let current = small_spec();
    let request = request_with(with(small(), &json!({ "image_name": "nginx:1.30" })));
    let new = try_revise(&request, &limits(), Some(&current)).unwrap();
    let resources = |spec: &Spec| (spec.cpu.clone(), spec.memory.clone(), spec.volume.clone());
    assert_eq!(resources(&new.spec), resources(&current));
    // The value counts, not how it is written.
    let request = with(small(), &json!({ "cpu_limit": "0.005", "memory_limit": "8192Ki" }));
    assert_eq!(refused(request, &limits(), Some(&current)), [""; 0]);
}

#[test]
fn a_changed_value_below_the_minimum_is_still_refused() {
    let current = small_spec();
    for (field, value) in [
        ("cpu_limit", "6m"),
        ("cpu_limit", "4m"),
        ("memory_request", "256Ki"),
        ("memory_limit", "9Mi"),
        ("storage_size", "11Mi"),
    ] {
        let request = with(small(), &json!({ field: value }));
        assert_eq!(refused(request, &limits(), Some(&current)), [field], "{value}");
    }
    let all =
        json!({ "cpu_limit": "6m", "memory_limit": "9Mi", "storage_size": "11Mi", "colour": "" });
    let fields = refused(with(small(), &all), &limits(), Some(&current));
    assert_eq!(fields, ["storage_size", "cpu_limit", "memory_limit", "colour"]);
}

#[test]
fn a_new_service_keeps_to_the_minimums() {
    let ample = parse(json!({})).spec;
    for current in [None, Some(&ample)] {
        let fields = refused(small(), &limits(), current);
        assert_eq!(fields, ["storage_size", "cpu_limit", "memory_request", "memory_limit"]);
    }
}

#[test]
fn a_release_above_a_lowered_quota_can_be_deployed_again() {
    let large = json!({
        "cpu_request": "8", "cpu_limit": "8", "memory_request": "8Gi", "memory_limit": "8Gi",
        "storage_size": "8Gi", "storage_path": "/data",
    });
    let current = parse(large.clone()).spec;
    let lowered = PlatformLimits {
        max_cpu: Some("4".parse().unwrap()),
        max_memory: Some("4Gi".parse().unwrap()),
        max_storage: Some("4Gi".parse().unwrap()),
        ..limits()
    };
    assert_eq!(refused(large.clone(), &lowered, Some(&current)), [""; 0]);
    let less = with(large.clone(), &json!({ "cpu_request": "1", "cpu_limit": "7" }));
    assert_eq!(refused(less, &lowered, Some(&current)), ["cpu_limit"], "still above");
    let all = ["storage_size", "cpu_request", "cpu_limit", "memory_request", "memory_limit"];
    assert_eq!(refused(large, &lowered, None), all);
}
