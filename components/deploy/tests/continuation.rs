//! Deploying what the cluster has already: after a restored or lost store, with a volume, within a quota.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod support;

use nokube_domain::{DeploymentId, Person, ProjectId};
use nokube_test_host::{Client, TestHost};
use serde_json::{Value, json};
use std::rc::Rc;
use support::{CLUSTER, not_found, with_empty_cluster};

const NAMESPACE: &str = "https://cluster.example.org/api/v1/namespaces/nk-alice-myapp";
const APPS: &str = "https://cluster.example.org/apis/apps/v1/namespaces/nk-alice-myapp";

/// A platform with Alice's project `myapp`, whose namespace is in the cluster.
fn platform() -> (Rc<TestHost>, Client, Value) {
    let (host, alice, request) = with_empty_cluster();
    host.respond("PATCH", CLUSTER, 200, &json!({}));
    host.respond("GET", NAMESPACE, 404, &not_found());
    namespace_of(&host, &request["project_id"]);
    (host, alice, request)
}

/// The labels of the namespace say that it is this project's. Everything in it is answered with 404 as before.
fn namespace_of(host: &TestHost, project: &Value) {
    let person = Person { issuer: "nokube".into(), subject: "alice".into() };
    let labels = json!({
        "app.kubernetes.io/managed-by": "nokube", "app.kubernetes.io/part-of": "myapp",
        "nokube.dev/owner": person.key(), "nokube.dev/project": project.to_string(),
        "pod-security.kubernetes.io/enforce": "baseline",
        "pod-security.kubernetes.io/warn": "baseline",
    });
    let namespace = json!({ "metadata": { "name": "nk-alice-myapp", "labels": labels } });
    host.respond("GET", NAMESPACE, 200, &namespace);
    let missing = json!({ "code": 404 });
    host.respond("GET", &format!("{NAMESPACE}/"), 404, &missing);
}

/// What the platform itself applied, at this revision.
fn workload(id: &str, revision: u32) -> Value {
    json!({ "metadata": {
        "name": "frontend", "uid": "u", "resourceVersion": "9",
        "labels": { "nokube.dev/deployment": id },
        "annotations": { "nokube.dev/revision": revision.to_string() },
        "managedFields": [{ "manager": "nokube", "operation": "Apply" }],
    }})
}

fn cluster_has(host: &TestHost, workload: &Value) {
    host.respond("GET", &format!("{APPS}/deployments/frontend"), 200, workload);
}

/// The values of the counters of revisions.
fn counters(host: &TestHost) -> Vec<u32> {
    let stored = host.stored();
    let counters = stored.iter().filter(|(key, _)| key.starts_with("c/v/"));
    counters.map(|(_, value)| value.parse().unwrap()).collect()
}

