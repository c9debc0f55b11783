//! An automatic deployment that fails is undone: the whole configuration, not only the old pods.

use super::{NAMESPACE, open};
use crate::support::shop::Shop;
use serde_json::{Value, json};

/// Seconds of the clock between two requests of the timer.
const MINUTE: i64 = 60;
const MAX_RUNS: i64 = 8;

impl Shop {
    /// Restarts the platform, which ends all that requests do after their responses, and lets the timer request
    /// `reconcile` every minute, until the cluster has the image of a build. Nobody else asks the platform anything.
    async fn reconcile_until_image(&mut self, build: &Value) {
        let digest = build["image_digest"].as_str().unwrap().to_owned();
        for minute in 1..=MAX_RUNS {
            self.restart_at(minute * MINUTE).await;
            self.reconcile().await;
            self.platform.cluster.wait_until_idle().await.unwrap();
            let image = self.image_in_cluster(NAMESPACE, "frontend").unwrap_or_default();
            if image.ends_with(&digest) {
                return;
            }
        }
        panic!("never {digest}\n{}", self.console());
    }

    /// Pushes a commit whose program exits, and waits until the cluster has its image, but has not started it yet.
    async fn push_what_crashes(&self) -> Value {
        self.platform.cluster.set_paused(true);
        self.platform.cluster.let_new_images_crash(true);
        let build = self.build_of_push("Break the cart").await;
        self.wait_for_image(NAMESPACE, "frontend", &build).await;
        build
    }
}

#[tokio::test]
async fn a_failed_one_is_undone_while_nobody_looks_but_reconcile() {
    let mut shop = open().await;
    shop.save_secrets("frontend", &["API_KEY"]).await;
    let good = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &good).await;
    shop.configure("frontend", &json!({ "replicas": 2, "env_vars": { "COLOUR": "blue" } })).await;
    shop.save_secrets("frontend", &["NEW_KEY"]).await;
    let bad = shop.push_what_crashes().await;
    assert_eq!(shop.variables_in_cluster(NAMESPACE, "frontend")["COLOUR"], "blue");
    shop.platform.restart().await;
    shop.platform.cluster.set_paused(false);
    shop.platform.cluster.wait_until_idle().await.unwrap();

    shop.reconcile_until_image(&good).await;
    let object = shop.platform.cluster.object("deployments", NAMESPACE, "frontend").unwrap();
    assert_eq!(object["spec"]["replicas"], 1);
    assert_eq!(shop.variables_in_cluster(NAMESPACE, "frontend")["COLOUR"], "red");
    assert_eq!(shop.secrets_in_cluster(NAMESPACE, "frontend"), ["API_KEY"]);

    shop.restart_at((MAX_RUNS + 1) * MINUTE).await;
    let restored = shop.running("frontend", &good).await;
    let undone = restored["warnings"][0].as_str().unwrap();
    assert!(undone.contains(bad["build_id"].as_str().unwrap()), "{undone}");
    assert_eq!((&restored["revision"], &restored["release"]), (&json!(3), &json!(1)));
    assert_eq!(restored["automation_paused"], json!(null), "the next push is deployed");
    let automatic = shop.service("frontend").await["automatic_deployments"].clone();
    assert_eq!(
        (&automatic["state"], &automatic["problem"]["build_id"]),
        (&json!("active"), &bad["build_id"])
    );
    // The build that has failed is not tried again.
    shop.wait_for_quiet().await;
    shop.restart_at((MAX_RUNS + 2) * MINUTE).await;
    shop.reconcile().await;
    shop.service("frontend").await;
    assert_eq!(shop.running("frontend", &good).await["revision"], 3);

    shop.platform.cluster.let_new_images_crash(false);
    let next = shop.build_of_push("Repair the cart").await;
    shop.wait_for_image(NAMESPACE, "frontend", &next).await;
    let running = shop.running("frontend", &next).await;
    assert_eq!(running["replicas_total"], 2, "with what is saved");
    assert_eq!(shop.service("frontend").await["automatic_deployments"]["problem"], json!(null));
    shop.close().await;
}

#[tokio::test]
async fn a_failed_one_is_undone_by_what_goes_on_after_its_request() {
    let shop = open().await;
    let good = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &good).await;
    shop.push_what_crashes().await;
    shop.platform.cluster.set_paused(false);
    shop.wait_for_image(NAMESPACE, "frontend", &good).await;
    shop.running("frontend", &good).await;
    shop.close().await;
}

#[tokio::test]
async fn the_first_deployment_has_nothing_to_go_back_to() {
    let shop = open().await;
    shop.platform.cluster.let_new_images_crash(true);
    let bad = shop.build_of_push("Open the shop").await;
    shop.wait_for_image(NAMESPACE, "frontend", &bad).await;
    let path = shop.deployment_path("frontend").await;
    shop.alice.wait_for_status(&path, &["failed"]).await;
    shop.wait_for_quiet().await;
    assert_eq!(shop.alice.get(&path).await.expect(200)["revision"], 1);
    shop.platform.cluster.let_new_images_crash(false);
    let next = shop.build_of_push("Repair it").await;
    shop.running("frontend", &next).await;
    shop.close().await;
}

/// What a person deploys is theirs to undo.
#[tokio::test]
async fn a_failed_deployment_of_a_person_stays() {
    let mut shop = open().await;
    let good = shop.build_of_push("Fix the cart").await;
    shop.running("frontend", &good).await;
    let path = shop.deployment_path("frontend").await;
    let image = shop.alice.deployment_request(shop.project, "frontend", "acme/shop-crash").await;
    shop.alice.deploy(&image).await;
    shop.alice.wait_for_status(&path, &["degraded", "failed"]).await;
    shop.restart_at(MINUTE).await;
    shop.reconcile().await;
    shop.wait_for_quiet().await;
    let newest = shop.alice.get(&path).await.expect(200);
    assert_eq!((&newest["revision"], &newest["automatic"]), (&json!(2), &json!(false)));
    shop.close().await;
}
