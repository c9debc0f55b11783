//! A project is deleted with its previews.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::{
    DeploymentId, PREVIEW_NUMBERS, ProjectId,
    deployments::{DeploymentRecord, OutcomeRecord, Revision},
    previews::PreviewOf,
};
use nokube_edge::{
    now, previews,
    store::{Counter, Store, keys},
};
use nokube_test_host::TestHost;
use platform::ROUTES;
use serde_json::{Value, json};

const DEPLOYMENTS: &str = "http://deploy.spin.internal/api/v1/deployments/";

fn id(project: ProjectId) -> DeploymentId {
    DeploymentId::new(project, PREVIEW_NUMBERS + 1, 5)
}

/// The preview of `web` for pull request 7, which is being deployed.
async fn deploy_preview(project: ProjectId) {
    let store = Store::open().await.unwrap();
    let id = id(project);
    let preview = Some(PreviewOf { service: "web".parse().unwrap(), pull_request: 7 });
    let service = "pr-7-web".parse().unwrap();
    let record = DeploymentRecord { id, service, created_at: now(), adopted: None, preview };
    store.increment(&Counter::previews(project)).await.unwrap();
    store.set(keys::deployment(project, id.number), &record).await.unwrap();
    let place = previews::take_place(&store, id, None).await.unwrap();
    let spec = json!({
        "service": "pr-7-web", "display_name": "web", "description": null, "kind": "web",
        "exposure": "none", "container_port": 80, "service_port": 80, "replicas": 1,
        "cpu": { "request": "100m", "limit": "500m" },
        "memory": { "request": "128Mi", "limit": "512Mi" },
        "variables": {}, "health": null, "volume": null, "scaling": null,
    });
    let release = json!({
        "number": 1, "by": "alice", "at": now(), "variables_object": null, "secrets_object": null,
        "secrets": [], "spec": spec, "image": { "name": "nginx:1", "digest": null, "build": null },
    });
    let run = json!({ "release": release, "stopped": false, "restarted_at": null, "kept": [] });
    write_revision(&store, id, 1, &json!({ "run": run })).await;
    place.keep_unless_rejected(&store, Ok(())).await.unwrap();
}

async fn write_revision(store: &Store, id: DeploymentId, number: u32, wish: &Value) {
    let revision: Revision = serde_json::from_value(json!({
        "of": id, "number": number, "by": "alice", "at": now(), "cause": "deploy", "wish": wish,
    }))
    .unwrap();
    store.increment(&Counter::revisions(id)).await.unwrap();
    store.set(keys::revision(id, number), &revision).await.unwrap();
}

/// What `deploy` does when it is asked to delete the preview; `outcome` is what the cluster has said.
async fn delete_preview(project: ProjectId, outcome: Value) {
    let store = Store::open().await.unwrap();
    if store.newest_revision(id(project)).await.unwrap().unwrap().number == 1 {
        write_revision(&store, id(project), 2, &json!({ "gone": { "volumes": true } })).await;
    }
    let outcome: OutcomeRecord = serde_json::from_value(json!({
        "of": id(project), "revision": 2, "at": now(), "outcome": outcome, "warnings": [],
    }))
    .unwrap();
    store.merge_outcome(outcome).await.unwrap();
}

#[test]
fn a_preview_keeps_its_project_until_nothing_of_it_is_left() {
    let host = TestHost::install();
    host.set("limit_changes_per_minute", "0");
    let project = host.create_project("alice", "shop");
    host.respond("DELETE", DEPLOYMENTS, 204, &json!(null));
    host.run(deploy_preview(project));
    let alice = host.user(ROUTES, "alice");
    let path = format!("/api/v1/projects/{project}");
    let refused = alice.delete(&path).expect(409);
    assert_eq!(refused["reason"], "project_in_use");
    let error = &refused["errors"][0];
    assert_eq!(error["field"], format!("/api/v1/deployments/{}", id(project)));
    assert_eq!(error["detail"], "the preview of web for pull request 7 is deployed");
    assert!(host.sent("DELETE", DEPLOYMENTS).is_empty());

    let take_down = format!("{path}?take_down=true");
    alice.delete(&take_down).expect(409);
    assert_eq!(host.sent("DELETE", DEPLOYMENTS).len(), 1, "it is taken down");
    host.run(delete_preview(project, json!({ "interrupted": "The cluster is away." })));
    let waits = alice.delete(&take_down).expect(409);
    assert!(waits["errors"][0]["detail"].as_str().unwrap().contains("not completely deleted"));
    host.run(delete_preview(project, json!("applied")));
    alice.delete(&path).expect(204);
}
