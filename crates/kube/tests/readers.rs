//! Parsing the cluster's objects: reviews, namespaces, secrets, routes, snapshots.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{fixture, gateway, id, platform};
use http::StatusCode;
use nokube_domain::{DeploymentId, ProjectId, deployments::ObservedState};
use nokube_kube::{
    Kind, Platform,
    error::ApiError,
    manifest::{namespace, namespace_labels},
    observe::{
        ClusterSnapshot, List, NamespaceStatus, ObservedRoute, ObservedSecret, PartialObject,
        namespace_status,
    },
    platform::{ExternalAddress, PodSecurity},
    review::{is_allowed, username},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).unwrap()
}

fn other_id() -> DeploymentId {
    DeploymentId::new(ProjectId(7), 4, 0)
}

#[test]
fn a_review_says_who_we_are() {
    let name = "system:serviceaccount:nokube:nokube-deployer";
    let review = json!({
        "kind": "SelfSubjectReview", "spec": {},
        "status": { "userInfo": { "username": name, "groups": ["system:authenticated"] } },
    });
    assert_eq!(username(&review), Some(name));
    assert_eq!(username(&json!({ "status": {} })), None);
}

#[test]
fn an_access_review_allows_only_if_it_says_so() {
    let table = [
        (json!({ "allowed": true }), true),
        (json!({ "allowed": false, "denied": true, "reason": "RBAC" }), false),
        (json!({}), false),
    ];
    for (status, expected) in table {
        assert_eq!(is_allowed(&json!({ "status": status })), expected, "{status}");
    }
    assert!(!is_allowed(&json!({})));
}

