//! How many previews there may be, and who gets a free place.

use super::{SHOP, open_at, pull_request};
use crate::support::shop::config;
use serde_json::json;

#[tokio::test]
async fn there_are_at_most_so_many_previews_of_an_owner() {
    let shop = open_at(config().variable("limit_previews", "2")).await;
    let (first, second) = (shop.open_and_wait("one").await, shop.open_and_wait("two").await);
    let third = shop.open_pull_request(pull_request("three"));
    let sha = shop.head_of(third);
    shop.assert_is_not_built(third, &sha, "waiting", json!("too_many_previews")).await;
    assert_eq!(shop.deployed_previews(), ["pr-1-frontend", "pr-2-frontend"]);
    let list = shop.alice.get(&shop.previews_path()).await.expect(200);
    assert_eq!((&list["limit"], &list["days"]), (&json!(2), &json!(7)));
    // The first ones can still be pushed to.
    let again = shop.push_to(first, "Again");
    shop.running_preview(first, &again).await;

    // Another project of the same owner has no places of its own.
    let other = shop.alice.create_project("other").await;
    let path = format!("/api/v1/projects/{other}/services/frontend");
    let fields = json!({
        "repository_url": format!("https://github.com/{SHOP}"), "build_on_push": true, "previews": "build",
    });
    let request = shop.alice.request(reqwest::Method::PUT, &path).json(&fields);
    nokube_tests::Response::send(request).await.expect(201);
    shop.alice.get(&path).await.expect(200);
    let others = shop.alice.get(&format!("{path}/previews")).await.expect(200);
    for preview in others["previews"].as_array().unwrap() {
        assert_eq!(preview["problem"], "too_many_previews", "{others:#}");
    }
    // It does not wait for the next free place either.
    let off = shop.alice.request(reqwest::Method::PATCH, &path).json(&json!({ "previews": "off" }));
    nokube_tests::Response::send(off).await.expect(200);

    shop.platform.github.close_pull_request(SHOP, second);
    shop.wait_for_end_of(second, "closed").await;
    shop.running_preview(third, &sha).await;
    shop.close().await;
}

#[tokio::test]
async fn pull_requests_that_build_nothing_take_no_place() {
    let shop = open_at(config().variable("limit_previews", "1")).await;
    for branch in ["draft-1", "draft-2"] {
        shop.open_pull_request(pull_request(branch).draft());
    }
    shop.open_pull_request(pull_request("main").of_fork("mallory"));
    shop.open_and_wait("feature").await;
    shop.close().await;
}

#[tokio::test]
async fn many_pull_requests_at_once_take_no_more_places_than_there_are() {
    let shop = open_at(config().variable("limit_previews", "3")).await;
    let numbers: Vec<_> =
        (0..8).map(|n| shop.open_pull_request(pull_request(&format!("branch-{n}")))).collect();
    shop.platform.wait_until_events_are_processed().await;
    shop.service("frontend").await;
    shop.wait_for_quiet().await;
    let previews = shop.previews().await;
    assert_eq!(previews.len(), numbers.len());
    let waiting =
        previews.iter().filter(|preview| preview["problem"] == "too_many_previews").count();
    assert_eq!(waiting, numbers.len() - 3, "{previews:#?}");
    shop.close().await;
}
