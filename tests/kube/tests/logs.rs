//! Logs go from the node that is played through the API server to the reader.

use crate::control_plane::deployment;
use anyhow::Result;
use nokube_tests_kube::{Cluster, Fate, Kubelet};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_log_is_read_through_the_server() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (admin, ns) = (cluster.admin()?, cluster.namespace("logs", &json!({})).await?);
    let kubelet = Kubelet::start(&admin, &ns).await?;
    admin.apply(&deployment(&ns)).await?.ok()?;
    kubelet.make("app=web", 2, &Fate::Crash { exit_code: 1, restarts: 1 }).await?;
    let pod = kubelet.pods("app=web", 2).await?.remove(0);
    let pod = pod["metadata"]["name"].as_str().unwrap_or_default();
    let log = format!("/api/v1/namespaces/{ns}/pods/{pod}/log");

    let waiting = admin.get(&log).await?.expect(400)?;
    let words = waiting["message"].as_str().unwrap_or_default();
    assert!(words.contains("is waiting to start"), "{words}");

    for line in ["one", "two", "three"] {
        kubelet.log(pod, "web", false, line);
    }
    kubelet.log(pod, "web", true, "before the crash");
    assert_eq!(admin.get(&log).await?.expect(200)?, "one\ntwo\nthree\n");
    let last = admin.get(&format!("{log}?tailLines=1&container=web")).await?;
    assert_eq!(last.expect(200)?, "three\n");
    let previous = admin.get(&format!("{log}?previous=true")).await?;
    assert_eq!(previous.expect(200)?, "before the crash\n");

    let (later, name) = (kubelet.clone(), pod.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        later.log(&name, "web", false, "four");
        later.end_log(&name, "web");
    });
    let followed = admin.get(&format!("{log}?follow=true&tailLines=1")).await?;
    assert_eq!(followed.expect(200)?, "three\nfour\n");
    Ok(())
}
