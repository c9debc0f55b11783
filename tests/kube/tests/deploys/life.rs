//! Restart, stop, start, logs, events, volumes: what is done with a deployment while it lives.

use crate::platform::{cluster, left_in, plan, somebody, text};
use anyhow::Result;
use nokube_tests_kube::{Fate, Kubelet};
use serde_json::{Value, json};

#[tokio::test]
async fn a_service_is_restarted_stopped_and_started_and_its_pods_tell() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let world = plan().await?.start().await;
    let login = somebody("lena");
    let user = world.user(&login);
    let project = user.project("app").await;
    let namespace = format!("nk-{login}-app");
    let mut wanted = user.wanted_deployment(project, "web", "nginx:1.29").await;
    wanted["replicas"] = json!(3);
    let path = user.deploy(&wanted).await;
    let node = Kubelet::start(&admin, &namespace).await?;
    let playing = node.play();
    let running = user.until(&path, &["running"]).await;
    assert_eq!(running["replicas_ready"], 3);
    let pods = |seen: &Value| -> Vec<String> {
        let pods = seen["pods"].as_array().into_iter().flatten();
        pods.filter(|pod| pod["current"] == true).map(|pod| text(pod, "/name").into()).collect()
    };
    let before = pods(&running);

    let log = "app.kubernetes.io/name=web";
    for pod in node.pods(log, 3).await? {
        node.log(text(&pod, "/metadata/name"), "app", false, "hello from a pod");
    }
    let all = user.get(&format!("{path}/logs?tail=10")).await;
    assert_eq!(all.text.matches("hello from a pod").count(), 3, "{}", all.text);
    let one = user.get(&format!("{path}/logs?pod={}", before[0])).await;
    assert_eq!(one.text.matches("hello from a pod").count(), 1, "{}", one.text);
    let other = user.get(&format!("{path}/logs?pod=coredns-1")).await.faults();
    assert!(other["pod"].contains("no pod of this deployment"));

    user.post(&format!("{path}/restart"), &json!({})).await.expect(202);
    let restarted = user.until(&path, &["running"]).await;
    assert!(pods(&restarted).iter().all(|pod| !before.contains(pod)), "new pods");

    user.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    let stopped = user.until(&path, &["stopped"]).await;
    assert_eq!((&stopped["replicas_total"], &stopped["error_code"]), (&json!(0), &Value::Null));
    assert!(user.post(&format!("{path}/restart"), &json!({})).await.problem(409).contains("Start"));
    user.post(&format!("{path}/start"), &json!({})).await.expect(202);
    let started = user.until(&path, &["running"]).await;
    assert_eq!(started["replicas_ready"], 3, "as many as before");

    let events = user.get(&format!("{path}/events")).await.expect(200);
    let reasons: Vec<_> =
        events["events"].as_array().into_iter().flatten().map(|e| text(e, "/reason")).collect();
    assert!(reasons.contains(&"ScalingReplicaSet"), "{events:#}");

    // What a pod suffers is told in words.
    drop(playing);
    for (fate, code, words) in [
        (Fate::NoPull, "image_pull", "no such image or tag"),
        (Fate::OutOfMemory { restarts: 3 }, "out_of_memory", "limit of 512Mi"),
        (Fate::Unschedulable, "unschedulable", "No machine"),
        (Fate::NoConfig, "container_config", "not in the cluster"),
    ] {
        user.post(&format!("{path}/restart"), &json!({})).await.expect(202);
        let surge = user.until_pods(&path, 4).await;
        assert!(surge["pods"].as_array().is_some_and(|pods| pods.len() >= 4));
        let newest = newest(&node.pods(log, 4).await?);
        node.make(&format!("{log},pod-template-hash={newest}"), 1, &fate).await?;
        let failed = user.until(&path, &["failed"]).await;
        assert_eq!(failed["error_code"], code, "{failed:#}");
        let told = text(&failed, "/error_message");
        assert!(told.contains(words) && told.contains("go on serving"), "{told}");
    }
    world.end().await;
    Ok(())
}

/// The template's hash of the pods that are not there for long.
fn newest(pods: &[Value]) -> String {
    let made = |pod: &&Value| text(pod, "/metadata/creationTimestamp").to_owned();
    let pod = pods.iter().filter(|pod| pod["spec"]["nodeName"].is_null()).max_by_key(made);
    let pod = pod.or(pods.last()).expect("a pod");
    text(pod, "/metadata/labels/pod-template-hash").to_owned()
}

#[tokio::test]
async fn a_volume_stays_unless_it_is_asked_for_and_grows_but_never_shrinks() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let world = plan().await?.start().await;
    let login = somebody("vic");
    let user = world.user(&login);
    let project = user.project("app").await;
    let namespace = format!("nk-{login}-app");
    let mut wanted = user.wanted_deployment(project, "db", "postgres:18").await;
    wanted["storage_size"] = json!("2Gi");
    wanted["storage_path"] = json!("/var/lib/postgresql/data");
    wanted["exposure_type"] = json!("internal");
    let path = user.deploy(&wanted).await;
    // Less than before is as much as before.
    wanted["storage_size"] = json!("1Gi");
    assert_eq!(user.deploy(&wanted).await, path);
    let claim = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/db-data");
    let size = "/spec/resources/requests/storage";
    assert_eq!(text(&admin.get(&claim).await?.ok()?, size), "2Gi");

    user.delete(&path).await.expect(204);
    user.get(&path).await.problem(404);
    let left = left_in(&admin, &namespace).await?;
    assert!(left.contains(&"persistentvolumeclaims/db-data".into()), "{left:?}");
    assert!(!left.iter().any(|object| object.starts_with("deployments/")), "{left:?}");
    // The service comes back to its volume, under its own id.
    assert_eq!(user.deploy(&wanted).await, path);
    user.delete(&path).await.expect(204);
    user.delete(&format!("{path}?volumes=true")).await.expect(204);
    admin.until_gone(&format!("/api/v1/namespaces/{namespace}")).await?;
    user.delete(&format!("{path}?volumes=true")).await.problem(404);
    world.end().await;
    Ok(())
}
