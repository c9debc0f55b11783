//! What GitHub shows at a commit.

use super::{MAIN, SHOP, Shop};
use nokube_sim::{AppVersion, Commit, HoldPoint, RepositorySettings};
use nokube_tests::Response;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_status_names_the_service_and_links_to_the_build() {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    shop.platform.github.hold_runs(HoldPoint::InProgress);
    let sha = shop.push("Fix the cart", &["web/cart.js"]);
    shop.wait_for_state(&sha, "frontend", "pending").await;
    shop.platform.github.release_all();
    shop.platform.github.hold_runs(None);
    shop.wait_for_state(&sha, "frontend", "success").await;
    let build = shop.ended_builds_of(&sha, 1).await.remove(0);
    for status in shop.platform.github.statuses(SHOP) {
        assert_eq!(status.context, "nokube/myapp/frontend");
        let url = status.target_url.unwrap();
        assert!(url.starts_with(nokube_tests::PLATFORM_URL), "{url}");
        assert!(url.contains(build["build_id"].as_str().unwrap()), "{url}");
        let description = status.description.unwrap();
        assert!(description.chars().count() <= 140 && !description.is_empty(), "{description}");
    }
    shop.close().await;
}

/// The App may write statuses for everybody, so the person's own right counts.
#[tokio::test]
async fn a_stranger_does_not_turn_a_check_green() {
    let shop = Shop::open().await;
    let bob = shop.platform.user("bob");
    let project = bob.create_project("copy").await;
    let path = format!("/api/v1/projects/{project}/services/frontend");
    let fields =
        json!({ "repository_url": format!("https://github.com/{SHOP}"), "build_on_push": true });
    let request = bob.request(Method::PUT, &path).json(&fields);
    Response::send(request).await.expect(201);

    let sha = shop.push("Fix the cart", &["web/cart.js"]);
    let builds = format!("/api/v1/projects/{project}/builds");
    for _ in 0..super::MAX_LOOKS {
        if bob.get(&builds).await.expect(200)["total"] == 1 {
            break;
        }
        tokio::time::sleep(super::LOOK_INTERVAL).await;
    }
    let build = bob.get(&builds).await.expect(200)["builds"][0]["build_id"].clone();
    bob.wait_for_end(&format!("/api/v1/builds/{}", build.as_str().unwrap())).await;
    bob.get(&path).await.expect(200);
    assert!(shop.platform.github.statuses(SHOP).is_empty(), "{sha}");
    let service = bob.get(&path).await.expect(200);
    assert_eq!(service["automatic_builds"]["commit_statuses"], "no_push_permission");
    shop.close().await;
}

#[tokio::test]
async fn builds_do_not_wait_for_the_permission_to_write_statuses() {
    let shop = Shop::open().await;
    let github = &shop.platform.github;
    github.set_installation("alice", AppVersion::current().without_permission("statuses"));
    shop.link("frontend", &json!({})).await;
    let sha = github.push(SHOP, MAIN, Commit::new("Fix the cart", &["web/cart.js"]));
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["status"], "success");
    let service = shop.alice.get(&shop.path("frontend")).await.expect(200);
    assert_eq!(service["automatic_builds"]["commit_statuses"], "waiting_for_approval");
    assert!(github.statuses(SHOP).is_empty());
    shop.close().await;
}

#[tokio::test]
async fn a_person_who_may_not_read_the_repository_any_more_builds_nothing() {
    let shop = Shop::open().await;
    let github = &shop.platform.github;
    shop.link("frontend", &json!({})).await;
    let nobody = RepositorySettings {
        private: Some(true),
        collaborators: Some([("alice".to_owned(), "none".to_owned())].into()),
        ..RepositorySettings::default()
    };
    github.set_repository(SHOP, nobody);
    let sha = shop.push("Secret plans", &["web/cart.js"]);
    assert_eq!(shop.decisions("frontend").await[0], "no_access");
    assert!(shop.builds_of(&sha).await.is_empty());
    let shown = shop.pushes("frontend").await;
    assert!(!shown[0]["head"].to_string().contains("Secret plans"), "{shown:#?}");
    shop.close().await;
}
