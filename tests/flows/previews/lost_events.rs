//! GitHub repeats no events. The next look or `reconcile` finds what they would have said.

use super::{PREVIEWS, SHOP, Shop, name, open, pull_request};
use nokube_sim::{Treatment, WebhookRule};
use serde_json::json;

impl Shop {
    fn lose_events(&self) {
        self.platform
            .github
            .add_webhook_rule(WebhookRule::all(Treatment::Drop).any("pull_request"));
        self.platform.github.add_webhook_rule(WebhookRule::all(Treatment::Drop).any("push"));
    }
}

#[tokio::test]
async fn a_pull_request_without_events_is_found_by_reads() {
    let shop = open().await;
    shop.lose_events();
    let number = shop.open_pull_request(pull_request("feature"));
    let first = shop.head_of(number);
    shop.wait_for_quiet().await;
    assert!(shop.builds_of(&first).await.is_empty());
    shop.service("frontend").await;
    shop.running_preview(number, &first).await;
    let second = shop.push_to(number, "Again");
    shop.service("frontend").await;
    shop.running_preview(number, &second).await;
    shop.platform.github.close_pull_request(SHOP, number);
    shop.wait_for_end_of(number, "closed").await;
    shop.close().await;
}

#[tokio::test]
async fn a_lost_closed_is_noticed_by_reconcile() {
    let mut shop = open().await;
    let number = shop.open_and_wait("feature").await;
    shop.lose_events();
    shop.platform.github.close_pull_request(SHOP, number);
    // Each linked repository is looked at once in ten minutes.
    for minutes in [0, 6, 8, 9] {
        shop.restart_at(minutes * 60).await;
        shop.reconcile().await;
        shop.platform.cluster.wait_until_idle().await.unwrap();
    }
    assert!(shop.image_in_cluster(PREVIEWS, &name(number)).is_none(), "{}", shop.console());
    shop.platform.wait_until_namespace_is_gone(PREVIEWS).await;
    shop.restart_at(9 * 60 + 20).await;
    shop.wait_for_end_of(number, "closed").await;
    shop.close().await;
}

#[tokio::test]
async fn events_in_any_order_and_repeated_end_with_the_newest_commit() {
    let shop = open().await;
    let github = &shop.platform.github;
    github.add_webhook_rule(WebhookRule::all(Treatment::Hold).any("pull_request"));
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let is_held = |it: &nokube_sim::Delivery| it.event == "pull_request";
        let before = github.deliveries().iter().filter(|it| is_held(it)).count();
        let number = shop.open_pull_request(pull_request(&format!("branch-{}", order[0])));
        for message in ["One", "Two", "Three"] {
            shop.push_to(number, message);
        }
        let events: Vec<_> = github.deliveries().into_iter().filter(is_held).skip(before).collect();
        let ids = order.map(|place| events[place].id);
        github.release_webhooks_in_order(&ids);
        let newest = shop.head_of(number);
        shop.running_preview(number, &newest).await;
        assert!(github.redeliver(ids[0]));
        shop.platform.wait_until_events_are_processed().await;
        shop.service("frontend").await;
        assert_eq!(shop.builds_of(&newest).await.len(), 1, "{order:?}");
        let preview = shop.preview(number).await.unwrap();
        assert_eq!(
            (&preview["state"], &preview["commit"]["sha"]),
            (&json!("running"), &json!(newest))
        );
    }
    shop.close().await;
}

#[tokio::test]
async fn an_installation_without_the_permission_goes_on_building_pushes() {
    let shop = open().await;
    let github = &shop.platform.github;
    github.set_private(SHOP, true);
    github.set_installation("alice", nokube_sim::AppVersion::before_previews());
    let number = shop.open_pull_request(pull_request("feature"));
    let build = shop.build_of_push("Fix it again").await;
    shop.running("frontend", &build).await;
    let list = shop.alice.get(&shop.previews_path()).await.expect(200);
    assert_eq!((&list["waiting_for_approval"], &list["previews"]), (&json!(true), &json!([])));
    github.accept_permissions("alice");
    shop.wait_for_preview(number, "running").await;
    let list = shop.alice.get(&shop.previews_path()).await.expect(200);
    assert_eq!(list["waiting_for_approval"], false);
    shop.close().await;
}
