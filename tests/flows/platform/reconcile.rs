//! `/api/v1/reconcile`, through all components. What it continues is tested where that is.

use crate::support::browser::Browser;
use nokube_tests::{Response, TestPlatform};
use reqwest::Method;
use serde_json::json;

const PATH: &str = "/api/v1/reconcile";

#[tokio::test]
async fn anybody_can_start_a_run_and_operators_see_its_parts() {
    let platform = TestPlatform::start().await;
    let anybody = platform.anonymous();
    let nothing = json!({ "done": 0, "remaining": 0, "complete": true });
    let started = Response::send(anybody.request(Method::POST, PATH)).await;
    assert_eq!(started.expect(200), nothing);
    assert_eq!(anybody.get(PATH).await.expect(200), nothing);

    let mut root = Browser::signed_in(&platform, "root").await;
    let (_, token) = root.create_token(&["reconcile"]).await;
    for response in [
        root.get(PATH).await,
        platform.operator().get(PATH).await,
        platform.user_with_token(&token).get(PATH).await,
    ] {
        let details = response.expect(200)["details"].clone();
        let names: Vec<_> =
            details.as_array().unwrap().iter().map(|part| part["name"].clone()).collect();
        assert_eq!(names, ["builds", "waiting_builds", "repositories", "deployments"]);
    }
    platform.user_with_token(&token).get("/api/v1/projects").await.expect(403);
    platform.finish().await;
}

/// Only `platform` calls them.
#[tokio::test]
async fn the_internal_routes_have_no_public_path() {
    let platform = TestPlatform::start().await;
    for path in ["/internal/reconcile", "/internal/work/1"] {
        let response = Response::send(platform.anonymous().request(Method::POST, path)).await;
        assert!([404, 405].contains(&response.status), "{path}: {}", response.text);
    }
    platform.finish().await;
}
