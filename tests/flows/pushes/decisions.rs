//! Which pushes build which services, and what the list of pushes says about it.

use super::{MAIN, SHOP, Shop};
use nokube_sim::Commit;
use serde_json::json;

#[tokio::test]
async fn a_push_to_a_monorepo_builds_the_services_that_it_touches() {
    let shop = Shop::open().await;
    for (service, more) in [
        ("web", json!({ "context": "web" })),
        ("api", json!({ "context": "api", "watch_paths": ["api/**", "libs/*.rs"] })),
        ("worker", json!({ "context": "worker" })),
    ] {
        shop.link(service, &more).await;
    }
    let both = shop.push("Change the protocol", &["web/client.js", "libs/protocol.rs"]);
    let mut services: Vec<_> = shop.ended_builds_of(&both, 2).await;
    services.sort_by_key(|build| build["service_name"].to_string());
    let names: Vec<_> = services.iter().map(|build| &build["service_name"]).collect();
    assert_eq!(names, ["api", "web"]);
    for service in ["web", "api"] {
        shop.wait_for_state(&both, service, "success").await;
        assert_eq!(shop.decisions(service).await, ["built"]);
    }
    // A required check of a service that is not touched must not wait for ever.
    shop.wait_for_state(&both, "worker", "success").await;
    assert_eq!(shop.states(&both, "worker"), ["success"]);
    assert_eq!(shop.decisions("worker").await, ["not_affected"]);

    let none = shop.push("Explain it", &["README.md", "libs/deep/notes.rs"]);
    for service in ["web", "api", "worker"] {
        shop.wait_for_state(&none, service, "success").await;
        assert_eq!(shop.decisions(service).await[0], "not_affected");
    }
    // A file that is moved away was a file of the service.
    let moved = Commit::new("Move it", &[]).renamed("worker/queue.rs", "libs/deep/queue.rs");
    let moved = shop.platform.github.push(SHOP, MAIN, moved);
    assert_eq!(shop.ended_builds_of(&moved, 1).await[0]["service_name"], "worker");
    assert!(shop.builds_of(&none).await.is_empty());
    assert_eq!(shop.builds().await.len(), 3);
    shop.close().await;
}

#[tokio::test]
async fn a_commit_can_ask_for_no_build() {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    for message in [
        "Fix a typo [skip ci]",
        "[CI SKIP] Fix a typo",
        "Fix a typo\n\nLong text.\n\nskip-checks: true",
    ] {
        let sha = shop.push(message, &["web/index.html"]);
        assert_eq!(shop.decisions("frontend").await[0], "skipped", "{message}");
        assert!(shop.builds_of(&sha).await.is_empty() && shop.states(&sha, "frontend").is_empty());
    }
    let sha = shop.push("Fix the cart", &["web/cart.js"]);
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["status"], "success");
    assert_eq!(shop.builds().await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn tags_merge_queues_and_other_branches_build_nothing() {
    let shop = Shop::open().await;
    let github = &shop.platform.github;
    shop.link("frontend", &json!({ "branch": MAIN })).await;
    github.push_tag(SHOP, "v1", MAIN);
    github.push_to_merge_queue(SHOP, MAIN, 7, Commit::new("Merge #7", &["web/cart.js"]));
    github.create_branch(SHOP, "feature", MAIN);
    github.push(SHOP, "feature", Commit::new("Try it", &["web/cart.js"]));
    let sha = shop.push("Fix the cart", &["web/cart.js"]);
    shop.ended_builds_of(&sha, 1).await;
    assert_eq!(shop.decisions("frontend").await, ["built"]);
    assert_eq!(shop.builds().await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn a_deleted_branch_builds_nothing_until_it_is_there_again() {
    let shop = Shop::open().await;
    let github = &shop.platform.github;
    github.create_branch(SHOP, "release", MAIN);
    shop.link("frontend", &json!({ "branch": "release" })).await;
    github.delete_branch(SHOP, "release");
    assert_eq!(shop.decisions("frontend").await[0], "branch_missing");
    let service = shop.alice.get(&shop.path("frontend")).await.expect(200);
    assert_eq!(service["automatic_builds"]["problem"], "branch_missing");
    assert!(shop.builds().await.is_empty());

    github.create_branch(SHOP, "release", MAIN);
    let sha = github.push(SHOP, "release", Commit::new("Release it", &["web/index.html"]));
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["branch"], "release");
    let service = shop.alice.get(&shop.path("frontend")).await.expect(200);
    assert_eq!(service["automatic_builds"]["problem"], json!(null));
    shop.close().await;
}

#[tokio::test]
async fn a_service_without_a_branch_follows_the_default_branch() {
    let shop = Shop::open().await;
    let github = &shop.platform.github;
    shop.link("frontend", &json!({})).await;
    github.create_branch(SHOP, "trunk", MAIN);
    github.push(SHOP, "trunk", Commit::new("Not yet", &["web/index.html"]));
    shop.platform.wait_until_events_are_processed().await;
    assert!(shop.builds().await.is_empty());
    github.set_default_branch(SHOP, "trunk");
    let sha = github.push(SHOP, "trunk", Commit::new("Now", &["web/index.html"]));
    shop.wait_for_state(&sha, "frontend", "success").await;
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["branch"], "trunk");
    let old = github.push(SHOP, MAIN, Commit::new("Too late", &["web/index.html"]));
    shop.platform.wait_until_events_are_processed().await;
    assert!(shop.builds_of(&old).await.is_empty());
    shop.close().await;
}
