//! Operations on a running deployment: restart, stop, start, logs, events, volumes, autoscaling.

use crate::platform::{cluster, config, objects_in, text, unique_login};
use anyhow::Result;
use nokube_tests_kube::Kubelet;
use serde_json::{Value, json};

#[tokio::test]
async fn a_service_is_restarted_stopped_and_started() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let login = unique_login("lena");
    let user = platform.user(&login);
    let project = user.create_project("app").await;
    let namespace = format!("nk-{login}-app");
    let mut request = user.deployment_request(project, "web", "nginx:1.29").await;
    request["replicas"] = json!(3);
    let path = user.deploy(&request).await;
    let kubelet = Kubelet::start(&admin, &namespace).await?;
    let _running_kubelet = kubelet.run();
    let running = user.wait_for_status(&path, &["running"]).await;
    assert_eq!(running["replicas_ready"], 3);
    let current_pods = |deployment: &Value| -> Vec<String> {
        let pods = deployment["pods"].as_array().into_iter().flatten();
        pods.filter(|pod| pod["current"] == true).map(|pod| text(pod, "/name").into()).collect()
    };
    let before = current_pods(&running);

    let selector = "app.kubernetes.io/name=web";
    for pod in kubelet.wait_for_pods(selector, 3).await? {
        kubelet.write_log(text(&pod, "/metadata/name"), "app", false, "hello from a pod");
    }
    let all_logs = user.get(&format!("{path}/logs?tail=10")).await;
    assert_eq!(all_logs.text.matches("hello from a pod").count(), 3, "{}", all_logs.text);
    let one_log = user.get(&format!("{path}/logs?pod={}", before[0])).await;
    assert_eq!(one_log.text.matches("hello from a pod").count(), 1, "{}", one_log.text);
    let errors = user.get(&format!("{path}/logs?pod=coredns-1")).await.field_errors();
    assert!(errors["pod"].contains("no pod of this deployment"));

    user.post(&format!("{path}/restart"), &json!({})).await.expect(202);
    let restarted = user.wait_for_status(&path, &["running"]).await;
    assert!(current_pods(&restarted).iter().all(|pod| !before.contains(pod)), "new pods");

    user.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    let stopped = user.wait_for_status(&path, &["stopped"]).await;
    assert_eq!((&stopped["replicas_total"], &stopped["error_code"]), (&json!(0), &Value::Null));
    assert!(
        user.post(&format!("{path}/restart"), &json!({}))
            .await
            .expect_problem(409)
            .contains("Start")
    );
    user.post(&format!("{path}/start"), &json!({})).await.expect(202);
    let started = user.wait_for_status(&path, &["running"]).await;
    assert_eq!(started["replicas_ready"], 3, "as many as before");

    let events = user.get(&format!("{path}/events")).await.expect(200);
    let reasons: Vec<_> = events["events"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|event| text(event, "/reason"))
        .collect();
    assert!(reasons.contains(&"ScalingReplicaSet"), "{events:#}");

    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_volume_survives_its_deployment_unless_requested_and_never_shrinks() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let login = unique_login("vic");
    let user = platform.user(&login);
    let project = user.create_project("app").await;
    let namespace = format!("nk-{login}-app");
    let mut request = user.deployment_request(project, "db", "postgres:18").await;
    request["storage_size"] = json!("2Gi");
    request["storage_path"] = json!("/var/lib/postgresql/data");
    request["exposure_type"] = json!("internal");
    let path = user.deploy(&request).await;
    // A smaller size keeps the volume as it is.
    request["storage_size"] = json!("1Gi");
    assert_eq!(user.deploy(&request).await, path);
    let claim = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/db-data");
    let size = "/spec/resources/requests/storage";
    assert_eq!(text(&admin.get(&claim).await?.ok()?, size), "2Gi");

    user.delete(&path).await.expect(204);
    user.get(&path).await.expect_problem(404);
    // The Deployment is deleted after its pods.
    let workload = format!("/apis/apps/v1/namespaces/{namespace}/deployments/db");
    admin.wait_until_deleted(&workload).await?;
    let objects = objects_in(&admin, &namespace).await?;
    assert!(objects.contains(&"persistentvolumeclaims/db-data".into()), "{objects:?}");
    // Deploying again reuses the volume and the deployment's id.
    assert_eq!(user.deploy(&request).await, path);
    user.delete(&path).await.expect(204);
    user.delete(&format!("{path}?volumes=true")).await.expect(204);
    admin.wait_until_deleted(&format!("/api/v1/namespaces/{namespace}")).await?;
    user.delete(&format!("{path}?volumes=true")).await.expect_problem(404);
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn an_autoscaler_starts_with_the_current_number_of_replicas() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let login = unique_login("hpa");
    let user = platform.user(&login);
    let project = user.create_project("app").await;
    let workload = format!("/apis/apps/v1/namespaces/nk-{login}-app/deployments/web");
    let replicas = async || {
        let found = admin.get(&workload).await?.ok()?;
        anyhow::Ok(found["spec"]["replicas"].as_u64())
    };
    let mut request = user.deployment_request(project, "web", "nginx:1.29").await;
    request["replicas"] = json!(4);
    let path = user.deploy(&request).await;
    let generation = admin.get(&workload).await?.ok()?["metadata"]["generation"].clone();
    request["enable_autoscaling"] = json!(true);
    request["min_replicas"] = json!(2);
    request["max_replicas"] = json!(6);
    user.deploy(&request).await;
    assert_eq!(replicas().await?, Some(4), "the replicas are unchanged");
    let new_generation = admin.get(&workload).await?.ok()?["metadata"]["generation"].clone();
    let changes = new_generation.as_i64().unwrap_or(0) - generation.as_i64().unwrap_or(0);
    assert!(changes <= 1, "only the new template may change the spec: {changes}");
    // Another deployment does not change the number that the autoscaler chose.
    admin
        .merge_patch(&format!("{workload}/scale"), &json!({ "spec": { "replicas": 5 } }))
        .await?
        .ok()?;
    user.deploy(&request).await;
    assert_eq!(replicas().await?, Some(5));
    // Stopping sets zero replicas, starting the minimum.
    user.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    assert_eq!(replicas().await?, Some(0));
    user.post(&format!("{path}/start"), &json!({})).await.expect(202);
    assert_eq!(replicas().await?, Some(2));
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_missing_role_binding_is_created_by_the_next_deployment() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let login = unique_login("unbound");
    let user = platform.user(&login);
    let project = user.create_project("app").await;
    let request = user.deployment_request(project, "web", "nginx:1.29").await;
    let path = user.deploy(&request).await;
    // As if the platform had crashed between creating the namespace and the role binding.
    let bindings =
        format!("/apis/rbac.authorization.k8s.io/v1/namespaces/nk-{login}-app/rolebindings");
    admin.delete(&format!("{bindings}/nokube-deployer"), &json!({})).await?.ok()?;
    while user.get(&path).await.expect(200)["error_code"] != "cluster_unreachable" {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(user.deploy(&request).await, path);
    assert_eq!(user.get(&path).await.expect(200)["status"], "deploying");
    platform.finish().await;
    Ok(())
}
