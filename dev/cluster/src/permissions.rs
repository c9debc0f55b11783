//! The platform's permissions on a cluster: those of the operator's files.

use crate::Client;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::time::Duration;

/// The operator's files, which are applied together.
pub const PERMISSIONS: [&str; 3] = [
    include_str!("../../../ops/rbac.yaml"),
    include_str!("../../../ops/admission/network.yaml"),
    include_str!("../../../ops/admission/pods.yaml"),
];

impl Client {
    /// Applies the operator's files. This client is an administrator's.
    pub async fn apply_permissions(&self) -> Result<()> {
        for file in PERMISSIONS {
            self.apply_yaml(file).await?;
        }
        Ok(())
    }

    /// Waits until the API server enforces the ValidatingAdmissionPolicies. This client has the deployer's token.
    ///
    /// # Errors
    /// One of them is not enforced within ten seconds.
    pub async fn wait_for_admission_policies(&self) -> Result<()> {
        for (policy, path, object) in denied_by_one_policy() {
            self.wait_until_denied(policy, path, &object).await?;
        }
        Ok(())
    }

    async fn wait_until_denied(&self, policy: &str, path: &str, object: &Value) -> Result<()> {
        let policy = format!("ValidatingAdmissionPolicy '{policy}'");
        for _ in 0..100 {
            let response = self.create(&format!("{path}?dryRun=All"), object).await?;
            let message = response.body.get("message").and_then(Value::as_str);
            if message.is_some_and(|message| message.contains(&policy)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("{policy} is not enforced")
    }
}

/// For each policy: the path of a collection, and an object that only this policy denies there.
fn denied_by_one_policy() -> [(&'static str, &'static str, Value); 3] {
    let metadata = json!({ "name": "denied" });
    [
        (
            "nokube-deployer",
            "/api/v1/namespaces",
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata }),
        ),
        (
            "nokube-deployer-network",
            "/api/v1/namespaces/nokube-preview/services",
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": metadata,
                "spec": { "ports": [{ "port": 80 }] },
            }),
        ),
        (
            "nokube-deployer-pods",
            "/apis/policy/v1/namespaces/nokube-preview/poddisruptionbudgets",
            json!({
                "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata,
                "spec": { "selector": {}, "maxUnavailable": 0 },
            }),
        ),
    ]
}
