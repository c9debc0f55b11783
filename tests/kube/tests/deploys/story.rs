//! From the image to running pods and back, as one user lives it.

use crate::platform::{cluster, left_in, plan, somebody, text};
use anyhow::Result;
use nokube_tests::USER_SECRET;
use nokube_tests_kube::{Fate, Kubelet};
use serde_json::json;

#[tokio::test]
async fn from_a_build_to_running_pods_another_variable_a_rollback_and_gone() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let world = plan().await?.start().await;
    let name = somebody("alice");
    let alice = world.user(&name);
    let project = alice.project("myapp").await;
    let build = alice.build(project).await;
    let build = alice.until_ended(&build).await;

    let mut wanted = alice.wanted_deployment(project, "frontend", "").await;
    wanted["image_name"] = build["image_full_name"].clone();
    wanted["build_id"] = build["build_id"].clone();
    wanted["env_vars"] = json!({ "COLOUR": "red" });
    wanted["secrets"] = json!({ "API_KEY": USER_SECRET });
    let answer = alice.post("/api/v1/deploy", &wanted).await.expect(202);
    assert_eq!(answer["status"], "deploying", "{answer:#}");
    let path = format!("/api/v1/deployments/{}", text(&answer, "/deployment_id"));
    assert_eq!(answer["access_url"], format!("http://frontend-myapp-{name}.apps.example.org"));

    let namespace = format!("nk-{name}-myapp");
    let node = Kubelet::start(&admin, &namespace).await?;
    let _playing = node.play();
    let running = alice.until(&path, &["running"]).await;
    assert_eq!(running["replicas_ready"], 2, "{running:#}");
    assert_eq!(running["image_digest"], build["image_digest"]);
    let deployment = format!("/apis/apps/v1/namespaces/{namespace}/deployments/frontend");
    let first = admin.get(&deployment).await?.ok()?;
    assert!(
        text(&first, "/spec/template/spec/containers/0/image")
            .ends_with(text(&build, "/image_digest"))
    );

    // Another variable rolls the pods; the secret is kept.
    wanted["env_vars"] = json!({ "COLOUR": "blue" });
    wanted["secrets"] = json!({ "API_KEY": null });
    alice.deploy(&wanted).await;
    let running = alice.until(&path, &["running"]).await;
    assert_eq!(running["revision"], 2);
    let second = admin.get(&deployment).await?.ok()?;
    assert_ne!(first["spec"]["template"], second["spec"]["template"]);

    // Back to what it was: image and configuration.
    alice.post(&format!("{path}/rollback"), &json!({ "revision": 1 })).await.expect(202);
    alice.until(&path, &["running"]).await;
    let third = admin.get(&deployment).await?.ok()?;
    assert_eq!(first["spec"]["template"], third["spec"]["template"]);

    // A crash is told with the program's last words.
    node.make("app.kubernetes.io/name=frontend", 2, &Fate::Crash { exit_code: 3, restarts: 4 })
        .await?;
    let failed = alice.until(&path, &["failed"]).await;
    assert!(text(&failed, "/error_message").contains("exit code 3"), "{failed:#}");

    alice.delete(&format!("{path}?volumes=true")).await.expect(204);
    alice.get(&path).await.problem(404);
    for _ in 0..100 {
        let gone = admin.get(&format!("/api/v1/namespaces/{namespace}")).await?;
        if gone.expect(404).is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(left_in(&admin, &namespace).await?, Vec::<String>::new());
    world.end().await;
    Ok(())
}
