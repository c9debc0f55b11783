//! What a change changes, line by line.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Story, platform, story, story_of};
use nokube_domain::answer::FieldChange;
use nokube_kube::{Kind, difference::difference, shown::HIDDEN};
use serde_json::{Value, json};

/// `FIELD: BEFORE > AFTER` of each.
fn lines(changes: Vec<FieldChange>) -> Vec<String> {
    let shown = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    let line = |c: FieldChange| format!("{}: {} > {}", c.field, shown(c.before), shown(c.after));
    changes.into_iter().map(line).collect()
}

fn changed(before: &Value, after: &Value) -> Vec<String> {
    lines(difference(Kind::Deployment, Some(before), Some(after)))
}

/// As the API server keeps it.
fn live(story: &Story) -> Value {
    let mut body = story.workload();
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
fn what_the_api_server_keeps_for_itself_is_no_change() {
    let pinned = json!({ "image_name": format!("nginx@{}", common::digest('a')) });
    let (first, again) = (story_of(pinned.clone(), 1), story_of(pinned, 2));
    assert_eq!(changed(&live(&first), &again.workload()), Vec::<String>::new());
}

#[test]
fn each_changed_field_is_told_under_the_name_of_its_container() {
    let before = live(&story(json!({})));
    let after = story(json!({ "replicas": 3, "cpu_limit": "1", "image_name": "nginx:1.30" }));
    let container = "spec.template.spec.containers[app]";
    let expected = [
        "metadata.annotations.nokube.dev/image: docker.io/library/nginx:1.29 > docker.io/library/nginx:1.30".into(),
        "spec.replicas: 2 > 3".into(),
        format!("{container}.image: docker.io/library/nginx:1.29 > docker.io/library/nginx:1.30"),
        format!("{container}.resources.limits.cpu: 500m > 1"),
    ];
    assert_eq!(changed(&before, &after.workload()), expected);
}

#[test]
fn items_with_a_name_are_the_same_wherever_they_stand() {
    let list = |items: Value| json!({ "spec": { "env": items } });
    let (a, b) = (json!({ "name": "A", "value": "1" }), json!({ "name": "B", "value": "2" }));
    let both = list(json!([a, b]));
    assert_eq!(changed(&both, &list(json!([b, a]))), Vec::<String>::new());
    let expected = ["spec.env[A].name: A > -", "spec.env[A].value: 1 > -"];
    assert_eq!(changed(&both, &list(json!([b]))), expected);
    let plain = |items: Value| json!({ "spec": { "args": items } });
    let reordered = changed(&plain(json!(["x", "y"])), &plain(json!(["y", "x"])));
    assert_eq!(reordered, ["spec.args[0]: x > y", "spec.args[1]: y > x"]);
}

#[test]
fn empty_values_and_names_that_begin_alike_are_told() {
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
    assert_eq!(changed(&before, &after), expected);
}

#[test]
fn a_new_object_and_one_that_goes_are_told_whole() {
    let body = json!({ "kind": "Deployment", "spec": { "replicas": 2 } });
    let new = difference(Kind::Deployment, None, Some(&body));
    assert_eq!(lines(new), ["spec.replicas: - > 2"]);
    let gone = difference(Kind::Deployment, Some(&body), None);
    assert_eq!(lines(gone), ["spec.replicas: 2 > -"]);
    assert_eq!(difference(Kind::Deployment, None, None), []);
}

#[test]
fn the_values_of_secrets_are_hidden() {
    let secret = |value: &str| {
        let story = story(json!({ "secrets": { "KEY": value } }));
        let mut body = story.object(&platform(), Kind::Secret).unwrap();
        body["stringData"] = json!({ "KEY": value });
        let copy = "kubectl.kubernetes.io/last-applied-configuration";
        body["metadata"]["annotations"] = json!({ copy: format!("KEY: {value}") });
        body
    };
    let changes = difference(Kind::Secret, Some(&secret("before")), Some(&secret("after")));
    let fields: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
    assert!(fields.contains(&"data.KEY") && fields.contains(&"metadata.name"), "{fields:?}");
    for change in &changes {
        if change.field != "metadata.name" {
            let hidden = Some(HIDDEN.to_owned());
            assert_eq!((&change.before, &change.after), (&hidden, &hidden), "{}", change.field);
        }
    }
    let text = serde_json::to_string(&changes).unwrap();
    for part in ["before\"}", "YmVmb3Jl", "YWZ0ZXI", "KEY: "] {
        assert!(!text.contains(part), "{text}");
    }
}
