//! A user's secrets are only stored in Secrets.

use crate::platform::{cluster, config, text, unique_login};
use anyhow::Result;
use base64::{Engine, engine::general_purpose::STANDARD};
use nokube_tests::USER_SECRET_VALUE;
use serde_json::{Value, json};

#[tokio::test]
async fn a_users_secret_is_only_stored_in_a_secret_object() -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config().await?.start().await;
    let login = unique_login("sam");
    let user = platform.user(&login);
    let project = user.create_project("app").await;
    let namespace = format!("nk-{login}-app");
    let mut request = user.deployment_request(project, "web", "nginx:1.29").await;
    request["secrets"] =
        json!({ "KEY": USER_SECRET_VALUE, "OTHER": format!("{USER_SECRET_VALUE}-2") });
    let mut responses = vec![
        user.post("/api/v1/deploy?dry_run=true", &request).await.text,
        user.post("/api/v1/deploy", &request).await.text,
    ];
    let path = format!(
        "/api/v1/deployments/{}",
        text(&serde_json::from_str::<Value>(&responses[1])?, "/deployment_id")
    );
    request["secrets"] = json!({ "KEY": null, "OTHER": format!("{USER_SECRET_VALUE}-3") });
    responses.push(user.post("/api/v1/deploy?dry_run=true", &request).await.text);
    responses.push(user.post("/api/v1/deploy", &request).await.text);
    // An error about a secret does not contain its value.
    request["secrets"] = json!({ "NEVER": null, "bad name": USER_SECRET_VALUE });
    responses.push(user.post("/api/v1/deploy", &request).await.text);
    for suffix in ["", "/manifests", "/revisions", "/events", "/logs"] {
        responses.push(user.get(&format!("{path}{suffix}")).await.text);
    }
    responses.push(user.get(&format!("/api/v1/projects/{project}/deployments")).await.text);
    let encoded = STANDARD.encode(USER_SECRET_VALUE);
    for text in &responses {
        assert!(
            !text.contains(USER_SECRET_VALUE) && !text.contains(encoded.trim_end_matches('=')),
            "{text}"
        );
    }
    assert!(responses[6].contains("(hidden)"), "{}", responses[6]);

    // In the cluster it is only in Secrets. A secret that was sent as null keeps its value.
    let secrets = admin.list(&format!("/api/v1/namespaces/{namespace}/secrets")).await?;
    let has_value = |secret: &Value| secret["data"]["KEY"] == encoded;
    assert_eq!(
        secrets.iter().filter(|secret| has_value(secret)).count(),
        2,
        "one for each retained release"
    );
    for list in [
        format!("/api/v1/namespaces/{namespace}/configmaps"),
        format!("/apis/apps/v1/namespaces/{namespace}/deployments"),
        format!("/apis/apps/v1/namespaces/{namespace}/replicasets"),
        format!("/api/v1/namespaces/{namespace}/pods"),
        format!("/api/v1/namespaces/{namespace}/events"),
    ] {
        let objects = serde_json::to_string(&admin.list(&list).await?)?;
        assert!(!objects.contains(USER_SECRET_VALUE) && !objects.contains(&encoded), "{list}");
    }
    let github = format!("{:?}", platform.github.requests());
    assert!(!github.contains(USER_SECRET_VALUE), "sent to GitHub");

    // A rollback needs the Secret; without it, the error names the missing keys.
    let objects =
        secrets.iter().filter(|secret| text(secret, "/metadata/name").contains("secret-"));
    for secret in objects {
        let name = text(secret, "/metadata/name");
        let secret_path = format!("/api/v1/namespaces/{namespace}/secrets/{name}");
        admin.delete(&secret_path, &json!({})).await?.ok()?;
    }
    let rejected = user.post(&format!("{path}/rollback"), &json!({ "revision": 1 })).await;
    assert!(rejected.expect_problem(409).contains("KEY, OTHER"), "{}", rejected.text);
    // `end` searches the storage and the console output for the secret.
    platform.finish().await;
    Ok(())
}
