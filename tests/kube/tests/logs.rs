//! The API server serves logs from the scripted kubelet.

use crate::control_plane::deployment;
use anyhow::Result;
use nokube_tests_kube::{Cluster, Kubelet, PodBehaviour};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_log_is_read_through_the_api_server() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.create_namespace("logs", &json!({})).await?);
    let kubelet = Kubelet::start(&admin, &ns).await?;
    admin.apply(&deployment(&ns)).await?.ok()?;
    kubelet.set_behaviour("app=web", 2, &PodBehaviour::Crash { exit_code: 1, restarts: 1 }).await?;
    let pod = kubelet.wait_for_pods("app=web", 2).await?.remove(0);
    let pod = pod["metadata"]["name"].as_str().unwrap_or_default();
    let log = format!("/api/v1/namespaces/{ns}/pods/{pod}/log");

    let waiting = admin.get(&log).await?.expect(400)?;
    let message = waiting["message"].as_str().unwrap_or_default();
    assert!(message.contains("is waiting to start"), "{message}");

    for line in ["one", "two", "three"] {
        kubelet.write_log(pod, "web", false, line);
    }
    kubelet.write_log(pod, "web", true, "before the crash");
    assert_eq!(admin.get(&log).await?.expect(200)?, "one\ntwo\nthree\n");
    let last = admin.get(&format!("{log}?tailLines=1&container=web")).await?;
    assert_eq!(last.expect(200)?, "three\n");
    let previous = admin.get(&format!("{log}?previous=true")).await?;
    assert_eq!(previous.expect(200)?, "before the crash\n");

    let (later, name) = (kubelet.clone(), pod.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        later.write_log(&name, "web", false, "four");
        later.close_log(&name, "web");
    });
    let followed = admin.get(&format!("{log}?follow=true&tailLines=1")).await?;
    assert_eq!(followed.expect(200)?, "three\nfour\n");
    Ok(())
}
