//! A backup of the platform's store is restored; the cluster has newer releases.

use anyhow::Result;
use nokube_tests_cluster::{Story, Turn, cluster, config, text};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restored_backup_the_next_release_is_really_deployed() -> Result<()> {
    let _turn = Turn::beside_others().await;
    let story = Story::start("backup").await;
    let mut request = story.request("web", "v1").await;
    let path = story.deploy(&request).await;
    let folder = std::env::temp_dir().join(format!("nokube-backup-{}", std::process::id()));
    std::fs::copy(story.platform.storage_file(), &folder)?;
    for version in ["v2", "v3"] {
        request["image_name"] = json!(format!("registry.example.org/team/app:{version}"));
        story.deploy(&request).await;
    }
    let url = story.public_url(&path).await;

    let mut restored = config(cluster().await).await;
    restored.store = Some(folder.clone());
    let restored = restored.start().await;
    std::fs::remove_file(folder)?;
    let user = restored.user(&story.login);
    request["image_name"] = json!("registry.example.org/team/app:v1");
    let deployed = user.post("/api/v1/deploy", &request).await.expect(202);
    assert_eq!(text(&deployed, "/deployment_id"), path.rsplit('/').next().unwrap());
    let release = deployed["revision"].as_u64();
    assert!(release > Some(3), "numbering goes on after the cluster's: {deployed:#}");
    for _ in 0..100 {
        if user.get(&path).await.expect(200)["status"] == "running" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    // What is said to run serves.
    story.wait_for_version(&url, "v1").await;
    restored.finish().await;
    story.finish().await;
    Ok(())
}
