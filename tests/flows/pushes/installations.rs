//! Changes of repositories and of the App's installations at GitHub.

use super::{SHOP, Shop};
use serde_json::json;

#[tokio::test]
async fn an_archived_repository_builds_nothing_until_it_is_unarchived() {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    shop.platform.github.archive_repository(SHOP, true);
    assert_eq!(shop.decisions("frontend").await[0], "repository_archived");
    let service = shop.alice.get(&shop.path("frontend")).await.expect(200);
    assert_eq!(service["automatic_builds"]["problem"], "repository_archived");
    assert!(shop.builds().await.is_empty());

    shop.platform.github.archive_repository(SHOP, false);
    let sha = shop.push("Go on", &["web/cart.js"]);
    shop.ended_builds_of(&sha, 1).await;
    let service = shop.alice.get(&shop.path("frontend")).await.expect(200);
    assert_eq!(service["automatic_builds"]["problem"], json!(null));
    shop.close().await;
}

#[tokio::test]
async fn a_deleted_repository_is_named_as_the_reason() {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    shop.platform.github.delete_repository(SHOP);
    assert_eq!(shop.decisions("frontend").await[0], "repository_missing");
    assert!(shop.builds().await.is_empty());
    shop.close().await;
}

/// GitHub sends no event of a push then: a read of the service finds out.
#[tokio::test]
async fn without_the_app_nothing_is_built_until_it_is_installed_again() {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    shop.platform.github.uninstall_app("alice");
    let sha = shop.push("Fix the cart", &["web/cart.js"]);
    assert_eq!(shop.decisions("frontend").await[0], "app_not_installed");
    assert!(shop.builds().await.is_empty());

    shop.platform.github.install_app("alice");
    assert_eq!(shop.decisions("frontend").await[0], "built");
    shop.ended_builds_of(&sha, 1).await;
    shop.close().await;
}
