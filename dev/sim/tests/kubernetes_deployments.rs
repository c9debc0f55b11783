//! The life of a Deployment: rollout, failures, deletion.

mod support_kubernetes;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nokube_sim::{ClusterOptions, PrivateImages};
use serde_json::{Value, json};
use support_kubernetes::{WEB, condition, deployment, start_cluster, start_cluster_with};

/// The reason and the message of why the pod's first container is waiting.
#[allow(clippy::indexing_slicing)] // helpers of tests are tests
fn waiting(pod: &Value) -> (String, String) {
    let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
    let part = |name: &str| waiting[name].as_str().unwrap_or_default().to_owned();
    (part("reason"), part("message"))
}

#[tokio::test]
async fn a_working_image_becomes_available() {
    let cluster = start_cluster().await;
    let web = cluster.deploy("ghcr.io/a/web:x-crash").await;
    let status = &web["status"];
    assert_eq!(status["observedGeneration"], web["metadata"]["generation"]);
    assert_eq!((&status["updatedReplicas"], &status["availableReplicas"]), (&json!(1), &json!(1)));
    assert_eq!(status["unavailableReplicas"], 0);
    assert_eq!(condition(&web, "Available")["status"], "True");
    assert_eq!(condition(&web, "Progressing")["reason"], "NewReplicaSetAvailable");
    assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "1");
    let pod = cluster.pod();
    assert_eq!(pod["status"]["phase"], "Running");
    assert_eq!(condition(&pod, "Ready")["status"], "True");
    for reason in ["Scheduled", "Pulling", "Pulled", "Created", "Started", "ScalingReplicaSet"] {
        assert!(cluster.event_reasons().iter().any(|event| event == reason), "{reason}");
    }
}

#[tokio::test]
async fn a_rollback_reuses_its_old_replica_set() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!(3);
    cluster.apply(WEB, object.clone()).await;
    cluster.wait_until_idle().await.unwrap();
    let image = "/spec/template/spec/containers/0/image";
    *object.pointer_mut(image).unwrap() = json!("ghcr.io/a/web:2");
    cluster.apply(WEB, object.clone()).await;
    cluster.wait_until_idle().await.unwrap();
    let web = cluster.web();
    assert_eq!(web["status"]["updatedReplicas"], 3);
    assert_eq!(web["status"]["replicas"], 3);
    assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
    assert_eq!(cluster.objects("replicasets", "shop").len(), 2);
    *object.pointer_mut(image).unwrap() = json!("ghcr.io/a/web:1");
    cluster.apply(WEB, object).await;
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(cluster.objects("replicasets", "shop").len(), 2);
    let web = cluster.web();
    assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "3");
    assert_eq!(web["status"]["availableReplicas"], 3);
}

#[tokio::test]
async fn a_failing_update_keeps_the_old_pods_and_exceeds_its_deadline() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web:1").await;
    let mut object = deployment("ghcr.io/a/web-crash:2");
    object["spec"]["progressDeadlineSeconds"] = json!(60);
    cluster.apply(WEB, object).await;
    cluster.wait_until_idle().await.unwrap();
    let web = cluster.web();
    assert_eq!(web["status"]["availableReplicas"], 1);
    assert_eq!(web["status"]["replicas"], 2);
    assert_eq!(condition(&web, "Progressing")["status"], "True");
    cluster.run_steps(70);
    let progressing = condition(&cluster.web(), "Progressing");
    assert_eq!(progressing["reason"], "ProgressDeadlineExceeded");
    assert_eq!(progressing["status"], "False");
}

