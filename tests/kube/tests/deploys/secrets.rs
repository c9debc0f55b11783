//! A user's secrets are in the Secret, and nowhere else.

use crate::platform::{cluster, plan, somebody, text};
use anyhow::Result;
use base64::{Engine, engine::general_purpose::STANDARD};
use nokube_tests::USER_SECRET;
use serde_json::{Value, json};

#[tokio::test]
async fn a_secret_is_in_its_secret_object_and_nowhere_else() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let world = plan().await?.start().await;
    let login = somebody("sam");
    let user = world.user(&login);
    let project = user.project("app").await;
    let namespace = format!("nk-{login}-app");
    let mut wanted = user.wanted_deployment(project, "web", "nginx:1.29").await;
    wanted["secrets"] = json!({ "KEY": USER_SECRET, "OTHER": format!("{USER_SECRET}-2") });
    let mut told = vec![
        user.post("/api/v1/deploy?dry_run=true", &wanted).await.text,
        user.post("/api/v1/deploy", &wanted).await.text,
    ];
    let path = format!(
        "/api/v1/deployments/{}",
        text(&serde_json::from_str::<Value>(&told[1])?, "/deployment_id")
    );
    wanted["secrets"] = json!({ "KEY": null, "OTHER": format!("{USER_SECRET}-3") });
    told.push(user.post("/api/v1/deploy?dry_run=true", &wanted).await.text);
    told.push(user.post("/api/v1/deploy", &wanted).await.text);
    // A fault that names the secret does not tell it.
    wanted["secrets"] = json!({ "NEVER": null, "bad name": USER_SECRET });
    told.push(user.post("/api/v1/deploy", &wanted).await.text);
    for more in ["", "/manifests", "/revisions", "/events", "/logs"] {
        told.push(user.get(&format!("{path}{more}")).await.text);
    }
    told.push(user.get(&format!("/api/v1/projects/{project}/deployments")).await.text);
    let hidden = STANDARD.encode(USER_SECRET);
    for text in &told {
        assert!(
            !text.contains(USER_SECRET) && !text.contains(hidden.trim_end_matches('=')),
            "{text}"
        );
    }
    assert!(told[6].contains("(hidden)"), "{}", told[6]);

    // In the cluster it is in Secrets alone; the kept one has its value still.
    let secrets = admin.list(&format!("/api/v1/namespaces/{namespace}/secrets")).await?;
    let kept = |secret: &Value| secret["data"]["KEY"] == hidden;
    assert_eq!(secrets.iter().filter(|secret| kept(secret)).count(), 2, "one a kept release");
    for list in [
        format!("/api/v1/namespaces/{namespace}/configmaps"),
        format!("/apis/apps/v1/namespaces/{namespace}/deployments"),
        format!("/apis/apps/v1/namespaces/{namespace}/replicasets"),
        format!("/api/v1/namespaces/{namespace}/pods"),
        format!("/api/v1/namespaces/{namespace}/events"),
    ] {
        let objects = serde_json::to_string(&admin.list(&list).await?)?;
        assert!(!objects.contains(USER_SECRET) && !objects.contains(&hidden), "{list}");
    }
    let github = serde_json::to_string(&world.sim.requests())?;
    assert!(!github.contains(USER_SECRET), "GitHub was told");

    // A rollback needs the object; without it, it says which names are missing.
    let objects =
        secrets.iter().filter(|secret| text(secret, "/metadata/name").contains("secret-"));
    for secret in objects {
        let name = text(secret, "/metadata/name");
        let place = format!("/api/v1/namespaces/{namespace}/secrets/{name}");
        admin.delete(&place, &json!({})).await?.ok()?;
    }
    let refused = user.post(&format!("{path}/rollback"), &json!({ "revision": 1 })).await;
    assert!(refused.problem(409).contains("KEY, OTHER"), "{}", refused.text);
    // Storage and console are searched for it when the world ends.
    world.end().await;
    Ok(())
}
