//! Service accounts and their tokens.

use crate::Client;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Creates a service account if it does not exist, and a token for it.
pub async fn create_token(admin: &Client, namespace: &str, name: &str) -> Result<String> {
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "namespace": namespace, "name": name },
    });
    admin.apply(&account).await?.ok()?;
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": { "expirationSeconds": 7200 },
    });
    let response = admin.create(&path, &request).await?.ok()?;
    let token = response.pointer("/status/token").and_then(Value::as_str);
    Ok(token.context("a TokenRequest without a token")?.to_owned())
}

/// Creates a token with the role `cluster-admin`, for a kubeconfig that has a client certificate instead of a
/// token.
pub async fn create_admin_token(admin: &Client) -> Result<String> {
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": { "name": "nokube-tests-admin" },
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [{ "kind": "ServiceAccount", "namespace": "default", "name": "nokube-tests" }],
    });
    admin.apply(&binding).await?.ok()?;
    create_token(admin, "default", "nokube-tests").await
}
