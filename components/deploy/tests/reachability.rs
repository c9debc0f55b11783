//! Reading a deployment: whether it can be reached, what others changed, its events, and how many requests that costs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/story.rs"]
mod story;

use nokube_edge::host::LogLevel;
use serde_json::{Value, json};
use story::{CLASSES, GATEWAY, Story, path};

fn codes(view: &Value) -> Vec<&str> {
    let issues = view["issues"].as_array().unwrap().iter();
    issues.map(|issue| issue["code"].as_str().unwrap()).collect()
}

#[test]
fn a_running_service_behind_a_gateway_can_be_reached() {
    let (view, requests) = Story::on_gateway().read();
    assert_eq!((&view["status"], &view["reachable"]), (&json!("running"), &json!("yes")), "{view}");
    assert_eq!(requests, 6, "Deployment, ReplicaSets, pods, Service, route, Gateway");
}

#[test]
fn a_running_service_whose_gateway_is_gone_runs_with_a_dead_address() {
    let story = Story::on_gateway();
    story.answers("GET", GATEWAY, 404, &json!({ "code": 404, "message": "not found" }));
    let (view, _) = story.read();
    assert_eq!((&view["status"], &view["reachable"]), (&json!("running"), &json!("no")), "{view}");
    assert_eq!(codes(&view), ["gateway_not_ready"], "{view}");
    assert_eq!(view["issues"][0]["object"], "Gateway gateway/main");
}

#[test]
fn with_the_permissions_of_an_older_version_it_is_unknown_and_nothing_is_logged() {
    let story = Story::on_gateway();
    let denied = "User \"deployer\" cannot get resource \"gateways\" in API group \"x\"";
    story.answers("GET", GATEWAY, 403, &json!({ "code": 403, "message": denied }));
    let before = story.host.logged(LogLevel::Event).len();
    let (view, requests) = story.read();
    assert_eq!((&view["status"], &view["reachable"]), (&json!("running"), &json!("unknown")));
    assert_eq!((codes(&view), requests), (vec![], 6), "{view}");
    assert_eq!(story.host.logged(LogLevel::Event).len(), before);
}

#[test]
fn a_service_costs_only_the_requests_that_its_exposure_needs() {
    for (exposure, requests, reachable) in [("none", 3, json!(null)), ("internal", 4, json!("yes"))]
    {
        let (view, cost) = Story::new(&[], exposure).read();
        assert_eq!((cost, &view["reachable"]), (requests, &reachable), "{exposure}: {view}");
    }
}

/// A service whose Ingress has an address.
fn on_ingress(certificates: &str) -> Story {
    let story = Story::new(&[("apps_certificates", certificates)], "external");
    let mut ingress = story.applied("networking.k8s.io/v1", "ingresses/frontend");
    ingress["status"] = json!({ "loadBalancer": { "ingress": [{ "ip": "203.0.113.10" }] } });
    story.has("networking.k8s.io/v1", "ingresses", &ingress);
    story.answers("GET", CLASSES, 200, &json!({ "items": [] }));
    story
}

#[test]
fn a_service_behind_an_ingress_costs_six_requests() {
    let (view, cost) = on_ingress("shared").read();
    assert_eq!((cost, &view["reachable"]), (6, &json!("yes")), "{view}");
}

#[test]
fn a_certificate_of_an_issuer_is_one_more_request() {
    let (view, cost) = on_ingress("issuer:letsencrypt").read();
    assert_eq!((cost, &view["reachable"]), (7, &json!("yes")), "{view}");
}

#[test]
fn events_are_read_only_while_something_is_wrong() {
    let story = Story::on_gateway();
    let mut deployment = story.running_deployment();
    deployment["status"]["availableReplicas"] = 0.into();
    deployment["status"]["readyReplicas"] = 0.into();
    story.has("apps/v1", "deployments", &deployment);
    let (view, requests) = story.read();
    assert_eq!((&view["status"], requests), (&json!("deploying"), 7), "{view}");
    // Without the events, the status is the same.
    story.answers("GET", &path("v1", "events"), 403, &json!({ "code": 403, "message": "x" }));
    assert_eq!(story.read().0["status"], "deploying");
}

