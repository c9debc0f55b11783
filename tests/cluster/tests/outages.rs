//! Parts of the cluster fail while a service is used or deployed.

use anyhow::Result;
use nokube_tests_cluster::{Story, Turn, text};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

const LOG_TIMEOUT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_followed_log_goes_on_after_a_restart_of_the_kubelet() -> Result<()> {
    let _turn = Turn::alone().await;
    let story = Story::start("follow").await;
    let mut request = story.request("web", "v1").await;
    request["replicas"] = json!(1);
    request["env_vars"] = json!({ "LOG_EVERY_MS": "100" });
    let path = story.deploy(&request).await;
    let pods = format!("/api/v1/namespaces/{}/pods", story.namespace);
    let pod = story.admin.list(&pods).await?.remove(0);
    let node = text(&pod, "/spec/nodeName").trim_start_matches("node").parse()?;

    let mut log = String::new();
    read_lines(&story, &path, &mut log, 20).await?;
    story.cluster.kill_kubelet(node).await?;
    sleep(Duration::from_secs(3)).await;
    story.cluster.start_kubelet(node).await?;
    let before = line_numbers(&log).len();
    // The program wrote some thirty lines meanwhile.
    read_lines(&story, &path, &mut log, before + 60).await?;
    let numbers = line_numbers(&log);
    let expected: Vec<_> = (numbers[0]..).take(numbers.len()).collect();
    assert_eq!(numbers, expected, "each line once");
    story.finish().await;
    Ok(())
}

/// Follows the log until there are so many lines of the program. Like a browser's EventSource, opens the stream
/// again after the last event when it ends.
async fn read_lines(story: &Story, path: &str, log: &mut String, lines: usize) -> Result<()> {
    let started_at = Instant::now();
    while line_numbers(log).len() < lines {
        let request = story.user.request(reqwest::Method::GET, &format!("{path}/logs?tail=5"));
        let mut request = request.header("accept", "text/event-stream");
        if let Some((_, last)) = log.rsplit_once("\nid: ") {
            request = request.header("last-event-id", last.lines().next().unwrap());
        }
        let mut events = request.send().await?;
        while line_numbers(log).len() < lines {
            anyhow::ensure!(started_at.elapsed() < LOG_TIMEOUT, "no further lines: {log}");
            match timeout(Duration::from_secs(20), events.chunk()).await {
                Ok(Ok(Some(chunk))) => log.push_str(&String::from_utf8_lossy(&chunk)),
                _ => break,
            }
        }
        // Only complete events count: the last one may have been cut off.
        log.truncate(log.rfind("\n\n").map_or(0, |end| end + 2));
    }
    Ok(())
}

/// The numbers of the lines `line N of HOST` that the program wrote.
fn line_numbers(log: &str) -> Vec<u64> {
    let lines = log.split("line ").skip(1);
    lines.filter_map(|rest| rest.split_once(" of ")?.0.parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_ends_although_the_api_server_is_killed() -> Result<()> {
    let _turn = Turn::alone().await;
    let story = Story::start("apiserver").await;
    let mut request = story.request("web", "v1").await;
    let path = story.deploy(&request).await;
    let load = story.load_by_cluster_ip("web", 100).await;
    request["image_name"] = json!("registry.example.org/team/app:v2");
    story.user.deploy(&request).await;
    story.cluster.kill_apiserver().await?;
    let away = story.user.get(&path).await.expect(200);
    assert_ne!(away["status"], "running", "not known: {away:#}");
    sleep(Duration::from_secs(3)).await;
    story.cluster.start_apiserver().await?;
    let running = story.wait_for(&path, "running").await;
    assert_eq!(running["revision"], 2);
    // While the API server is away, kube-proxy does not learn which pods end: some connections to them are refused.
    let meanwhile = load.stop().await;
    assert!(meanwhile.failed * 50 < meanwhile.requests, "{meanwhile:#?}");
    let load = story.load_by_cluster_ip("web", 100).await;
    sleep(Duration::from_secs(5)).await;
    load.expect_no_failure().await;
    story.finish().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_ends_although_a_node_loses_its_power() -> Result<()> {
    let _turn = Turn::alone().await;
    let story = Story::start("power").await;
    let mut request = story.request("web", "v1").await;
    let path = story.deploy(&request).await;
    request["image_name"] = json!("registry.example.org/team/app:v2");
    // New pods take a moment, so that the node goes in the middle.
    request["env_vars"] = json!({ "READY_AFTER": "3" });
    story.user.deploy(&request).await;
    story.cluster.power_off(2).await?;
    let ended = story.wait_for(&path, "running").await;
    story.cluster.power_on(2).await?;
    assert_eq!((&ended["revision"], &ended["replicas_ready"]), (&json!(2), &json!(2)));
    story.wait_for(&path, "running").await;
    story.finish().await;
    Ok(())
}
