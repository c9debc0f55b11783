//! One user's deployment from a build to its deletion.

use crate::platform::{cluster, config, objects_in, text, unique_login};
use anyhow::Result;
use nokube_tests::USER_SECRET_VALUE;
use nokube_tests_kube::{Kubelet, PodBehaviour};
use serde_json::json;

#[tokio::test]
async fn a_build_is_deployed_updated_rolled_back_and_deleted() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let name = unique_login("alice");
    let alice = platform.user(&name);
    let project = alice.create_project("myapp").await;
    let build = alice.start_build(project).await;
    let build = alice.wait_for_end(&build).await;

    let mut request = alice.deployment_request(project, "frontend", "").await;
    request["image_name"] = build["image_full_name"].clone();
    request["build_id"] = build["build_id"].clone();
    request["env_vars"] = json!({ "COLOUR": "red" });
    request["secrets"] = json!({ "API_KEY": USER_SECRET_VALUE });
    let response = alice.post("/api/v1/deploy", &request).await.expect(202);
    assert_eq!(response["status"], "deploying", "{response:#}");
    let path = format!("/api/v1/deployments/{}", text(&response, "/deployment_id"));
    assert_eq!(response["access_url"], format!("http://frontend-myapp-{name}.apps.example.org"));

    let namespace = format!("nk-{name}-myapp");
    let kubelet = Kubelet::start(&admin, &namespace).await?;
    let _running_kubelet = kubelet.run();
    let running = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(running["replicas_ready"], 2, "{running:#}");
    assert_eq!(running["image_digest"], build["image_digest"]);
    let deployment = format!("/apis/apps/v1/namespaces/{namespace}/deployments/frontend");
    let first = admin.get(&deployment).await?.ok()?;
    assert!(
        text(&first, "/spec/template/spec/containers/0/image")
            .ends_with(text(&build, "/image_digest"))
    );

    // A changed variable replaces the pods. The secret keeps its value.
    request["env_vars"] = json!({ "COLOUR": "blue" });
    request["secrets"] = json!({ "API_KEY": null });
    alice.deploy(&request).await;
    let running = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(running["revision"], 2);
    let second = admin.get(&deployment).await?.ok()?;
    assert_ne!(first["spec"]["template"], second["spec"]["template"]);

    // A rollback restores the image and the configuration.
    alice.post(&format!("{path}/rollback"), &json!({ "revision": 1 })).await.expect(202);
    alice.wait_for_status(&path, &["running"]).await;
    let third = admin.get(&deployment).await?.ok()?;
    assert_eq!(first["spec"]["template"], third["spec"]["template"]);

    // A crash is reported with its exit code.
    kubelet
        .set_behaviour(
            "app.kubernetes.io/name=frontend",
            2,
            &PodBehaviour::Crash { exit_code: 3, restarts: 4 },
        )
        .await?;
    let failed = alice.wait_for_status(&path, &["failed"]).await;
    assert!(text(&failed, "/error_message").contains("exit code 3"), "{failed:#}");

    alice.delete(&format!("{path}?volumes=true")).await.expect(204);
    alice.get(&path).await.expect_problem(404);
    for _ in 0..100 {
        let namespace_response = admin.get(&format!("/api/v1/namespaces/{namespace}")).await?;
        if namespace_response.expect(404).is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(objects_in(&admin, &namespace).await?, Vec::<String>::new());
    platform.finish().await;
    Ok(())
}
