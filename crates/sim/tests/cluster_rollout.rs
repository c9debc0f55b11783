//! What becomes of a deployment: rollouts, failures, deletion.

mod support_cluster;

use nokube_sim::{ClusterOptions, PrivateImages};
use serde_json::{Value, json};
use support_cluster::{WEB, condition, deployment, world, world_with};

/// Why the only container of the only pod waits.
#[allow(clippy::indexing_slicing)] // helpers of tests are tests
fn waiting(pod: &Value) -> (String, String) {
    let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
    let part = |name: &str| waiting[name].as_str().unwrap_or_default().to_owned();
    (part("reason"), part("message"))
}

#[tokio::test]
async fn a_good_image_becomes_available() {
    let world = world().await;
    let web = world.deploy("ghcr.io/a/web:1").await;
    let status = &web["status"];
    assert_eq!(status["observedGeneration"], web["metadata"]["generation"]);
    assert_eq!((&status["updatedReplicas"], &status["availableReplicas"]), (&json!(1), &json!(1)));
    assert_eq!(status.get("unavailableReplicas"), None);
    assert_eq!(condition(&web, "Available")["status"], "True");
    assert_eq!(condition(&web, "Progressing")["reason"], "NewReplicaSetAvailable");
    assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "1");
    let pod = world.pod();
    assert_eq!(pod["status"]["phase"], "Running");
    assert_eq!(condition(&pod, "Ready")["status"], "True");
    for reason in ["Scheduled", "Pulling", "Pulled", "Created", "Started", "ScalingReplicaSet"] {
        assert!(world.events().iter().any(|event| event == reason), "{reason}");
    }
}

#[tokio::test]
async fn an_update_rolls_and_a_rollback_finds_its_old_set() {
    let world = world().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!(3);
    world.apply(WEB, object.clone()).await;
    world.cluster.settled().await.unwrap();
    let image = "/spec/template/spec/containers/0/image";
    *object.pointer_mut(image).unwrap() = json!("ghcr.io/a/web:2");
    world.apply(WEB, object.clone()).await;
    world.cluster.settled().await.unwrap();
    let web = world.web();
    assert_eq!(web["status"]["updatedReplicas"], 3);
    assert_eq!(web["status"]["replicas"], 3);
    assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
    assert_eq!(world.cluster.objects("replicasets", "shop").len(), 2);
    *object.pointer_mut(image).unwrap() = json!("ghcr.io/a/web:1");
    world.apply(WEB, object).await;
    world.cluster.settled().await.unwrap();
    assert_eq!(world.cluster.objects("replicasets", "shop").len(), 2);
    let web = world.web();
    assert_eq!(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "3");
    assert_eq!(web["status"]["availableReplicas"], 3);
}

#[tokio::test]
async fn a_broken_update_leaves_the_old_pods_and_times_out() {
    let world = world().await;
    world.deploy("ghcr.io/a/web:1").await;
    let mut object = deployment("ghcr.io/a/web-crash:2");
    object["spec"]["progressDeadlineSeconds"] = json!(60);
    world.apply(WEB, object).await;
    world.cluster.settled().await.unwrap();
    let web = world.web();
    assert_eq!(web["status"]["availableReplicas"], 1);
    assert_eq!(web["status"]["replicas"], 2);
    assert_eq!(condition(&web, "Progressing")["status"], "True");
    world.cluster.pass(70);
    let progressing = condition(&world.web(), "Progressing");
    assert_eq!(progressing["reason"], "ProgressDeadlineExceeded");
    assert_eq!(progressing["status"], "False");
}

