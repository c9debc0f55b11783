//! A namespace of a lost store is adopted by a platform with another store, without an interruption.

use crate::platform::{cluster, config, text, unique_login};
use anyhow::Result;
use serde_json::json;

/// What selects pods: of the Service, the Deployment and the NetworkPolicy.
const SELECTORS: [&str; 3] =
    ["/spec/selector", "/spec/selector/matchLabels", "/spec/podSelector/matchLabels"];

#[tokio::test]
async fn a_service_of_a_lost_store_is_taken_over() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let login = unique_login("lost");
    let namespace = format!("nk-{login}-app");
    let first = config().await?.start().await;
    let user = first.user(&login);
    let project = user.create_project("app").await;
    let mut request = user.deployment_request(project, "web", "nginx:1.29").await;
    request["env_vars"] = json!({ "A": "1" });
    user.deploy(&request).await;
    let paths = [
        format!("/api/v1/namespaces/{namespace}/services/web-service"),
        format!("/apis/apps/v1/namespaces/{namespace}/deployments/web"),
        format!("/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/web"),
    ];
    let mut before = Vec::new();
    for path in &paths {
        before.push(admin.get(path).await?.ok()?);
    }

    // The new store counts projects from 1 as well, so the first one is somebody else's.
    let second = config().await?.start().await;
    second.user(&unique_login("other")).create_project("app").await;
    let user = second.user(&login);
    let project = user.create_project("app").await;
    request["project_id"] = json!(project);
    let refused = user.post("/api/v1/deploy", &request).await.expect_problem(409);
    assert_eq!(admin.get(&paths[1]).await?.ok()?["metadata"]["uid"], before[1]["metadata"]["uid"]);
    // The administrator runs the command in the problem.
    let (_, command) = refused.split_once("--overwrite ").unwrap();
    let labels = command.trim().split(' ').map(|label| label.split_once('=').unwrap());
    let labels: serde_json::Map<_, _> =
        labels.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let patch = json!({ "metadata": { "labels": labels } });
    admin.merge_patch(&format!("/api/v1/namespaces/{namespace}"), &patch).await?.ok()?;

    request["env_vars"] = json!({ "A": "2" });
    let adopted = user.post("/api/v1/deploy", &request).await.expect(202);
    assert_eq!(adopted["status"], "deploying", "{adopted:#}");
    assert_eq!(adopted["revision"], 2, "above the one in the cluster");
    assert!(adopted["warnings"].to_string().contains("taken over"), "{adopted:#}");
    for ((path, before), selector) in paths.iter().zip(&before).zip(SELECTORS) {
        let after = admin.get(path).await?.ok()?;
        assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"], "{path}");
        assert_eq!(after.pointer(selector), before.pointer(selector), "{path}");
        assert_eq!(text(&after, "/metadata/labels/nokube.dev~1project"), project.to_string());
    }
    let path = format!("/api/v1/deployments/{}", text(&adopted, "/deployment_id"));
    assert_eq!(user.get(&path).await.expect(200)["replicas_total"], 2);
    user.delete(&path).await.expect(204);
    admin.wait_until_deleted(&paths[1]).await?;
    admin.wait_until_deleted(&format!("/api/v1/namespaces/{namespace}")).await?;
    second.finish().await;
    Ok(())
}
