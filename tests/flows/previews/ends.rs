//! How previews end besides a closed pull request.

use super::{NAMESPACE, PREVIEWS, SHOP, Shop, name, open, pull_request};
use crate::support::shop::{LOOK_INTERVAL, MAX_LOOKS};
use reqwest::Method;
use serde_json::{Value, json};

impl Shop {
    /// Waits until the previews' namespace is gone, while the timer requests `reconcile`.
    async fn wait_until_previews_are_gone(&mut self) {
        for minute in 1..=10 {
            self.restart_at(minute * 60).await;
            self.reconcile().await;
            self.platform.cluster.wait_until_idle().await.unwrap();
            if self.platform.cluster.object("namespaces", "", PREVIEWS).is_none() {
                return;
            }
        }
        panic!("{:#?}\n{}", self.platform.cluster.all_objects_in(PREVIEWS), self.console());
    }
}

#[tokio::test]
async fn switching_previews_off_ends_them() {
    let mut shop = open().await;
    let (first, second) = (shop.open_and_wait("one").await, shop.open_and_wait("two").await);
    assert_ne!(first, second);
    shop.change_service("frontend", &json!({ "previews": "off" })).await;
    shop.wait_until_previews_are_gone().await;
    assert!(shop.image_in_cluster(NAMESPACE, "frontend").is_some());
    shop.change_service("frontend", &json!({ "previews": "deploy" })).await;
    shop.wait_for_preview(first, "running").await;
    shop.close().await;
}

#[tokio::test]
async fn removing_the_service_ends_its_previews() {
    let mut shop = open().await;
    shop.open_and_wait("feature").await;
    shop.alice.delete(&shop.path("frontend")).await.expect(204);
    shop.wait_until_previews_are_gone().await;
    assert!(shop.image_in_cluster(NAMESPACE, "frontend").is_some(), "what runs, runs on");
    shop.close().await;
}

#[tokio::test]
async fn deleting_the_project_takes_its_previews_down() {
    let shop = open().await;
    shop.open_and_wait("feature").await;
    let project = format!("/api/v1/projects/{}", shop.project);
    shop.alice.delete(&project).await.expect_problem(409);
    for _ in 0..MAX_LOOKS {
        if shop.alice.delete(&format!("{project}?take_down=true")).await.status == 204 {
            break;
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    shop.alice.get(&project).await.expect_problem(404);
    shop.platform.wait_until_namespace_is_gone(PREVIEWS).await;
    shop.platform.wait_until_namespace_is_gone(NAMESPACE).await;
    shop.close().await;
}

#[tokio::test]
async fn a_preview_that_a_developer_deletes_comes_back_with_the_next_push() {
    let shop = open().await;
    let number = shop.open_and_wait("feature").await;
    let id = shop.preview(number).await.unwrap()["deployment_id"].clone();
    let path = format!("/api/v1/deployments/{}", id.as_str().unwrap());
    shop.alice.delete(&path).await.expect(204);
    shop.service("frontend").await;
    shop.wait_for_quiet().await;
    assert!(shop.image_in_cluster(PREVIEWS, &name(number)).is_none());
    let sha = shop.push_to(number, "Once more");
    shop.running_preview(number, &sha).await;
    shop.close().await;
}

/// The clock of GitHub and of the platform go on.
#[tokio::test]
async fn a_preview_expires_without_a_push_and_comes_back_with_one() {
    let mut shop = super::open_at(super::config().variable("preview_days", "1")).await;
    let number = shop.open_and_wait("feature").await;
    let next_day = 25 * 3_600;
    shop.restart_at(next_day).await;
    let expired = shop.wait_for_end_of(number, "expired").await;
    assert_eq!(expired["ends_at"], Value::Null);
    let sha = shop.push_to(number, "Still needed");
    let (preview, _) = shop.running_preview(number, &sha).await;
    assert!(preview["ends_at"].is_string());
    shop.close().await;
}

#[tokio::test]
async fn a_source_that_was_never_changed_by_the_pull_request_any_more_ends_it() {
    let shop = open().await;
    shop.change_service("frontend", &json!({ "watch_paths": ["web/**"] })).await;
    let number = shop.open_and_wait("feature").await;
    // The pull request as a whole does not touch the service any more.
    let commit = nokube_sim::Commit::new("Only docs", &["README.md"]);
    shop.platform.github.force_push_to_pull_request(SHOP, number, commit);
    shop.wait_for_preview(number, "not_affected").await;
    for _ in 0..MAX_LOOKS {
        if shop.image_in_cluster(PREVIEWS, &name(number)).is_none() {
            return shop.close().await;
        }
        shop.service("frontend").await;
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    panic!("it still runs\n{}", shop.console());
}

#[tokio::test]
async fn another_repository_ends_the_previews_of_the_one_before() {
    let mut shop = open().await;
    shop.open_and_wait("feature").await;
    let fields = json!({
        "repository_url": "https://github.com/alice/other", "build_on_push": true, "previews": "deploy",
    });
    let request = shop.alice.request(Method::PUT, &shop.path("frontend")).json(&fields);
    nokube_tests::Response::send(request).await.expect(200);
    shop.wait_until_previews_are_gone().await;
    let other = "alice/other";
    let new = pull_request("feature");
    let number = shop.platform.github.open_pull_request(other, new);
    let sha = shop.platform.github.pull_request_head(other, number).unwrap();
    shop.running_preview(number, &sha).await;
    shop.close().await;
}
