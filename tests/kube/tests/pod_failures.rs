//! The API server stores the status and the events of failing pods.

use crate::control_plane::deployment;
use anyhow::Result;
use nokube_tests_kube::{Cluster, Kubelet, PodBehaviour};
use serde_json::json;

#[tokio::test]
async fn each_failure_shows_in_the_pods_status_and_events() -> Result<()> {
    let cases = [
        (
            PodBehaviour::ImagePullBackOff,
            "/status/containerStatuses/0/state/waiting/reason",
            "ImagePullBackOff",
        ),
        (
            PodBehaviour::Crash { exit_code: 3, restarts: 4 },
            "/status/containerStatuses/0/state/waiting/reason",
            "CrashLoopBackOff",
        ),
        (
            PodBehaviour::OutOfMemory { restarts: 2 },
            "/status/containerStatuses/0/lastState/terminated/reason",
            "OOMKilled",
        ),
        (
            PodBehaviour::ConfigError,
            "/status/containerStatuses/0/state/waiting/reason",
            "CreateContainerConfigError",
        ),
        (PodBehaviour::Unready, "/status/conditions/2/reason", "ContainersNotReady"),
        (PodBehaviour::Unschedulable, "/status/conditions/0/reason", "Unschedulable"),
    ];
    let cluster = Cluster::shared().await?;
    let admin = cluster.admin()?;
    for (behaviour, pointer, expected) in cases {
        let ns = cluster.create_namespace("failure", &json!({})).await?;
        let kubelet = Kubelet::start(&admin, &ns).await?;
        admin.apply(&deployment(&ns)).await?.ok()?;
        kubelet.set_behaviour("app=web", 2, &behaviour).await?;
        let pod = kubelet.wait_for_pods("app=web", 2).await?.remove(0);
        let found = pod.pointer(pointer).and_then(|reason| reason.as_str());
        assert_eq!(found, Some(expected), "{behaviour:?}: {}", pod["status"]);
        let uid = pod["metadata"]["uid"].as_str().unwrap_or_default();
        let events =
            format!("/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.uid={uid}");
        assert_eq!(admin.list(&events).await?[0]["type"], "Warning", "{behaviour:?}");
    }
    Ok(())
}
