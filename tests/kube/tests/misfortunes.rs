//! What a node says of a pod that fails is kept by the server as it was written.

use crate::control_plane::deployment;
use anyhow::Result;
use nokube_tests_kube::{Cluster, Fate, Kubelet};
use serde_json::json;

#[tokio::test]
async fn each_misfortune_shows_where_a_reader_looks() -> Result<()> {
    let cases = [
        (Fate::NoPull, "/status/containerStatuses/0/state/waiting/reason", "ImagePullBackOff"),
        (
            Fate::Crash { exit_code: 3, restarts: 4 },
            "/status/containerStatuses/0/state/waiting/reason",
            "CrashLoopBackOff",
        ),
        (
            Fate::OutOfMemory { restarts: 2 },
            "/status/containerStatuses/0/lastState/terminated/reason",
            "OOMKilled",
        ),
        (
            Fate::NoConfig,
            "/status/containerStatuses/0/state/waiting/reason",
            "CreateContainerConfigError",
        ),
        (Fate::Unready, "/status/conditions/2/reason", "ContainersNotReady"),
        (Fate::Unschedulable, "/status/conditions/0/reason", "Unschedulable"),
    ];
    let cluster = Cluster::shared().await?;
    let admin = cluster.admin()?;
    for (fate, pointer, wanted) in cases {
        let ns = cluster.namespace("misfortune", &json!({})).await?;
        let kubelet = Kubelet::start(&admin, &ns).await?;
        admin.apply(&deployment(&ns)).await?.ok()?;
        kubelet.make("app=web", 2, &fate).await?;
        let pod = kubelet.pods("app=web", 2).await?.remove(0);
        let found = pod.pointer(pointer).and_then(|reason| reason.as_str());
        assert_eq!(found, Some(wanted), "{fate:?}: {}", pod["status"]);
        let uid = pod["metadata"]["uid"].as_str().unwrap_or_default();
        let events =
            format!("/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.uid={uid}");
        assert_eq!(admin.list(&events).await?[0]["type"], "Warning", "{fate:?}");
    }
    Ok(())
}
