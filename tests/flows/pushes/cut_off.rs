//! What a push causes after the response to its event is ended at one of its steps. A read does what is left.

use super::Shop;
use crate::support::cut_off::EARLIER;
use serde_json::json;

/// More calls than a push needs, and fewer than there are surely.
const MAX_CALLS: u32 = 300;
const MIN_CALLS: u32 = 50;
/// Every call would take longer than other tests, and GitHub takes a limited number of statuses in a minute. The tests of
/// the component `builds` end it at each one.
const STEP: usize = 13;

#[tokio::test]
async fn what_a_push_causes_can_be_cut_off_at_any_step() {
    let mut shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    for calls in (0..MAX_CALLS).step_by(STEP) {
        shop.restart_with(Some(calls), EARLIER).await;
        let earlier = shop.answered_events();
        let sha = shop.push(&format!("Cut off after {calls} calls"), &["web/cart.js"]);
        let is_cut_off = shop.is_cut_off(earlier).await;
        let build = shop.build_after_restarts(&sha).await;
        assert_eq!(build["status"], "success", "after {calls} calls: {build}");
        shop.wait_for_state(&sha, "frontend", "success").await;
        let push = shop.pushes("frontend").await.remove(0);
        assert_eq!((&push["decision"], &push["head"]["sha"]), (&json!("built"), &json!(sha)));
        if !is_cut_off {
            assert!(calls >= MIN_CALLS, "nothing is ended after {calls} calls");
            shop.assert_no_work_is_left().await;
            return shop.close().await;
        }
    }
    panic!("a component is always ended");
}
