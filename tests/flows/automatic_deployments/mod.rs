//! Builds of pushes are deployed by themselves, until somebody decides against it.

mod cut_off;
mod decisions;
mod failures;
mod people;

use crate::support::{deployed_shop::NAMESPACE, shop::Shop};
use serde_json::json;

/// A shop whose service is built and deployed by pushes, with a configuration that is saved.
async fn open() -> Shop {
    Shop::open().await.with_configured_service(&json!({ "deploy_on_build": true })).await
}

#[tokio::test]
async fn a_push_is_built_and_deployed_with_what_is_saved() {
    let shop = open().await;
    shop.save_secrets("frontend", &["API_KEY"]).await;
    let service = shop.service("frontend").await;
    assert_eq!(service["deploy_on_build"], true);
    let automatic = json!({ "state": "active", "paused": null, "problem": null });
    assert_eq!(service["automatic_deployments"], automatic);
    assert!(
        shop.image_in_cluster(NAMESPACE, "frontend").is_none(),
        "to switch it on deploys nothing"
    );

    let first = shop.build_of_push("Fix the cart").await;
    shop.wait_for_image(NAMESPACE, "frontend", &first).await;
    let deployment = shop.running("frontend", &first).await;
    assert_eq!((&deployment["automatic"], &deployment["revision"]), (&json!(true), &json!(1)));
    assert_eq!(shop.variables_in_cluster(NAMESPACE, "frontend")["COLOUR"], "red");
    assert_eq!(shop.secrets_in_cluster(NAMESPACE, "frontend"), ["API_KEY"]);
    let revision = shop.revisions("frontend").await.remove(0);
    assert_eq!((&revision["automatic"], &revision["cause"]), (&json!(true), &json!("deploy")));
    assert_eq!(revision["by"], "alice", "the person who is responsible");

    shop.configure("frontend", &json!({ "replicas": 1, "env_vars": { "COLOUR": "blue" } })).await;
    let second = shop.build_of_push("Fix it again").await;
    shop.wait_for_image(NAMESPACE, "frontend", &second).await;
    let deployment = shop.running("frontend", &second).await;
    assert_eq!(deployment["revision"], 2);
    assert_eq!(shop.variables_in_cluster(NAMESPACE, "frontend")["COLOUR"], "blue");
    let audit = format!("/api/v1/projects/{}/audit", shop.project);
    let audit = shop.alice.get(&audit).await.expect(200);
    let deploys = audit["events"].as_array().unwrap().iter();
    let deploys: Vec<_> = deploys.filter(|entry| entry["action"] == "deployment.deploy").collect();
    assert_eq!(deploys.len(), 2, "{audit:#}");
    assert!(deploys.iter().all(|entry| entry["by"]["via"] == "push"), "{deploys:#?}");
    shop.close().await;
}

#[tokio::test]
async fn of_several_pushes_at_once_the_newest_runs_in_the_end() {
    let shop = open().await;
    let mut newest = String::new();
    for n in 0..6 {
        newest = shop.push(&format!("Commit {n}"), &["web/cart.js"]);
        tokio::time::sleep(std::time::Duration::from_millis(15 * (n % 3))).await;
    }
    let build = shop.ended_builds_of(&newest, 1).await.remove(0);
    shop.wait_for_image(NAMESPACE, "frontend", &build).await;
    shop.running("frontend", &build).await;
    // What was deployed before, if anything, are earlier builds, each at most once.
    let revisions = shop.revisions("frontend").await;
    let mut builds: Vec<_> = revisions.iter().map(|it| it["build_id"].to_string()).collect();
    let count = builds.len();
    builds.sort();
    builds.dedup();
    assert_eq!(builds.len(), count, "{revisions:#?}");
    shop.close().await;
}

#[tokio::test]
async fn it_needs_builds_on_push() {
    let shop = Shop::open().await;
    let fields =
        json!({ "repository_url": "https://github.com/alice/shop", "deploy_on_build": true });
    let request = shop.alice.request(reqwest::Method::PUT, &shop.path("frontend")).json(&fields);
    let errors = nokube_tests::Response::send(request).await.field_errors();
    assert!(errors["deploy_on_build"].contains("build_on_push"), "{errors:?}");
    shop.close().await;
}
