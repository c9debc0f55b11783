//! GitHub repeats no events, and a step after the response to one can be cut off. The next read or `reconcile` does what
//! is left.

use super::{MAIN, SHOP, Shop};
use crate::support::cut_off::EARLIER;
use nokube_sim::{Commit, Treatment, WebhookRule};
use nokube_tests::Response;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

/// A platform whose service was linked before GitHub lost a push.
async fn with_lost_push() -> (Shop, String) {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({ "context": "web" })).await;
    shop.platform.github.add_webhook_rule(WebhookRule::all(Treatment::Drop));
    let sha = shop.push("Fix the cart", &["web/cart.js"]);
    assert!(shop.builds().await.is_empty());
    (shop, sha)
}

#[tokio::test]
async fn a_lost_push_is_built_when_the_service_is_read() {
    let (shop, sha) = with_lost_push().await;
    shop.alice.get(&shop.path("frontend")).await.expect(200);
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["status"], "success");
    let push = shop.pushes("frontend").await.remove(0);
    assert_eq!((&push["commit"], &push["sender"]), (&json!(null), &json!(null)), "nobody said so");
    assert_eq!((&push["head"]["sha"], &push["decision"]), (&json!(sha), &json!("built")));
    // Reads that find nothing new add nothing.
    for _ in 0..3 {
        shop.alice.get(&shop.path("frontend")).await.expect(200);
    }
    assert_eq!((shop.pushes("frontend").await.len(), shop.builds().await.len()), (1, 1));
    shop.close().await;
}

#[tokio::test]
async fn a_lost_push_is_built_by_reconcile() {
    let (shop, sha) = with_lost_push().await;
    let reconcile = shop.platform.anonymous().request(Method::POST, "/api/v1/reconcile");
    Response::send(reconcile).await.expect(200);
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["status"], "success");
    shop.close().await;
}

/// What is compared is the last commit that was seen with the one that is seen now.
#[tokio::test]
async fn a_lost_push_counts_with_the_next_one() {
    let (shop, lost) = with_lost_push().await;
    shop.platform.github.clear_webhook_rules();
    // By itself it does not concern the service.
    let next = shop.push("Explain it", &["README.md"]);
    assert_eq!(shop.ended_builds_of(&next, 1).await[0]["status"], "success");
    assert!(shop.builds_of(&lost).await.is_empty());
    shop.close().await;
}

#[tokio::test]
async fn a_push_whose_event_was_stored_before_a_restart_is_built_afterwards() {
    let mut shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    // Restarted at different moments after the push.
    for delay in [0, 5, 15, 40, 80] {
        shop.restart_with(None, EARLIER).await;
        let sha = shop.push(&format!("After {delay} ms"), &["web/cart.js"]);
        tokio::time::sleep(Duration::from_millis(delay)).await;
        let build = shop.build_after_restarts(&sha).await;
        assert_eq!(build["status"], "success", "{delay} ms");
    }
    shop.close().await;
}

#[tokio::test]
async fn a_repository_that_is_renamed_or_private_is_still_followed() {
    let shop = Shop::open().await;
    let github = &shop.platform.github;
    shop.link("frontend", &json!({})).await;
    github.rename_repository(SHOP, "alice/store");
    let sha = github.push("alice/store", MAIN, Commit::new("Renamed", &["web/cart.js"]));
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["status"], "success");
    github.set_private("alice/store", true);
    let sha = github.push("alice/store", MAIN, Commit::new("Private", &["web/cart.js"]));
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["status"], "success");
    github.archive_repository("alice/store", true);
    let service = shop.alice.get(&shop.path("frontend")).await.expect(200);
    assert_eq!(service["automatic_builds"]["problem"], "repository_archived");
    shop.close().await;
}
