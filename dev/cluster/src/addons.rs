//! What a cluster has besides Kubernetes: DNS, metrics, an Ingress and Gateway controller, a storage class.

use crate::{
    certificates::Authority,
    client::Client,
    images::{Image, Layer},
    node::PAUSE_IMAGE,
    programs::Programs,
};
use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

const MANIFESTS: &[&str] = &[
    include_str!("../addons/storage-class.yaml"),
    include_str!("../addons/coredns.yaml"),
    include_str!("../addons/metrics-server.yaml"),
    include_str!("../addons/traefik.yaml"),
];

/// The Deployments of the manifests.
const DEPLOYMENTS: &[(&str, &str)] =
    &[("kube-system", "coredns"), ("kube-system", "metrics-server"), ("traefik", "traefik")];

const READY_TIMEOUT: Duration = Duration::from_secs(90);

/// Writes the archives of the images that both nodes need. Returns the files.
pub fn write_images(programs: &Programs, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for program in ["pause", "coredns", "metrics-server", "traefik"] {
        let path = format!("/{program}");
        let content = fs::read(programs.path(program))?;
        let layer = Layer::of_programs(&[(&path, content)])?;
        let image = Image::new(&layer, &json!({ "Entrypoint": [path] }))?;
        let name = match program {
            "pause" => PAUSE_IMAGE.to_owned(),
            _ => format!("nokube.test/{program}:local"),
        };
        let file = folder.join(format!("{program}.tar"));
        image.write_archive(&file, &name)?;
        files.push(file);
    }
    Ok(files)
}

/// Applies everything. `apps_domain` is the domain of the Gateway's and Ingresses' certificate.
pub async fn apply(
    client: &Client,
    programs: &Programs,
    authority: &Authority,
    apps_domain: &str,
) -> Result<()> {
    let mut definitions: Vec<_> = fs::read_dir(programs.folder())?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_gateway_definition(path))
        .collect();
    definitions.sort();
    for file in definitions {
        client.apply_yaml(&fs::read_to_string(&file)?).await.context("the Gateway API")?;
    }
    let namespace =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "traefik" } });
    client.apply(&namespace).await?.ok()?;
    client.apply(&certificate(authority, apps_domain)?).await?.ok()?;
    for manifest in MANIFESTS {
        client.apply_yaml(manifest).await?;
    }
    Ok(())
}

fn is_gateway_definition(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| {
        name.starts_with("gateway.networking.k8s.io_") && !name.contains("_vap_")
    })
}

fn certificate(authority: &Authority, apps_domain: &str) -> Result<Value> {
    let pair = authority.server(&[&format!("*.{apps_domain}"), apps_domain])?;
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "namespace": "traefik", "name": "apps-tls" },
        "type": "kubernetes.io/tls",
        "data": {
            "tls.crt": BASE64_STANDARD.encode(&pair.certificate),
            "tls.key": BASE64_STANDARD.encode(&pair.key),
        },
    }))
}

/// Waits until all Deployments are available, and metrics-server answers through the API server.
pub async fn wait_until_ready(client: &Client) -> Result<()> {
    for (namespace, name) in DEPLOYMENTS {
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}");
        client
            .wait_longer(&path, READY_TIMEOUT, |deployment| {
                deployment.pointer("/status/availableReplicas").is_some_and(|ready| *ready == 1)
            })
            .await?;
    }
    let service = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io";
    client
        .wait_longer(service, READY_TIMEOUT, |service| {
            crate::client::condition_status(service, "Available") == Some("True")
        })
        .await?;
    Ok(())
}