#[test]
fn the_labels_of_a_namespace_decide_its_status() {
    let fixture = fixture(json!({}));
    let tenant = fixture.input().tenant;
    let found = |change: &dyn Fn(&mut Value)| {
        let mut body = namespace(&platform(), &tenant).body;
        change(&mut body["metadata"]);
        let object: PartialObject = serde_json::from_value(body).unwrap();
        namespace_status(Some(&object), &platform(), &tenant)
    };
    assert_eq!(namespace_status(None, &platform(), &tenant), NamespaceStatus::Absent);
    assert_eq!(found(&|_| {}), NamespaceStatus::Owned { stale: false });
    let more = |m: &mut Value| m["labels"]["team"] = "x".into();
    assert_eq!(found(&more), NamespaceStatus::Owned { stale: false }, "other labels do not matter");
    let terminating = |m: &mut Value| m["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    assert_eq!(found(&terminating), NamespaceStatus::Terminating);
    for label in ["nokube.dev/owner", "nokube.dev/project"] {
        assert_eq!(found(&|m| m["labels"][label] = "x".into()), NamespaceStatus::Foreign);
        let without = |m: &mut Value| drop(m["labels"].as_object_mut().unwrap().remove(label));
        assert_eq!(found(&without), NamespaceStatus::Foreign);
    }
    assert_eq!(found(&|m| m["labels"] = Value::Null), NamespaceStatus::Foreign);
    let both = |m: &mut Value| {
        terminating(m);
        m["labels"] = json!({});
    };
    assert_eq!(found(&both), NamespaceStatus::Foreign);
    let strict = Platform { pod_security: PodSecurity::Restricted, ..platform() };
    let object: PartialObject =
        serde_json::from_value(namespace(&platform(), &tenant).body).unwrap();
    assert_eq!(
        namespace_status(Some(&object), &strict, &tenant),
        NamespaceStatus::Owned { stale: true }
    );
    assert_eq!(namespace_labels(&strict, &tenant)["pod-security.kubernetes.io/warn"], "restricted");
}

#[test]
fn the_values_of_a_secret_that_was_applied_are_read_back() {
    let fixture = fixture(json!({ "secrets": { "KEY": "väl:ue\n", "EMPTY": "" } }));
    let secret: ObservedSecret = read(fixture.object(&platform(), Kind::Secret).unwrap());
    assert_eq!(secret.into_values(), fixture.secrets);
    let foreign = json!({ "data": { "A": "not base64!", "B": "/w==", "C": "eA==" } });
    let values = read::<ObservedSecret>(foreign).into_values();
    assert_eq!(values.keys().collect::<Vec<_>>(), ["C"], "B is not UTF-8");
    assert!(read::<ObservedSecret>(json!({ "type": "Opaque" })).into_values().is_empty());
}

#[test]
fn a_route_serves_the_address_that_it_was_made_for() {
    for (platform, kind) in [(platform(), Kind::Ingress), (gateway(), Kind::HttpRoute)] {
        let fixture = fixture(json!({ "custom_domain": "shop.example.org" }));
        let route: ObservedRoute = read(fixture.object(&platform, kind).unwrap());
        let address = |host: &str, path: &str| ExternalAddress {
            host: host.into(),
            path: path.into(),
            https: false,
        };
        assert!(route.serves(&address("shop.example.org", "/")), "{kind:?}");
        assert!(!route.serves(&address("shop.example.org", "/other")), "{kind:?}");
        assert!(!route.serves(&address("other.example.org", "/")), "{kind:?}");
        assert_eq!(route.metadata.name, "frontend");
        assert!(route.metadata.is_of_deployment(id()));
        assert!(!route.metadata.is_of_deployment(other_id()));
    }
    let list: List<ObservedRoute> = read(json!({ "items": [{}, { "spec": null }] }));
    let address = ExternalAddress { host: String::new(), path: String::new(), https: false };
    assert!(!list.items.iter().any(|route| route.serves(&address)));
}

#[test]
fn the_response_to_an_apply_shows_whether_the_object_is_terminating() {
    let terminating =
        |body: &[u8]| PartialObject::from_body(body).map(|o| o.metadata.is_terminating());
    let deleted = json!({ "metadata": { "deletionTimestamp": "2026-01-01T00:00:00Z" } });
    assert_eq!(terminating(deleted.to_string().as_bytes()), Some(true));
    assert_eq!(terminating(br#"{ "metadata": { "name": "x" } }"#), Some(false));
    assert_eq!(terminating(b"<html>"), None);
}

#[test]
fn a_snapshot_of_a_project_has_the_state_of_each_deployment() {
    let metadata = |id: DeploymentId, name: &str| {
        json!({
            "name": name, "uid": format!("uid-{id}"),
            "labels": { "nokube.dev/deployment": id.to_string(), "pod-template-hash": "h" },
            "ownerReferences": [{ "uid": format!("uid-{id}") }],
        })
    };
    let pod = |id, name, restarts| {
        let ended = json!({ "terminated": { "reason": "Error", "exitCode": 1 } });
        let status = json!({ "name": "app", "restartCount": restarts, "state": { "running": {} }, "lastState": ended });
        let running = json!({ "name": "app", "ready": true, "state": { "running": {} } });
        let status = if restarts > 0 { status } else { running };
        read(json!({
            "metadata": metadata(id, name), "status": { "containerStatuses": [status] },
        }))
    };
    let ids = [id(), other_id()];
    let snapshot = ClusterSnapshot {
        deployments: ids.map(|id| read(json!({ "metadata": metadata(id, "d") }))).into(),
        replica_sets: ids.map(|id| read(json!({ "metadata": metadata(id, "r") }))).into(),
        pods: vec![pod(other_id(), "other", 5), pod(id(), "well", 0), pod(id(), "crashed", 5)],
        ..ClusterSnapshot::default()
    };
    let ObservedState::Present(rollout) = snapshot.observed(id()) else { panic!() };
    let names: Vec<_> = rollout.pods.iter().map(|pod| pod.name.as_str()).collect();
    assert_eq!(names, ["well", "crashed"]);
    assert_eq!(rollout.issues[0].code.to_string(), "crash");
    assert_eq!(snapshot.crash_log(&rollout).unwrap().pod, "crashed");
    let absent = DeploymentId::new(ProjectId(7), 9, 0);
    assert_eq!(snapshot.observed(absent), ObservedState::Absent);
    assert_eq!(ClusterSnapshot::default().observed(id()), ObservedState::Absent);
}

#[test]
fn the_status_of_a_log_response_gives_the_error() {
    let error = |code: u16| ApiError::from_log_status(StatusCode::from_u16(code).unwrap());
    assert_eq!(error(404), ApiError::NotFound);
    assert_eq!(error(401), ApiError::Unauthenticated);
    assert!(matches!(error(400), ApiError::Rejected { field: None, .. }));
    assert!(matches!(error(403), ApiError::MissingPermission(_)));
    for code in [429, 500, 503] {
        assert_eq!(error(code), ApiError::Unavailable(2));
    }
}
