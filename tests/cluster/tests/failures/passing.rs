//! What passes by itself is no failure.

use super::support::request;
use nokube_dev_cluster::RegistryKind;
use nokube_tests_cluster::{Story, Turn, text};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

/// The statuses until the deployment runs, and the codes of all issues.
async fn statuses(story: &Story, path: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut statuses, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..600 {
        let deployment = story.user.get(path).await.expect(200);
        let status = text(&deployment, "/status").to_owned();
        let issues = deployment["issues"].as_array().unwrap();
        codes.extend(issues.iter().map(|issue| text(issue, "/code").to_owned()));
        assert!(issues.iter().all(|issue| issue["temporary"] == true), "{deployment:#}");
        statuses.insert(status.clone());
        if status == "running" {
            return (statuses, codes);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    panic!("not running: {:#}", story.user.get(path).await.expect(200));
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_away_for_ten_seconds_delays_a_deployment_only() {
    let _turn = Turn::alone().await;
    let story = Story::start("away").await;
    story.cluster.stop_registry(RegistryKind::Open).await.unwrap();
    let path = story.user.deploy(&request(&story, "web", &json!({})).await).await;
    let back = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        story.cluster.start_registry(RegistryKind::Open).await.unwrap();
    };
    let ((statuses, codes), ()) = tokio::join!(statuses(&story, &path), back);
    assert_eq!(statuses, set(&["deploying", "running"]));
    assert_eq!(codes, set(&["image_pull"]));
    story.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_comes_later_ends_the_wait_for_cpu() {
    let _turn = Turn::alone().await;
    let story = Story::start("room").await;
    let cordon = async |is_cordoned: bool| {
        for node in ["node1", "node2"] {
            let object = json!({
                "apiVersion": "v1", "kind": "Node", "metadata": { "name": node },
                "spec": { "unschedulable": is_cordoned },
            });
            story.admin.apply(&object).await.unwrap().ok().unwrap();
        }
    };
    cordon(true).await;
    let path = story.user.deploy(&request(&story, "web", &json!({})).await).await;
    let back = async {
        tokio::time::sleep(Duration::from_secs(8)).await;
        cordon(false).await;
    };
    let ((statuses, codes), ()) = tokio::join!(statuses(&story, &path), back);
    assert_eq!(statuses, set(&["deploying", "running"]));
    assert_eq!(codes, set(&["unschedulable"]));
    story.finish().await;
}

/// The claim is unbound for the moment in which its volume is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_with_a_volume_never_fails_on_its_way() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("volume").await;
    let fields = json!({ "storage_size": "64Mi", "storage_path": "/data" });
    let path = story.user.deploy(&request(&story, "web", &fields).await).await;
    let (statuses, _) = statuses(&story, &path).await;
    assert!(statuses.is_subset(&set(&["deploying", "running"])), "{statuses:?}");
    story.finish().await;
}

/// A program that needs its time to start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_start_is_no_failure() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("slow").await;
    let fields = json!({ "env_vars": { "START_AFTER": "25" } });
    let path = story.user.deploy(&request(&story, "web", &fields).await).await;
    let (statuses, _) = statuses(&story, &path).await;
    assert_eq!(statuses, set(&["deploying", "running"]));
    story.finish().await;
}
