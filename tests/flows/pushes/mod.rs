//! Pushes drive builds. What a push causes by itself is read from the list of builds, which asks GitHub nothing; a read
//! of a service looks for lost events.

mod cut_off;
mod decisions;
mod installations;
mod lost_events;
mod newest_wins;
mod statuses;

use crate::support::shop::{LOOK_INTERVAL, MAIN, MAX_LOOKS, SHOP, Shop};
use nokube_sim::Commit;
use nokube_tests::{Response, StoreKind};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_push_is_built_and_its_commit_gets_statuses() {
    let shop = Shop::open().await;
    let service = shop.link("frontend", &json!({})).await;
    assert_eq!(service["automatic_builds"]["enabled_by"], "alice");
    assert!(shop.builds().await.is_empty(), "to switch it on builds nothing");

    let commit = Commit::new("Fix the cart\n\nIt was empty.", &["web/cart.js"]).by("bob");
    let sha = shop.platform.github.push(SHOP, MAIN, commit);
    let build = shop.ended_builds_of(&sha, 1).await.remove(0);
    assert_eq!((&build["status"], &build["trigger"]), (&json!("success"), &json!("push")));
    assert_eq!((&build["branch"], &build["superseded"]), (&json!(MAIN), &json!(false)));
    let commit = json!({ "sha": sha, "subject": "Fix the cart", "author": "bob" });
    assert_eq!(build["commit"], commit);

    shop.wait_for_state(&sha, "frontend", "success").await;
    assert_eq!(shop.states(&sha, "frontend"), ["pending", "success"]);
    let push = shop.pushes("frontend").await.remove(0);
    assert_eq!((&push["decision"], &push["build_id"]), (&json!("built"), &build["build_id"]));
    assert_eq!((&push["commit"], &push["head"]), (&commit, &commit));
    let service = shop.alice.get(&shop.path("frontend")).await.expect(200);
    assert_eq!(service["automatic_builds"]["commit_statuses"], "active");
    assert_eq!(service["last_build"]["commit"]["subject"], "Fix the cart");
    assert_eq!(shop.builds().await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn a_push_of_a_bot_with_thousands_of_commits_is_built() {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    let files: Vec<_> =
        (0..300).map(|n| format!("vendor/package-{n:04}/commits/index.js")).collect();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let commits = vec![Commit::new("Update everything", &files); 2048];
    let sha = shop.platform.github.push_all(SHOP, MAIN, commits, Some("renovate[bot]"));
    // The event has more than 10 MiB, which a hosted Spin refuses. Then `reconcile` finds the push, but not who sent it.
    let is_refused = shop.platform.store_kind() == StoreKind::Hosted;
    if is_refused {
        shop.platform.github.wait_until_idle().await.unwrap();
        let reconcile = shop.platform.anonymous().request(Method::POST, "/api/v1/reconcile");
        Response::send(reconcile).await.expect(200);
    }
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["status"], "success");
    let sender = if is_refused { json!(null) } else { json!("renovate[bot]") };
    assert_eq!(shop.pushes("frontend").await[0]["sender"], sender);
    shop.close().await;
}
