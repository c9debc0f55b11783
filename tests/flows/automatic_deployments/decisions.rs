//! Which builds are deployed, and with what.

use super::{NAMESPACE, open};
use crate::support::shop::{MAIN, SHOP, Shop};
use nokube_sim::{Commit, HoldPoint};
use serde_json::json;

#[tokio::test]
async fn without_a_saved_configuration_the_running_one_is_kept() {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({ "deploy_on_build": true })).await;
    let first = shop.build_of_push("Fix the cart").await;
    assert_eq!(shop.service("frontend").await["automatic_deployments"]["state"], "not_configured");
    shop.wait_for_quiet().await;
    assert!(shop.image_in_cluster(NAMESPACE, "frontend").is_none(), "nobody said how");

    let image = first["image_full_name"].as_str().unwrap();
    let mut request = shop.alice.deployment_request(shop.project, "frontend", image).await;
    request["env_vars"] = json!({ "COLOUR": "green" });
    request["secrets"] = json!({ "API_KEY": nokube_tests::USER_SECRET_VALUE });
    request["replicas"] = json!(3);
    let path = shop.alice.deploy(&request).await;
    shop.alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(shop.service("frontend").await["automatic_deployments"]["state"], "active");
    let second = shop.build_of_push("Fix it again").await;
    shop.wait_for_image(NAMESPACE, "frontend", &second).await;
    let running = shop.running("frontend", &second).await;
    assert_eq!(running["replicas_total"], 3);
    assert_eq!(shop.variables_in_cluster(NAMESPACE, "frontend")["COLOUR"], "green");
    assert_eq!(shop.secrets_in_cluster(NAMESPACE, "frontend"), ["API_KEY"]);
    shop.close().await;
}

#[tokio::test]
async fn only_the_target_of_the_newest_push_is_deployed() {
    let shop = open().await;
    let first = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &first).await;
    // A build that somebody requests is not deployed, and neither is one that fails.
    let two_fields = json!({ "project_id": shop.project, "service_name": "frontend" });
    let manual = shop.alice.post("/api/v1/builds", &two_fields).await.expect(202);
    let manual = format!("/api/v1/builds/{}", manual["build_id"].as_str().unwrap());
    shop.alice.wait_for_end(&manual).await;
    shop.platform.github.set_next_conclusion(nokube_sim::Conclusion::Failure);
    let sha = shop.push("Break the build", &["web/cart.js"]);
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["status"], "failed");
    shop.wait_for_quiet().await;
    assert_eq!(shop.revisions("frontend").await.len(), 1);

    // A build that a later push replaces while it runs is not deployed, whether it ends or not.
    shop.platform.github.hold_runs(HoldPoint::InProgress);
    let replaced = shop.push("Not this", &["web/cart.js"]);
    let newest = shop.push("But this", &["web/cart.js"]);
    shop.wait_for_state(&newest, "frontend", "pending").await;
    shop.platform.github.release_all();
    shop.platform.github.hold_runs(None);
    let build = shop.ended_builds_of(&newest, 1).await.remove(0);
    shop.running("frontend", &build).await;
    let revisions = shop.revisions("frontend").await;
    assert_eq!(revisions.len(), 2, "{revisions:#?}");
    assert!(
        shop.builds_of(&replaced).await.iter().all(|it| it["build_id"] != revisions[0]["build_id"])
    );
    shop.close().await;
}

#[tokio::test]
async fn a_branch_that_is_set_back_deploys_the_older_commit_again() {
    let shop = open().await;
    let first = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &first).await;
    let second = shop.build_of_push("Break the cart").await;
    shop.running("frontend", &second).await;
    let sha = first["commit_sha"].as_str().unwrap();
    shop.platform.github.reset_branch(SHOP, MAIN, sha);
    let builds = shop.ended_builds_of(sha, 2).await;
    let again = builds.iter().find(|build| build["build_id"] != first["build_id"]).unwrap();
    shop.wait_for_image(NAMESPACE, "frontend", again).await;
    shop.running("frontend", again).await;
    shop.close().await;
}

#[tokio::test]
async fn who_is_not_responsible_any_more_deploys_nothing() {
    let shop = Shop::open().await;
    let bob = shop.add_member("bob", "developer").await;
    shop.configure("frontend", &json!({ "replicas": 1 })).await;
    let fields = json!({
        "repository_url": format!("https://github.com/{SHOP}"), "build_on_push": true, "deploy_on_build": true,
    });
    let request = bob.request(reqwest::Method::PUT, &shop.path("frontend")).json(&fields);
    nokube_tests::Response::send(request).await.expect(201);
    shop.platform.github.hold_runs(HoldPoint::InProgress);
    let commit = Commit::new("Fix the cart", &["web/cart.js"]);
    let sha = shop.platform.github.push(SHOP, MAIN, commit);
    while shop.builds_of(&sha).await.is_empty() {
        tokio::time::sleep(crate::support::shop::LOOK_INTERVAL).await;
    }
    // The build was started while bob was a developer.
    let removed = format!("/api/v1/projects/{}/members/bob", shop.project);
    shop.alice.delete(&removed).await.expect(204);
    shop.platform.github.release_all();
    shop.ended_builds_of(&sha, 1).await;
    shop.wait_for_quiet().await;
    assert!(shop.image_in_cluster(NAMESPACE, "frontend").is_none());
    shop.close().await;
}
