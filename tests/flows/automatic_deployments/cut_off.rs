//! What a push causes, up to running pods, is ended at one of its steps. Reads and `reconcile` do what is left.

use crate::support::shop::{Shop, config};
use serde_json::json;

/// No request makes as many calls of the store, and each makes more than the second number.
const MAX_CALLS: u32 = 400;
const MIN_CALLS: u32 = 40;
const STEP: usize = 37;

/// Seconds. A build that was recorded and perhaps dispatched, but of which GitHub knows nothing, has failed by then.
const HOUR: i64 = 3_600;

#[tokio::test]
async fn an_automatic_deployment_can_be_cut_off_at_any_step() {
    // A build whose dispatch was cut off counts as never started after that time, and another one takes its place.
    let shop = Shop::at(config().variable("build_grace_seconds", "3")).await;
    let mut shop = shop.with_configured_service(&json!({ "deploy_on_build": true })).await;
    let mut now = 0;
    for calls in (0..MAX_CALLS).step_by(STEP) {
        shop.restart_limited_at(Some(calls), now).await;
        let earlier = shop.answered_events();
        let sha = shop.push(&format!("Cut off after {calls} calls"), &["web/cart.js"]);
        let is_cut_off = shop.is_cut_off(earlier).await;
        shop.go_on(&mut now).await;
        let build = shop.dispatched_build_of(&sha).await;
        assert_eq!(build["status"], "success", "after {calls} calls: {build}");
        shop.running("frontend", &build).await;
        let releases = shop.revisions("frontend").await;
        let of_build = releases.iter().filter(|it| it["build_id"] == build["build_id"]).count();
        assert_eq!(of_build, 1, "after {calls} calls: {releases:#?}");
        if !is_cut_off {
            assert!(calls >= MIN_CALLS, "nothing is ended after {calls} calls");
            shop.assert_no_work_is_left_at(now + HOUR).await;
            return shop.close().await;
        }
    }
    panic!("a component is always ended");
}