#[tokio::test]
async fn every_way_to_fail_shows_its_reason() {
    for (image, reason, message) in [
        (
            "ghcr.io/a/web-crash:1",
            "CrashLoopBackOff",
            "back-off 10s restarting failed container=app",
        ),
        ("ghcr.io/a/web-oom:1", "CrashLoopBackOff", "back-off 10s"),
        ("ghcr.io/a/web-nopull:1", "ImagePullBackOff", "unexpected status from HEAD request"),
        ("ghcr.io/a/web-notag:9", "ImagePullBackOff", "ghcr.io/a/web-notag:9: not found"),
    ] {
        let world = world().await;
        world.deploy(image).await;
        let pod = world.pod();
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
    let pending = world().await;
    pending.deploy("ghcr.io/a/web-pending:1").await;
    let scheduled = condition(&pending.pod(), "PodScheduled");
    assert_eq!(scheduled["reason"], "Unschedulable");
    assert!(scheduled["message"].as_str().unwrap().contains("3 Insufficient memory"));

    let unready = world().await;
    let mut object = deployment("ghcr.io/a/web-unready:1");
    object["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] =
        json!({"httpGet": {"port": 8080}});
    unready.apply(WEB, object).await;
    unready.cluster.settled().await.unwrap();
    assert_eq!(unready.pod()["status"]["phase"], "Running");
    assert_eq!(condition(&unready.pod(), "Ready")["status"], "False");
    assert!(unready.events().iter().any(|event| event == "Unhealthy"));
}

#[tokio::test]
async fn a_missing_secret_holds_a_container_until_it_is_there() {
    let world = world().await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["template"]["spec"]["containers"][0]["envFrom"] =
        json!([{"secretRef": {"name": "keys"}}]);
    world.apply(WEB, object).await;
    world.cluster.settled().await.unwrap();
    let found = waiting(&world.pod());
    assert_eq!(found.0, "CreateContainerConfigError");
    assert_eq!(found.1, "secret \"keys\" not found");
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"},
        "stringData": {"KEY": "sentinel"},
    });
    let (_, stored) = world.apply("/api/v1/namespaces/shop/secrets/keys", secret).await;
    assert_eq!(stored["data"]["KEY"], "c2VudGluZWw=");
    assert_eq!(stored["type"], "Opaque");
    world.cluster.settled().await.unwrap();
    assert_eq!(condition(&world.pod(), "Ready")["status"], "True");
    assert!(world.cluster.dump().contains("sentinel"));
}

#[tokio::test]
async fn a_private_image_needs_its_credentials() {
    let private = PrivateImages {
        prefix: "ghcr.io/a/".to_owned(),
        username: "u".to_owned(),
        password: "p".to_owned(),
    };
    let world =
        world_with(ClusterOptions { private_images: vec![private], ..Default::default() }).await;
    world.deploy("ghcr.io/a/web:1").await;
    assert!(waiting(&world.pod()).1.contains("401 Unauthorized"));
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": r#"{"auths":{"ghcr.io":{"auth":"dTpw"}}}"#},
    });
    world.apply("/api/v1/namespaces/shop/secrets/pull", secret).await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "pull"}]);
    world.apply(WEB, object).await;
    world.cluster.settled().await.unwrap();
    assert_eq!(world.web()["status"]["availableReplicas"], 1);
}

#[tokio::test]
async fn root_is_refused_where_it_is_forbidden() {
    let world = world().await;
    let mut object = deployment("ghcr.io/a/web-root:1");
    object["spec"]["template"]["spec"]["securityContext"] = json!({"runAsNonRoot": true});
    world.apply(WEB, object).await;
    world.cluster.settled().await.unwrap();
    let found = waiting(&world.pod());
    assert_eq!(found.0, "CreateContainerConfigError");
    assert!(found.1.starts_with("container has runAsNonRoot and image will run as root"));
}

#[tokio::test]
async fn deleting_takes_what_is_owned() {
    let world = world().await;
    let web = world.deploy("ghcr.io/a/web:1").await;
    let (status, body) = world.delete(WEB, json!({"preconditions": {"uid": "other"}})).await;
    assert_eq!((status, &body["reason"]), (409, &json!("Conflict")));
    assert!(body["message"].as_str().unwrap().starts_with(
        "Operation cannot be fulfilled on Deployment.apps \"web\": the UID in the precondition"
    ));
    let options = json!({
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground",
        "preconditions": {"uid": web["metadata"]["uid"]},
    });
    let (status, body) = world.delete(WEB, options).await;
    assert_eq!((status, &body["metadata"]["finalizers"]), (200, &json!(["foregroundDeletion"])));
    world.cluster.settled().await.unwrap();
    for kind in ["deployments", "replicasets", "pods"] {
        assert_eq!(world.cluster.objects(kind, "shop"), Vec::<Value>::new(), "{kind}");
    }
    let (status, body) = world.delete(WEB, json!({})).await;
    assert_eq!((status, &body["message"]), (404, &json!("deployments.apps \"web\" not found")));
}

#[tokio::test]
async fn a_namespace_goes_with_its_contents() {
    let world = world().await;
    world.deploy("ghcr.io/a/web:1").await;
    world.cluster.hold(true);
    let (status, body) = world.delete("/api/v1/namespaces/shop", json!({})).await;
    assert_eq!((status, &body["status"]["phase"]), (200, &json!("Terminating")));
    let (status, body) = world
        .apply(WEB.replace("web", "api").as_str(), {
            let mut object = deployment("ghcr.io/a/web:1");
            object["metadata"]["name"] = json!("api");
            object
        })
        .await;
    assert_eq!(status, 403);
    assert_eq!(body["details"]["causes"][0]["reason"], "NamespaceTerminating");
    world.cluster.hold(false);
    world.cluster.settled().await.unwrap();
    assert_eq!(world.get("/api/v1/namespaces/shop").await.0, 404);
    assert!(world.cluster.all_in("shop").is_empty());
}
