//! The newest commit wins, in whatever order its events and those of earlier commits arrive.

use super::{MAIN, SHOP, Shop};
use nokube_sim::{Commit, Treatment, WebhookRule};
use serde_json::json;

/// Orders of ten events: each is a permutation of `0..10`.
const ORDERS: [[usize; 10]; 6] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    [9, 0, 8, 1, 7, 2, 6, 3, 5, 4],
    [4, 9, 0, 5, 2, 7, 1, 8, 3, 6],
    [1, 0, 3, 2, 5, 4, 7, 6, 9, 8],
    [5, 6, 7, 8, 9, 0, 1, 2, 3, 4],
];

/// The ids of the events that are held, in the order of the pushes.
fn held_pushes(shop: &Shop, since: usize) -> Vec<u64> {
    let deliveries = shop.platform.github.deliveries();
    let pushes = deliveries.iter().filter(|delivery| delivery.event == "push");
    pushes.skip(since).map(|delivery| delivery.id).collect()
}

/// All events arrive after all pushes.
#[tokio::test]
async fn ten_pushes_whose_events_arrive_in_any_order_end_with_the_newest() {
    let shop = Shop::open().await;
    let github = &shop.platform.github;
    shop.link("frontend", &json!({})).await;
    github.add_webhook_rule(WebhookRule::all(Treatment::Hold).any("push"));
    for order in ORDERS {
        let before = held_pushes(&shop, 0).len();
        let pushes: Vec<_> =
            (0..10).map(|n| shop.push(&format!("Commit {n}"), &["a.rs"])).collect();
        let events = held_pushes(&shop, before);
        assert_eq!(events.len(), 10);
        let builds_before = shop.builds().await.len();
        github.release_webhooks_in_order(&order.map(|place| events[place]));
        let newest = pushes.last().unwrap();
        assert_eq!(shop.ended_builds_of(newest, 1).await[0]["status"], "success", "{order:?}");
        shop.wait_for_state(newest, "frontend", "success").await;
        shop.platform.wait_until_events_are_processed().await;
        // GitHub was asked after the last push, so nothing else was built.
        assert_eq!(shop.builds().await.len(), builds_before + 1, "{order:?}");
        let push = shop.pushes("frontend").await.remove(0);
        assert_eq!(push["head"]["sha"], *newest, "{order:?}");
    }
    github.clear_webhook_rules();
    shop.close().await;
}

/// Each event arrives while earlier commits are being built.
#[tokio::test]
async fn pushes_in_a_row_end_with_the_newest_and_supersede_the_others() {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    let mut pushes = Vec::new();
    for n in 0..10 {
        pushes.push(shop.push(&format!("Commit {n}"), &["a.rs"]));
        tokio::time::sleep(std::time::Duration::from_millis(10 * (n % 4))).await;
    }
    let newest = pushes.last().unwrap();
    let build = shop.ended_builds_of(newest, 1).await.remove(0);
    assert_eq!((&build["status"], &build["superseded"]), (&json!("success"), &json!(false)));
    shop.wait_for_state(newest, "frontend", "success").await;
    for build in shop.builds().await {
        let id = build["build_id"].as_str().unwrap();
        let build = shop.alice.wait_for_end(&format!("/api/v1/builds/{id}")).await;
        let is_newest = build["commit_sha"] == *newest;
        // One that finished first stays a success.
        assert!(["success", "cancelled"].contains(&build["status"].as_str().unwrap()), "{build}");
        assert!(
            is_newest || build["superseded"] == true || build["status"] == "success",
            "{build}"
        );
    }
    for sha in &pushes {
        // A build that a later push has ended is started again if that push turns out not to be the newest (ADR 35).
        let mut builds = shop.builds_of(sha).await;
        builds.retain(|build| build["superseded"] == false);
        assert!(builds.len() <= 1, "a commit is built once: {builds:#?}");
    }
    shop.close().await;
}

#[tokio::test]
async fn an_event_that_is_delivered_again_and_again_builds_once() {
    let shop = Shop::open().await;
    let github = &shop.platform.github;
    shop.link("frontend", &json!({})).await;
    github.add_webhook_rule(WebhookRule::all(Treatment::Duplicate).any("push"));
    let sha = shop.push("Fix the cart", &["web/cart.js"]);
    shop.ended_builds_of(&sha, 1).await;
    let event = *held_pushes(&shop, 0).last().unwrap();
    assert!(github.redeliver(event));
    assert_eq!(shop.decisions("frontend").await.last().unwrap(), "built");
    assert_eq!(shop.builds().await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn a_forced_push_builds_everything_and_an_older_commit_is_built_again() {
    let shop = Shop::open().await;
    let github = &shop.platform.github;
    shop.link("web", &json!({ "context": "web" })).await;
    let first = shop.push("First", &["web/index.html"]);
    shop.ended_builds_of(&first, 1).await;
    // It touches another directory, but nobody knows what has changed since the commit before.
    let forced = github.force_push(SHOP, MAIN, None, Commit::new("Rewritten", &["api/main.rs"]));
    assert_eq!(shop.ended_builds_of(&forced, 1).await[0]["status"], "success");

    github.reset_branch(SHOP, MAIN, &first);
    assert_eq!(shop.ended_builds_of(&first, 2).await[0]["status"], "success");
    assert_eq!(shop.pushes("web").await[0]["head"]["sha"], *first);
    assert_eq!(shop.builds().await.len(), 3);
    shop.close().await;
}
