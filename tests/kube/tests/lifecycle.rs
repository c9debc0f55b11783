//! Starting and stopping a control plane.

use anyhow::Result;
use base64::{Engine, prelude::BASE64_STANDARD};
use nokube_tests_kube::{Cluster, KUBECONFIG_VARIABLE};
use serde_json::json;
use std::fs;

#[tokio::test]
async fn a_started_cluster_stops_when_it_is_dropped() -> Result<()> {
    let cluster = Cluster::start().await?;
    let admin = cluster.admin()?;
    let folder = cluster.ca_file().parent().expect("the file is in a folder").to_owned();
    admin.get("/readyz").await?.expect(200)?;
    drop(cluster);
    // A cluster from a kubeconfig keeps running.
    let is_external = std::env::var_os(KUBECONFIG_VARIABLE).is_some();
    assert_eq!(admin.get("/readyz").await.is_ok(), is_external);
    assert!(!folder.exists());
    Ok(())
}

#[tokio::test]
async fn the_cluster_of_a_kubeconfig_can_be_used() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("config");
    let mut users = vec![json!({ "token": cluster.admin_token() })];
    // A cluster from a kubeconfig has no such files.
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
        let configured = Cluster::from_kubeconfig(&path).await?;
        // For an administrator with a client certificate, a token is created.
        configured.admin()?.get("/api/v1/namespaces").await?.expect(200)?;
        configured.anonymous()?.get("/api/v1/namespaces").await?.expect(403)?;
    }
    assert!(cluster.ca_file().exists());
    Ok(())
}
