//! What people decide counts more than pushes: a rollback, a stop, a deletion, and an image of their own.

use super::{NAMESPACE, open};
use crate::support::shop::Shop;
use serde_json::{Value, json};
use std::time::Duration;

impl Shop {
    /// Changes a deployment, as with `rollback`.
    async fn act(&self, path: &str, action: &str) -> Value {
        self.alice.post(&format!("{path}/{action}"), &json!({})).await.expect(202)
    }

    /// Asserts that a build of a push is not deployed, also not by a read or `reconcile`.
    async fn assert_is_not_deployed(&mut self, build: &Value) {
        self.platform.wait_until_events_are_processed().await;
        self.service("frontend").await;
        self.reconcile().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let image = self.image_in_cluster(NAMESPACE, "frontend").unwrap_or_default();
        assert!(!image.ends_with(build["image_digest"].as_str().unwrap()), "{image}");
    }
}

#[tokio::test]
async fn a_rollback_stays_until_somebody_resumes() {
    let mut shop = open().await;
    let good = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &good).await;
    let bad = shop.build_of_push("Break the cart").await;
    shop.running("frontend", &bad).await;
    let path = shop.deployment_path("frontend").await;
    shop.act(&path, "rollback").await;
    let deployment = shop.running("frontend", &good).await;
    let pause = &deployment["automation_paused"];
    assert_eq!((&pause["by"], &pause["cause"]), (&json!("alice"), &json!("rollback")));

    let next = shop.build_of_push("Break it more").await;
    shop.assert_is_not_deployed(&next).await;
    let service = shop.service("frontend").await;
    assert_eq!(service["automatic_deployments"]["state"], "paused");
    assert_eq!(service["automatic_deployments"]["paused"]["by"], "alice");
    // Other changes keep the pause.
    shop.act(&path, "restart").await;
    shop.assert_is_not_deployed(&next).await;
    assert_eq!(shop.service("frontend").await["automatic_deployments"]["state"], "paused");

    shop.act(&path, "resume").await;
    shop.wait_for_image(NAMESPACE, "frontend", &next).await;
    let deployment = shop.running("frontend", &next).await;
    assert_eq!(
        (&deployment["automation_paused"], &deployment["automatic"]),
        (&json!(null), &json!(true))
    );
    let again = shop.alice.post(&format!("{path}/resume"), &json!({})).await;
    again.expect_problem_with_reason(409, "not_paused");
    assert_eq!(deployment["revision"], 6, "two pushes, a rollback, a restart, resume, and a push");
    shop.close().await;
}

#[tokio::test]
async fn only_developers_resume() {
    let shop = open().await;
    let good = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &good).await;
    let path = shop.deployment_path("frontend").await;
    shop.act(&path, "stop").await;
    let (bob, carol) = (shop.add_member("bob", "viewer").await, shop.platform.user("carol"));
    bob.post(&format!("{path}/resume"), &json!({})).await.expect_problem(403);
    carol.post(&format!("{path}/resume"), &json!({})).await.expect_problem(404);
    shop.platform.anonymous().post(&format!("{path}/resume"), &json!({})).await.expect_problem(401);
    shop.close().await;
}

#[tokio::test]
async fn a_stopped_service_stays_stopped_until_somebody_resumes() {
    let mut shop = open().await;
    let first = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &first).await;
    let path = shop.deployment_path("frontend").await;
    shop.act(&path, "stop").await;
    let next = shop.build_of_push("Fix it again").await;
    shop.assert_is_not_deployed(&next).await;
    let stopped = shop.alice.wait_for_status(&path, &["stopped"]).await;
    assert_eq!(stopped["automation_paused"]["cause"], "stop");
    shop.act(&path, "resume").await;
    let running = shop.running("frontend", &next).await;
    assert_eq!(running["automation_paused"], json!(null));
    shop.close().await;
}

#[tokio::test]
async fn a_deleted_deployment_is_not_deployed_again() {
    let mut shop = open().await;
    let first = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &first).await;
    let path = shop.deployment_path("frontend").await;
    shop.alice.delete(&path).await.expect(204);
    let next = shop.build_of_push("Fix it again").await;
    shop.assert_is_not_deployed(&next).await;
    assert!(shop.image_in_cluster(NAMESPACE, "frontend").is_none());
    assert_eq!(shop.service("frontend").await["automatic_deployments"]["state"], "deleted");

    let two_fields = json!({ "project_id": shop.project, "service_name": "frontend" });
    shop.alice.deploy(&two_fields).await;
    let last = shop.build_of_push("Once more").await;
    shop.wait_for_image(NAMESPACE, "frontend", &last).await;
    shop.running("frontend", &last).await;
    shop.close().await;
}

#[tokio::test]
async fn an_image_that_a_person_deploys_is_never_replaced() {
    let mut shop = open().await;
    let image = shop.alice.deployment_request(shop.project, "frontend", "nginx:1.29").await;
    let path = shop.alice.deploy(&image).await;
    shop.alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(shop.service("frontend").await["automatic_deployments"]["state"], "other_image");
    let build = shop.build_of_push("Fix the cart").await;
    shop.assert_is_not_deployed(&build).await;
    assert_eq!(
        shop.alice.get(&path).await.expect(200)["image_name"],
        "docker.io/library/nginx:1.29"
    );
    shop.close().await;
}

/// Whichever comes first, the person's decision is the last one.
#[tokio::test]
async fn a_rollback_at_the_same_time_as_an_automatic_deployment_stays() {
    let shop = open().await;
    for message in ["One", "Two"] {
        let build = shop.build_of_push(message).await;
        shop.running("frontend", &build).await;
    }
    let path = shop.deployment_path("frontend").await;
    for delay in [0, 20, 60, 150, 300] {
        let sha = shop.push(&format!("Break it after {delay} ms"), &["web/cart.js"]);
        shop.ended_builds_of(&sha, 1).await;
        tokio::time::sleep(Duration::from_millis(delay)).await;
        shop.act(&path, "rollback").await;
        shop.wait_for_quiet().await;
        let deployment = shop.alice.wait_for_status(&path, &["running"]).await;
        let pause = &deployment["automation_paused"];
        assert_eq!(pause["cause"], "rollback", "after {delay} ms: {deployment:#}");
        let broken = shop.builds_of(&sha).await.remove(0);
        assert_ne!(deployment["build_id"], broken["build_id"], "after {delay} ms");
        shop.act(&path, "resume").await;
        let build = shop.build_of_push("Repair it").await;
        shop.running("frontend", &build).await;
    }
    shop.close().await;
}
