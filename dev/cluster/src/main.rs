//! Starts a cluster and holds it until Ctrl-C: `make cluster`.

use anyhow::Result;
use nokube_dev_cluster::{
    Cluster, Options,
    images::{Image, Layer},
};
use serde_json::json;
use std::time::Instant;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let options = Options::default();
    let started_at = Instant::now();
    let cluster = tokio::select! {
        cluster = Cluster::start(&options) => cluster?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let app = Image::new(
        &Layer::of_app(cluster.programs())?,
        &json!({ "Entrypoint": ["/app"], "Env": ["VERSION=v1"] }),
    )?;
    cluster.registry().push(&app, "team/app", "v1").await?;
    println!("The cluster is ready after {:.0?}. Ctrl-C stops it.", started_at.elapsed());
    println!("  export KUBECONFIG={}", cluster.kubeconfig().display());
    println!("  logs                  {}/logs", cluster.folder().display());
    println!("  Ingress and Gateway   http://{}", cluster.entrance_address());
    println!("  push images to        {}/v2/…", cluster.registry().url);
    println!("  and run them as       registry.example.org/… (such as team/app:v1)");
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    cluster.stop().await
}
