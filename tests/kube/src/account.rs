//! Service accounts and their tokens.

use crate::Client;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// A token of a service account, which is created where it is missing.
pub async fn token(admin: &Client, namespace: &str, name: &str) -> Result<String> {
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
    let answer = admin.create(&path, &request).await?.ok()?;
    let token = answer.pointer("/status/token").and_then(Value::as_str);
    Ok(token.context("a TokenRequest without a token")?.to_owned())
}

/// A token of an account that may do everything, for those whose own access is a certificate.
pub async fn administrator(admin: &Client) -> Result<String> {
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
    token(admin, "default", "nokube-tests").await
}
