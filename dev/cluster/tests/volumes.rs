//! Which folders of this machine are deleted with a volume.

use nokube_dev_cluster::provisioner::released;
use serde_json::{Value, json};
use std::path::Path;

const FOLDER: &str = "/srv/cluster/volumes";

fn volume(path: &str, policy: &str, provisioner: &str) -> Value {
    json!({
        "metadata": {
            "name": "v", "annotations": { "pv.kubernetes.io/provisioned-by": provisioner },
        },
        "spec": { "local": { "path": path }, "persistentVolumeReclaimPolicy": policy },
        "status": { "phase": "Released" },
    })
}

#[test]
fn only_folders_that_were_made_here_are_deleted() {
    let found = |volume: &Value| released(volume, Path::new(FOLDER)).is_some();
    let own = format!("{FOLDER}/cb5fb82e");
    assert!(found(&volume(&own, "Delete", "nokube.dev/local")));
    // A volume that somebody made for a folder of their own.
    assert!(!found(&volume("/home/alice/data", "Delete", "nokube.dev/local")));
    assert!(!found(&volume(&format!("{FOLDER}/.."), "Delete", "nokube.dev/local")));
    assert!(!found(&volume(&own, "Retain", "nokube.dev/local")));
    assert!(!found(&volume(&own, "Delete", "example.org/nfs")));
}