#[test]
fn what_an_ingress_controller_rejects_is_found_in_its_events() {
    let story = Story::new(&[("apps_ingress_class", "public")], "external");
    let mut ingress = story.applied("networking.k8s.io/v1", "ingresses/frontend");
    ingress["metadata"]["uid"] = "ingress-uid".into();
    story.has("networking.k8s.io/v1", "ingresses", &ingress);
    let classes = json!({ "items": [{ "metadata": { "name": "public" } }] });
    story.answers("GET", CLASSES, 200, &classes);
    let event = json!({
        "involvedObject": { "kind": "Ingress", "name": "frontend", "uid": "ingress-uid" },
        "type": "Warning", "reason": "Rejected", "message": "All hosts are taken by other resources",
        "lastTimestamp": "2026-03-02T09:00:00Z",
    });
    story.has("v1", "events", &event);
    let (view, _) = story.read();
    assert_eq!(
        (codes(&view), &view["reachable"]),
        (vec!["route_rejected"], &json!("no")),
        "{view}"
    );
    assert_eq!(view["issues"][0]["detail"], "All hosts are taken by other resources");
}

#[test]
fn a_change_by_somebody_else_is_named_and_can_be_undone() {
    let story = Story::on_gateway();
    let mut deployment = story.running_deployment();
    deployment["metadata"]["managedFields"] = json!([{
        "manager": "kubectl-edit", "operation": "Update", "time": "2026-03-02T08:59:00Z",
        "fieldsV1": { "f:spec": { "f:replicas": {} } },
    }]);
    story.has("apps/v1", "deployments", &deployment);
    let (view, _) = story.read();
    assert_eq!((codes(&view), &view["status"]), (vec!["changed_by_others"], &json!("running")));
    let message = view["issues"][0]["message"].as_str().unwrap();
    assert!(message.contains("'kubectl-edit' at 2026-03-02T08:59:00Z: spec.replicas"), "{message}");
    let before = story.applied("apps/v1", "deployments/frontend");
    let response = story.alice.post(&format!("{}/apply", story.path), &json!({}));
    assert_eq!(response.status, 202, "{}", response.text);
    let after = story.applied("apps/v1", "deployments/frontend");
    assert_eq!(before["spec"], after["spec"], "no pod is replaced");
    assert_eq!(after["metadata"]["annotations"]["nokube.dev/revision"], "2");
}

#[test]
fn all_pages_of_the_events_are_read_and_those_of_the_service_are_shown_newest_first() {
    let story = Story::on_gateway();
    let event = |kind: &str, name: &str, reason: &str, at: Value| {
        let mut event = at;
        event["involvedObject"] = json!({ "kind": kind, "name": name });
        event["reason"] = reason.into();
        event
    };
    let last = |minute: u32| json!({ "lastTimestamp": format!("2026-03-02T08:{minute:02}:00Z"), "count": 3 });
    let in_series = json!({
        "eventTime": "2026-03-02T08:01:00.000001Z", "lastTimestamp": null, "count": null,
        "series": { "count": 9, "lastObservedTime": "2026-03-02T08:30:00.000001Z" },
    });
    let list = path("v1", "events");
    let first = json!({
        "metadata": { "continue": "next" },
        "items": [
            event("Deployment", "frontend", "Old", last(2)),
            event("Pod", "frontend-api-7d9c5b8f4-x2x4z", "OfAnother", last(59)),
            event("HTTPRoute", "frontend", "Accepted", last(20)),
        ],
    });
    let second = json!({
        "items": [
            event("Pod", "frontend-7d9c5b8f4-x2x4z", "FailedScheduling", in_series),
            event("Pod", "frontend-7d9c5b8f4-x2x4z", "Started", last(29)),
        ],
    });
    story.answers("GET", &list, 200, &first);
    story.answers("GET", &format!("{list}?&limit=500&continue=next"), 200, &second);
    let events = story.alice.get(&format!("{}/events", story.path)).expect(200)["events"].clone();
    let events: Vec<_> = events.as_array().unwrap().iter().collect();
    let reasons: Vec<_> = events.iter().map(|event| event["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["FailedScheduling", "Started", "Accepted", "Old"]);
    assert_eq!(
        (&events[0]["at"], &events[0]["count"]),
        (&json!("2026-03-02T08:30:00Z"), &json!(9))
    );
    // A page whose token has expired ends the list.
    story.answers("GET", &format!("{list}?&limit=500&continue=next"), 410, &json!({ "code": 410 }));
    let events = story.alice.get(&format!("{}/events", story.path)).expect(200)["events"].clone();
    assert_eq!(events.as_array().unwrap().len(), 2);
}
