//! Volumes for claims of the storage class `local`: folders, which belong to the node of the pod.

use crate::client::Client;
use anyhow::Result;
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};

const INTERVAL: Duration = Duration::from_millis(500);
const PROVISIONER: &str = "nokube.dev/local";
const PROVISIONED_BY: &str = "/metadata/annotations/pv.kubernetes.io~1provisioned-by";
const SELECTED_NODE: &str = "/metadata/annotations/volume.kubernetes.io~1selected-node";

/// Runs until the process ends. A failed round is repeated.
pub async fn run(client: Client, folder: &Path) {
    loop {
        let _ = create_volumes(&client, folder).await;
        let _ = delete_volumes(&client, folder).await;
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn create_volumes(client: &Client, folder: &Path) -> Result<()> {
    for claim in client.list("/api/v1/persistentvolumeclaims").await? {
        if let Some(volume) = volume_of(&claim, folder) {
            if let Some(path) = text(&volume, "/spec/local/path") {
                fs::create_dir_all(path)?;
            }
            client.create("/api/v1/persistentvolumes", &volume).await?;
        }
    }
    Ok(())
}

/// The volume that a claim waits for.
fn volume_of(claim: &Value, folder: &Path) -> Option<Value> {
    let is_ours = text(claim, "/spec/storageClassName") == Some("local");
    let is_pending = text(claim, "/status/phase") == Some("Pending");
    if !is_ours || !is_pending || text(claim, "/spec/volumeName").is_some() {
        return None;
    }
    let node = text(claim, SELECTED_NODE)?;
    let uid = text(claim, "/metadata/uid")?;
    Some(json!({
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": format!("pvc-{uid}"),
            "annotations": { "pv.kubernetes.io/provisioned-by": PROVISIONER },
        },
        "spec": {
            "capacity": { "storage": claim.pointer("/spec/resources/requests/storage")? },
            "accessModes": claim.pointer("/spec/accessModes")?,
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": "local",
            "claimRef": {
                "namespace": text(claim, "/metadata/namespace")?,
                "name": text(claim, "/metadata/name")?,
                "uid": uid,
            },
            "local": { "path": folder.join(uid) },
            "nodeAffinity": { "required": { "nodeSelectorTerms": [{ "matchExpressions": [
                { "key": "kubernetes.io/hostname", "operator": "In", "values": [node] },
            ] }] } },
        },
    }))
}

async fn delete_volumes(client: &Client, folder: &Path) -> Result<()> {
    for volume in client.list("/api/v1/persistentvolumes").await? {
        if let Some((name, path)) = released(&volume, folder) {
            fs::remove_dir_all(path)?;
            client.delete(&format!("/api/v1/persistentvolumes/{name}"), &json!({})).await?;
        }
    }
    Ok(())
}

/// The name of a released volume that was made here, and its folder below `folder`. A volume that somebody else made may
/// have any folder of the machine.
pub fn released<'a>(volume: &'a Value, folder: &Path) -> Option<(&'a str, &'a Path)> {
    let is_ours = text(volume, PROVISIONED_BY) == Some(PROVISIONER);
    let is_released = text(volume, "/status/phase") == Some("Released")
        && text(volume, "/spec/persistentVolumeReclaimPolicy") == Some("Delete");
    let path = Path::new(text(volume, "/spec/local/path")?);
    let is_below = path.parent() == Some(folder) && path.file_name().is_some();
    let name = text(volume, "/metadata/name")?;
    (is_ours && is_released && is_below).then_some((name, path))
}

fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer).and_then(Value::as_str)
}