#[tokio::test]
async fn each_failing_image_shows_its_reason() {
    // The name chooses the behaviour, not the tag or the digest.
    let digest = "0".repeat(64);
    for (image, reason, message) in [
        (
            &*format!("localhost:5000/a/web-crash@sha256:{digest}"),
            "CrashLoopBackOff",
            "back-off 10s restarting failed container=app",
        ),
        ("ghcr.io/a/web-oom:1", "CrashLoopBackOff", "back-off 10s"),
        ("ghcr.io/a/web-nopull:1", "ImagePullBackOff", "unexpected status from HEAD request"),
        ("ghcr.io/a/web-notag:9", "ImagePullBackOff", "ghcr.io/a/web-notag:9: not found"),
        ("ghcr.io/a/web-nocommand:1", "CreateContainerError", "no command specified"),
    ] {
        let cluster = start_cluster().await;
        cluster.deploy(image).await;
        let pod = cluster.pod();
        let found = waiting(&pod);
        assert_eq!(found.0, reason, "{image}");
        assert!(found.1.contains(message), "{}", found.1);
        let last = &pod["status"]["containerStatuses"][0]["lastState"]["terminated"];
        match image {
            image if image.contains("-oom") => assert_eq!(last["reason"], "OOMKilled"),
            image if image.contains("-crash") => assert_eq!(last["exitCode"], 1),
            _ => assert!(last.is_null()),
        }
    }
    let pending = start_cluster().await;
    pending.deploy("ghcr.io/a/web-pending:1").await;
    let scheduled = condition(&pending.pod(), "PodScheduled");
    assert_eq!(scheduled["reason"], "Unschedulable");
    assert!(scheduled["message"].as_str().unwrap().contains("3 Insufficient memory"));

    let unready = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web-unready:1");
    object["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] =
        json!({"httpGet": {"port": 8080}});
    unready.apply(WEB, object).await;
    unready.wait_until_idle().await.unwrap();
    assert_eq!(unready.pod()["status"]["phase"], "Running");
    assert_eq!(condition(&unready.pod(), "Ready")["status"], "False");
    assert!(unready.event_reasons().iter().any(|event| event == "Unhealthy"));
}

#[tokio::test]
async fn a_program_that_hangs_loses_its_readiness_with_the_kubelets_words() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web-hangs:1");
    object["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] =
        json!({"httpGet": {"port": 8080, "path": "/ready"}, "periodSeconds": 5});
    cluster.set_paused(true);
    cluster.apply(WEB, object).await;
    cluster.run_steps(10);
    assert_eq!(condition(&cluster.pod(), "Ready")["status"], "True");
    cluster.run_steps(40);
    assert_eq!(condition(&cluster.pod(), "Ready")["status"], "False");
    let events = cluster.objects("events", "shop");
    let unhealthy = events.iter().find(|event| event["reason"] == "Unhealthy").unwrap();
    let ip = cluster.pod()["status"]["podIP"].clone();
    let message =
        format!("Readiness probe failed: Get \"http://{}:8080/ready\"", ip.as_str().unwrap());
    assert!(unhealthy["message"].as_str().unwrap().starts_with(&message), "{unhealthy}");
    assert_eq!(unhealthy["involvedObject"]["fieldPath"], "spec.containers{app}");
    assert!(unhealthy["count"].as_i64().unwrap() > 2);
    // A rollout that was done stays so.
    assert_eq!(condition(&cluster.web(), "Progressing")["reason"], "NewReplicaSetAvailable");
    assert_eq!(condition(&cluster.web(), "Available")["status"], "False");
}

#[tokio::test]
async fn somebody_changes_a_deployment_with_edited_in_its_name_once() {
    let cluster = start_cluster().await;
    let path = "/apis/apps/v1/namespaces/shop/deployments/edited";
    let mut object = deployment("ghcr.io/a/web:1");
    object["metadata"]["name"] = json!("edited");
    object["spec"]["replicas"] = json!(1);
    for expected in [2, 1] {
        cluster.apply(path, object.clone()).await;
        cluster.wait_until_idle().await.unwrap();
        let found = cluster.object("deployments", "shop", "edited").unwrap();
        assert_eq!(found["spec"]["replicas"], expected);
    }
}

#[tokio::test]
async fn a_container_waits_for_a_missing_secret() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["template"]["spec"]["containers"][0]["envFrom"] =
        json!([{"secretRef": {"name": "keys"}}]);
    cluster.apply(WEB, object).await;
    cluster.wait_until_idle().await.unwrap();
    let found = waiting(&cluster.pod());
    assert_eq!(found.0, "CreateContainerConfigError");
    assert_eq!(found.1, "secret \"keys\" not found");
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "shop"},
        "data": {"KEY": STANDARD.encode("sentinel")},
    });
    cluster.apply("/api/v1/namespaces/shop/secrets/keys", secret).await;
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(condition(&cluster.pod(), "Ready")["status"], "True");
    assert!(cluster.dump().contains("sentinel"));
}

