//! A control plane leaves nothing behind.

use anyhow::Result;
use base64::{Engine, prelude::BASE64_STANDARD};
use nokube_tests_kube::{Cluster, KUBECONFIG};
use serde_json::json;
use std::fs;

#[tokio::test]
async fn a_cluster_that_was_started_ends_with_its_value() -> Result<()> {
    let cluster = Cluster::start().await?;
    let admin = cluster.admin()?;
    let folder = cluster.ca_file().parent().expect("a file in a folder").to_owned();
    admin.get("/readyz").await?.expect(200)?;
    drop(cluster);
    // Somebody else's goes on.
    let named = std::env::var_os(KUBECONFIG).is_some();
    assert_eq!(admin.get("/readyz").await.is_ok(), named);
    assert!(!folder.exists());
    Ok(())
}

#[tokio::test]
async fn a_kubeconfig_names_a_cluster_just_as_well() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("config");
    let mut users = vec![json!({ "token": cluster.admin_token() })];
    // Somebody else's cluster has no such files.
    let certificate = cluster.ca_file().with_file_name("admin.pem");
    if certificate.exists() {
        let key = cluster.ca_file().with_file_name("admin.key");
        users.push(json!({ "client-certificate": certificate, "client-key": key }));
    }
    for user in users {
        let config = json!({
            "current-context": "here",
            "contexts": [{ "name": "here", "context": { "cluster": "one", "user": "me" } }],
            "clusters": [{
                "name": "one",
                "cluster": {
                    "server": cluster.url(),
                    "certificate-authority-data": BASE64_STANDARD.encode(cluster.ca_pem()),
                },
            }],
            "users": [{ "name": "me", "user": user }],
        });
        fs::write(&path, config.to_string())?;
        let named = Cluster::named(&path).await?;
        // Whoever is an administrator by certificate gets a token besides.
        named.admin()?.get("/api/v1/namespaces").await?.expect(200)?;
        named.anybody()?.get("/api/v1/namespaces").await?.expect(403)?;
    }
    assert!(cluster.ca_file().exists());
    Ok(())
}
