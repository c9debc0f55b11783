//! The differences that a dry run shows.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Fixture, fixture, fixture_of_release, platform};
use nokube_domain::responses::FieldChange;
use nokube_kube::{Kind, diff::field_changes, redact::REDACTED};
use serde_json::{Value, json};

/// Each change as `FIELD: BEFORE > AFTER`.
fn lines(changes: Vec<FieldChange>) -> Vec<String> {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    let line = |c: FieldChange| format!("{}: {} > {}", c.field, text(c.before), text(c.after));
    changes.into_iter().map(line).collect()
}

fn changed_fields(before: &Value, after: &Value) -> Vec<String> {
    lines(field_changes(Kind::Deployment, Some(before), Some(after)))
}

/// The workload as the API server returns it.
fn live(fixture: &Fixture) -> Value {
    let mut body = fixture.workload();
    let server = json!({
        "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 3, "resourceVersion": "9",
        "uid": "u", "managedFields": [{ "manager": "nokube" }],
    });
    body["metadata"].as_object_mut().unwrap().extend(server.as_object().unwrap().clone());
    body["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "5".into();
    body["status"] = json!({ "replicas": 2 });
    body
}

#[test]
fn fields_of_the_api_server_and_a_new_revision_are_no_difference() {
    let pinned = json!({ "image_name": format!("nginx@{}", common::digest('a')) });
    let (first, again) = (fixture_of_release(pinned.clone(), 1), fixture_of_release(pinned, 2));
    assert_eq!(changed_fields(&live(&first), &again.workload()), Vec::<String>::new());
}

#[test]
fn changed_fields_are_listed_with_the_name_of_their_container() {
    let before = live(&fixture(json!({})));
    let after = fixture(json!({ "replicas": 3, "cpu_limit": "1", "image_name": "nginx:1.30" }));
    let container = "spec.template.spec.containers[app]";
    let expected = [
        "metadata.annotations.nokube.dev/image: docker.io/library/nginx:1.29 > docker.io/library/nginx:1.30".into(),
        "spec.replicas: 2 > 3".into(),
        format!("{container}.image: docker.io/library/nginx:1.29 > docker.io/library/nginx:1.30"),
        format!("{container}.resources.limits.cpu: 500m > 1"),
    ];
    assert_eq!(changed_fields(&before, &after.workload()), expected);
}

#[test]
fn items_with_a_name_are_matched_by_name_and_others_by_position() {
    let list = |items: Value| json!({ "spec": { "env": items } });
    let (a, b) = (json!({ "name": "A", "value": "1" }), json!({ "name": "B", "value": "2" }));
    let both = list(json!([a, b]));
    assert_eq!(changed_fields(&both, &list(json!([b, a]))), Vec::<String>::new());
    let expected = ["spec.env[A].name: A > -", "spec.env[A].value: 1 > -"];
    assert_eq!(changed_fields(&both, &list(json!([b]))), expected);
    let plain = |items: Value| json!({ "spec": { "args": items } });
    let reordered = changed_fields(&plain(json!(["x", "y"])), &plain(json!(["y", "x"])));
    assert_eq!(reordered, ["spec.args[0]: x > y", "spec.args[1]: y > x"]);
}

#[test]
fn empty_values_and_fields_with_an_ignored_prefix_are_listed() {
    let before = json!({ "spec": { "a": {}, "b": [], "c": null, "statusCode": 1 }, "statuses": 1 });
    let after = json!({ "spec": { "a": { "x": true } } });
    let expected = [
        "spec.a: {} > -",
        "spec.a.x: - > true",
        "spec.b: [] > -",
        "spec.c: null > -",
        "spec.statusCode: 1 > -",
        "statuses: 1 > -",
    ];
    assert_eq!(changed_fields(&before, &after), expected);
}

#[test]
fn a_created_or_deleted_object_is_listed_with_all_fields() {
    let body = json!({ "kind": "Deployment", "spec": { "replicas": 2 } });
    let new = field_changes(Kind::Deployment, None, Some(&body));
    assert_eq!(lines(new), ["spec.replicas: - > 2"]);
    let gone = field_changes(Kind::Deployment, Some(&body), None);
    assert_eq!(lines(gone), ["spec.replicas: 2 > -"]);
    assert_eq!(field_changes(Kind::Deployment, None, None), []);
}

#[test]
fn the_values_of_secrets_are_redacted() {
    let secret = |value: &str| {
        let fixture = fixture(json!({ "secrets": { "KEY": value } }));
        let mut body = fixture.object(&platform(), Kind::Secret).unwrap();
        body["stringData"] = json!({ "KEY": value });
        let copy = "kubectl.kubernetes.io/last-applied-configuration";
        body["metadata"]["annotations"] = json!({ copy: format!("KEY: {value}") });
        body
    };
    let changes = field_changes(Kind::Secret, Some(&secret("before")), Some(&secret("after")));
    let fields: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
    assert!(fields.contains(&"data.KEY") && fields.contains(&"metadata.name"), "{fields:?}");
    for change in &changes {
        if change.field != "metadata.name" {
            let hidden = Some(REDACTED.to_owned());
            assert_eq!((&change.before, &change.after), (&hidden, &hidden), "{}", change.field);
        }
    }
    let text = serde_json::to_string(&changes).unwrap();
    for part in ["before\"}", "YmVmb3Jl", "YWZ0ZXI", "KEY: "] {
        assert!(!text.contains(part), "{text}");
    }
}