/// The bodies of what was applied to the Deployment.
fn applied_workloads(host: &TestHost) -> Vec<Value> {
    let sent = host.sent("PATCH", &format!("{APPS}/deployments/frontend"));
    sent.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

fn changes(host: &TestHost) -> usize {
    ["PATCH", "POST", "DELETE"].iter().map(|method| host.sent(method, CLUSTER).len()).sum()
}

fn id_of(deployed: &Value) -> String {
    deployed["deployment_id"].as_str().unwrap().to_owned()
}

#[test]
fn after_a_restored_backup_numbers_go_on_from_what_the_cluster_shows() {
    let (host, alice, mut request) = platform();
    let id = id_of(&alice.post("/api/v1/deploy", &request).expect(202));
    // The store is older than the cluster, which has 40 revisions that it does not know.
    cluster_has(&host, &workload(&id, 41));
    let path = format!("/api/v1/deployments/{id}");
    let stopped = alice.post(&format!("{path}/stop"), &json!({})).expect(202);
    assert_eq!(stopped["revision"], 42, "{stopped}");
    let last = applied_workloads(&host).pop().unwrap();
    assert_eq!(last["metadata"]["annotations"]["nokube.dev/revision"], "42");
    assert_eq!(last["spec"]["replicas"], 0, "it was really stopped");
    request["image_name"] = json!("docker.io/library/nginx:1.30");
    cluster_has(&host, &workload(&id, 42));
    assert_eq!(alice.post("/api/v1/deploy", &request).expect(202)["revision"], 43);
    assert_eq!(alice.get(&format!("{path}/revisions")).expect(200)["revisions"][0]["revision"], 43);
}

#[test]
fn many_lost_revisions_do_not_hide_the_newest_stored_one() {
    let (host, alice, request) = platform();
    let id = id_of(&alice.post("/api/v1/deploy", &request).expect(202));
    cluster_has(&host, &workload(&id, 5_000));
    let path = format!("/api/v1/deployments/{id}");
    // The store fails once the number is raised.
    for writes in 0.. {
        host.store_fails(nokube_test_host::StoreFault::AfterWrites(writes));
        assert!(alice.post(&format!("{path}/stop"), &json!({})).status >= 400);
        host.store_works();
        host.wait(61);
        let counts: Vec<u32> = counters(&host);
        if counts.iter().any(|count| *count > 5_000) {
            break;
        }
    }
    assert_eq!(alice.get(&format!("{path}/manifests")).expect(200)["revision"], 1);
    let stopped = alice.post(&format!("{path}/stop"), &json!({})).expect(202);
    assert!(stopped["revision"].as_u64().unwrap() > 5_000, "{stopped}");
}

#[test]
fn an_annotation_that_no_platform_wrote_does_not_use_up_the_numbers() {
    let (host, alice, request) = platform();
    let id = id_of(&alice.post("/api/v1/deploy", &request).expect(202));
    cluster_has(&host, &workload(&id, u32::MAX));
    assert_eq!(alice.post("/api/v1/deploy", &request).expect(202)["revision"], 2);
}

#[test]
fn an_interrupted_revision_is_not_reported_as_done_if_the_cluster_is_newer() {
    let (host, alice, request) = platform();
    let url = format!("{APPS}/deployments/frontend");
    host.respond("PATCH", &url, 503, &json!({}));
    let pending = alice.post("/api/v1/deploy", &request).expect(202);
    assert_eq!(pending["status"], "pending", "{pending}");
    host.respond("PATCH", &url, 200, &json!({}));
    cluster_has(&host, &workload(&id_of(&pending), 77));
    host.wait(61);
    let before = changes(&host);
    let read = alice.get(&format!("/api/v1/deployments/{}", id_of(&pending))).expect(200);
    assert_eq!(read["status"], "failed", "{read}");
    let detail = read["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("revision 77") && detail.contains("nothing was changed"), "{detail}");
    assert_eq!(changes(&host), before, "nothing was changed");
}

#[test]
fn a_service_of_a_lost_store_is_taken_over_with_the_id_in_its_selectors() {
    let (host, alice, mut request) = platform();
    let lost = DeploymentId::new(ProjectId(9), 4, 7).to_string();
    cluster_has(&host, &workload(&lost, 12));
    let warning = |response: &Value| {
        let warnings = response["warnings"].as_array().unwrap();
        warnings.iter().any(|text| text.as_str().unwrap().contains("taken over"))
    };
    let dry_run = alice.post("/api/v1/deploy?dry_run=true", &request).expect(200);
    assert!(warning(&dry_run), "{dry_run}");
    let deployed = alice.post("/api/v1/deploy", &request).expect(202);
    assert!(warning(&deployed), "{deployed}");
    assert_eq!(deployed["revision"], 13, "above the one in the cluster");
    let id = id_of(&deployed);
    assert_ne!(id, lost);
    let last = applied_workloads(&host).pop().unwrap();
    assert_eq!(last["spec"]["selector"]["matchLabels"]["nokube.dev/deployment"], lost);
    let service = host.sent("PATCH", &format!("{NAMESPACE}/services/frontend-service"));
    let service: Value = serde_json::from_str(service.last().unwrap()).unwrap();
    assert_eq!(
        service["spec"]["selector"]["nokube.dev/deployment"], lost,
        "its pods go on serving"
    );
    // From now on it is a service like any other.
    cluster_has(&host, &workload(&lost, 13));
    request["replicas"] = json!(3);
    let again = alice.post("/api/v1/deploy", &request).expect(202);
    assert_eq!((id_of(&again), &again["revision"]), (id.clone(), &json!(14)));
    assert!(again.get("warnings").is_none_or(|_| !warning(&again)), "{again}");
    alice.delete(&format!("/api/v1/deployments/{id}"));
    let lists = host.sent(
        "GET",
        &format!("{APPS}/deployments?&labelSelector=nokube.dev%2Fdeployment%3D{lost}"),
    );
    assert!(!lists.is_empty(), "its deletion finds its objects");
}

#[test]
fn a_deployment_of_somebody_else_is_refused_before_anything_is_changed() {
    let (host, alice, request) = platform();
    let lost = DeploymentId::new(ProjectId(9), 4, 7).to_string();
    let mut theirs = workload(&lost, 1);
    theirs["metadata"]["managedFields"] = json!([{ "manager": "kubectl", "operation": "Update" }]);
    let unlabelled = json!({ "metadata": { "name": "frontend", "resourceVersion": "1" } });
    for found in [theirs, unlabelled] {
        cluster_has(&host, &found);
        let refused = alice.post("/api/v1/deploy", &request);
        assert!(refused.expect(409)["detail"].as_str().unwrap().contains("'frontend'"));
        alice.post("/api/v1/deploy?dry_run=true", &request).expect(409);
        assert_eq!(changes(&host), 0);
    }
}

#[test]
fn deploys_that_are_rejected_take_no_place_from_another_service() {
    let (host, alice, mut request) = platform();
    host.set("max_services_per_project", "2");
    host.set("max_services_per_person", "2");
    cluster_has(&host, &json!({ "metadata": { "name": "frontend", "resourceVersion": "1" } }));
    for _ in 0..3 {
        let rejected = alice.post("/api/v1/deploy", &request).expect(409);
        assert!(rejected["detail"].as_str().unwrap().contains("'frontend'"), "{rejected}");
    }
    for (service, status) in [("api", 202), ("worker", 202), ("third", 409)] {
        request["service_name"] = json!(service);
        alice.post("/api/v1/deploy", &request).expect(status);
    }
}

#[test]
fn the_refusal_of_a_foreign_namespace_says_how_to_adopt_it() {
    let (host, alice, request) = platform();
    namespace_of(&host, &json!(8));
    let detail = alice.post("/api/v1/deploy", &request).expect(409)["detail"].clone();
    let detail = detail.as_str().unwrap();
    let person = Person { issuer: "nokube".into(), subject: "alice".into() };
    for part in [
        "kubectl label namespace nk-alice-myapp --overwrite",
        &format!("nokube.dev/owner={}", person.key()),
        "nokube.dev/project=1",
    ] {
        assert!(detail.contains(part), "{detail}");
    }
    assert_eq!(changes(&host), 0);
}

/// A service with a volume of 5Gi in the store, whose claim in the cluster is smaller.
fn refused_enlargement() -> (Rc<TestHost>, Client, Value, String) {
    let (host, alice, mut request) = platform();
    request["storage_size"] = json!("5Gi");
    request["storage_path"] = json!("/data");
    let id = id_of(&alice.post("/api/v1/deploy", &request).expect(202));
    cluster_has(&host, &workload(&id, 1));
    let claim = json!({
        "metadata": { "name": "frontend-data" },
        "spec": { "resources": { "requests": { "storage": "1Gi" } }, "storageClassName": "local" },
    });
    host.respond("GET", &format!("{NAMESPACE}/persistentvolumeclaims/frontend-data"), 200, &claim);
    (host, alice, request, id)
}

fn claimed(host: &TestHost) -> String {
    let sent = host.sent("PATCH", &format!("{NAMESPACE}/persistentvolumeclaims/frontend-data"));
    let claim: Value = serde_json::from_str(sent.last().unwrap()).unwrap();
    claim["spec"]["resources"]["requests"]["storage"].as_str().unwrap().to_owned()
}

#[test]
fn a_refused_enlargement_does_not_lock_the_service() {
    let (host, alice, mut request, id) = refused_enlargement();
    assert_eq!(claimed(&host), "5Gi");
    for action in ["stop", "start", "restart"] {
        alice.post(&format!("/api/v1/deployments/{id}/{action}"), &json!({})).expect(202);
        assert_eq!(claimed(&host), "1Gi", "{action}");
    }
    request["storage_size"] = json!("1Gi");
    alice.post("/api/v1/deploy", &request).expect(202);
    assert_eq!(claimed(&host), "1Gi");
    request["storage_size"] = json!("2Gi");
    alice.post("/api/v1/deploy", &request).expect(202);
    assert_eq!(claimed(&host), "2Gi", "a deploy may ask for more");
}

#[test]
fn asking_for_a_smaller_volume_says_that_it_stays() {
    let (host, alice, mut request, _) = refused_enlargement();
    request["storage_size"] = json!("512Mi");
    for (path, status) in [("/api/v1/deploy?dry_run=true", 200), ("/api/v1/deploy", 202)] {
        let response = alice.post(path, &request).expect(status);
        assert!(response["warnings"].to_string().contains("keeps its size of 1Gi"), "{response}");
    }
    assert_eq!(claimed(&host), "1Gi");
}

#[test]
fn a_dry_run_says_if_a_volume_cannot_grow() {
    let (host, alice, request, _) = refused_enlargement();
    let warnings = || {
        let dry_run = alice.post("/api/v1/deploy?dry_run=true", &request).expect(200);
        dry_run["warnings"].to_string()
    };
    assert!(!warnings().contains("cannot grow"), "without the permission nothing is said");
    let classes = |expandable: bool| {
        let local = json!({ "metadata": { "name": "local" }, "allowVolumeExpansion": expandable });
        let list = json!({ "items": [{ "metadata": { "name": "other" } }, local] });
        host.respond(
            "GET",
            &format!("{CLUSTER}/apis/storage.k8s.io/v1/storageclasses"),
            200,
            &list,
        );
    };
    classes(true);
    assert!(!warnings().contains("cannot grow"));
    classes(false);
    assert!(warnings().contains("cannot grow later: its storage class 'local'"), "{}", warnings());
}

#[test]
fn pods_that_exceed_the_quota_are_found_at_the_deploy_and_in_the_dry_run() {
    let (host, alice, mut request) = platform();
    let quota = json!({ "items": [{
        "metadata": { "name": "nokube" },
        "status": { "hard": { "pods": "50" }, "used": { "pods": "48" } },
    }]});
    host.respond("GET", &format!("{NAMESPACE}/resourcequotas"), 200, &quota);
    request["replicas"] = json!(3);
    let dry_run = alice.post("/api/v1/deploy?dry_run=true", &request).expect(200);
    assert_eq!(dry_run["accepted"], false, "{dry_run}");
    let refused = dry_run["objects"].as_array().unwrap().iter();
    let fields: Vec<_> =
        refused.filter(|of| of["verdict"] == "refused").map(|of| of["field"].clone()).collect();
    assert_eq!(fields, ["replicas"]);
    changes_only_dry_runs(&host);
    let rejected = alice.post("/api/v1/deploy", &request).expect(422);
    assert_eq!(rejected["errors"][0]["field"], "replicas", "{rejected}");
    assert!(!host.stored().keys().any(|key| key.starts_with("v/")), "no revision");
    request["replicas"] = json!(2);
    let id = id_of(&alice.post("/api/v1/deploy", &request).expect(202));
    let full = json!({ "items": [{
        "metadata": { "name": "nokube" },
        "status": { "hard": { "pods": "50" }, "used": { "pods": "50" } },
    }]});
    host.respond("GET", &format!("{NAMESPACE}/resourcequotas"), 200, &full);
    let path = format!("/api/v1/deployments/{id}");
    let detail = alice.post(&format!("{path}/start"), &json!({})).expect(409)["detail"].clone();
    assert!(detail.as_str().unwrap().contains("pods of 'nokube' is 50"), "{detail}");
    alice.post(&format!("{path}/stop"), &json!({})).expect(202);
}

fn changes_only_dry_runs(host: &TestHost) {
    assert_eq!(host.sent("POST", CLUSTER).len() + host.sent("DELETE", CLUSTER).len(), 0);
}

#[test]
fn a_new_autoscaled_service_starts_all_its_pods_and_then_leaves_their_number() {
    let (host, alice, mut request) = platform();
    request["enable_autoscaling"] = json!(true);
    request["min_replicas"] = json!(2);
    let id = id_of(&alice.post("/api/v1/deploy", &request).expect(202));
    assert_eq!(applied_workloads(&host)[0]["spec"]["replicas"], 2);
    let mut current = workload(&id, 1);
    current["metadata"]["managedFields"][0]["fieldsV1"] = json!({ "f:spec": { "f:replicas": {} } });
    current["spec"] = json!({ "replicas": 5 });
    cluster_has(&host, &current);
    alice.post("/api/v1/deploy", &request).expect(202);
    let applied = applied_workloads(&host);
    assert_eq!(applied[1]["spec"]["replicas"], 5, "handed over unchanged");
    assert!(applied[2]["spec"].get("replicas").is_none());
}
