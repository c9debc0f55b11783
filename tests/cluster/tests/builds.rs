//! From a build to a program that answers: the node pulls the image with the platform's token.

use anyhow::Result;
use nokube_dev_cluster::images::Registry;
use nokube_sim::HoldPoint;
use nokube_tests_cluster::{Story, Turn, app_image, cluster, config, text};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_is_deployed_and_answers() -> Result<()> {
    let _turn = Turn::beside_others().await;
    // Without webhooks the platform asks the registry for the digest, and this registry is a real one.
    let mut config = config(cluster().await).await;
    config.has_webhook = false;
    let story = Story::with("builder", config).await;
    story.platform.github.hold_runs(HoldPoint::InProgress);
    let build = story.user.start_build(story.project).await;
    let building = story.user.wait_for_status(&build, &["building"]).await;
    // GitHub is simulated, so its runner pushes nothing: this does.
    let (repository, tag) = image_of(&building);
    let image = app_image(story.cluster, &[("VERSION", "built")])?;
    let registry: Registry = story.cluster.registry();
    // Each build pushes a tag of its own as well, by which the platform finds it.
    let own_tag = format!("build-{}", text(&building, "/build_id"));
    for tag in [&tag, &own_tag] {
        registry.push(&image, &repository, tag).await?;
    }
    story.platform.github.release_all();
    let built = story.user.wait_for_end(&build).await;
    assert_eq!(built["status"], "success", "{built:#}");
    assert_eq!(built["image_digest"], image.digest(), "{built:#}");

    let mut request = story.user.deployment_request(story.project, "frontend", "").await;
    request["image_name"] = built["image_full_name"].clone();
    request["build_id"] = built["build_id"].clone();
    request["cpu_request"] = json!("20m");
    let path = story.deploy(&request).await;
    let url = story.public_url(&path).await;
    let answer: Value = serde_json::from_str(&story.browse_when_routed(&url).await)?;
    assert_eq!(answer["version"], "built", "{answer}");
    story.finish().await;
    Ok(())
}

/// Repository and tag of `ghcr.io/REPOSITORY:TAG`.
fn image_of(build: &Value) -> (String, String) {
    let name = text(build, "/image_full_name").trim_start_matches("ghcr.io/");
    let (repository, tag) = name.split_once(':').unwrap();
    (repository.to_owned(), tag.to_owned())
}