#[tokio::test]
async fn a_private_image_needs_credentials() {
    let private = PrivateImages {
        prefix: "ghcr.io/a/".to_owned(),
        username: "u".to_owned(),
        password: "p".to_owned(),
    };
    let cluster =
        start_cluster_with(ClusterOptions { private_images: vec![private], ..Default::default() })
            .await;
    cluster.deploy("ghcr.io/a/web:1").await;
    assert!(waiting(&cluster.pod()).1.contains("401 Unauthorized"));
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull", "namespace": "shop"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": STANDARD.encode(r#"{"auths":{"ghcr.io":{"auth":"dTpw"}}}"#)},
    });
    cluster.apply("/api/v1/namespaces/shop/secrets/pull", secret).await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "pull"}]);
    cluster.apply(WEB, object).await;
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(cluster.web()["status"]["availableReplicas"], 1);
}

#[tokio::test]
async fn an_image_that_runs_as_root_does_not_start_if_root_is_forbidden() {
    let cluster = start_cluster().await;
    let mut object = deployment("ghcr.io/a/web-root:1");
    object["spec"]["template"]["spec"]["securityContext"] = json!({"runAsNonRoot": true});
    cluster.apply(WEB, object).await;
    cluster.wait_until_idle().await.unwrap();
    let found = waiting(&cluster.pod());
    assert_eq!(found.0, "CreateContainerConfigError");
    assert!(found.1.starts_with("container has runAsNonRoot and image will run as root"));
}

#[tokio::test]
async fn foreground_deletion_deletes_dependents() {
    let cluster = start_cluster().await;
    let web = cluster.deploy("ghcr.io/a/web:1").await;
    let (status, body) = cluster.delete(WEB, json!({"preconditions": {"uid": "other"}})).await;
    assert_eq!((status, &body["reason"]), (409, &json!("Conflict")));
    assert!(body["message"].as_str().unwrap().starts_with(
        "Operation cannot be fulfilled on Deployment.apps \"web\": the UID in the precondition"
    ));
    let options = json!({
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground",
        "preconditions": {"uid": web["metadata"]["uid"]},
    });
    let (status, body) = cluster.delete(WEB, options).await;
    assert_eq!((status, &body["metadata"]["finalizers"]), (200, &json!(["foregroundDeletion"])));
    cluster.wait_until_idle().await.unwrap();
    for kind in ["deployments", "replicasets", "pods"] {
        assert_eq!(cluster.objects(kind, "shop"), Vec::<Value>::new(), "{kind}");
    }
    let (status, body) = cluster.delete(WEB, json!({})).await;
    assert_eq!((status, &body["message"]), (404, &json!("deployments.apps \"web\" not found")));
}

#[tokio::test]
async fn deleting_a_namespace_deletes_its_contents() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web:1").await;
    cluster.set_paused(true);
    let (status, body) = cluster.delete("/api/v1/namespaces/shop", json!({})).await;
    assert_eq!((status, &body["status"]["phase"]), (200, &json!("Terminating")));
    let (status, body) = cluster
        .apply(WEB.replace("web", "api").as_str(), {
            let mut object = deployment("ghcr.io/a/web:1");
            object["metadata"]["name"] = json!("api");
            object
        })
        .await;
    assert_eq!(status, 403);
    assert_eq!(body["details"]["causes"][0]["reason"], "NamespaceTerminating");
    cluster.set_paused(false);
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(cluster.get("/api/v1/namespaces/shop").await.0, 404);
    assert!(cluster.all_objects_in("shop").is_empty());
}

#[tokio::test]
async fn images_that_are_new_can_crash_while_others_go_on() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web:1").await;
    cluster.let_new_images_crash(true);
    let web = cluster.deploy("ghcr.io/a/web:2").await;
    assert_eq!(condition(&web, "Available")["status"], "True", "the pods of the old image serve");
    let reasons: Vec<String> =
        cluster.objects("pods", "shop").iter().map(|pod| waiting(pod).0).collect();
    assert!(reasons.iter().any(|reason| reason == "CrashLoopBackOff"), "{reasons:?}");
    let web = cluster.deploy("ghcr.io/a/web:1").await;
    assert_eq!(web["status"]["updatedReplicas"], web["status"]["availableReplicas"]);
    cluster.let_new_images_crash(false);
    let web = cluster.deploy("ghcr.io/a/web:2").await;
    assert_eq!(
        (&web["status"]["availableReplicas"], &web["status"]["unavailableReplicas"]),
        (&json!(1), &json!(0))
    );
}
