//! What a pull request causes is ended at one of its steps. Reads and `reconcile` do what is left.

use super::{SHOP, config, open_at};

/// No request makes as many calls of the store, and each makes more than the second number.
const MAX_CALLS: u32 = 400;
const MIN_CALLS: u32 = 40;
const STEP: usize = 43;

/// Seconds. A build that was recorded and perhaps dispatched, but of which GitHub knows nothing, has failed by then.
const HOUR: i64 = 3_600;

#[tokio::test]
async fn a_preview_can_be_cut_off_at_any_step_of_its_life() {
    // A build whose dispatch was cut off counts as never started after that time, and another one takes its place.
    let mut shop = open_at(config().variable("build_grace_seconds", "3")).await;
    let number = shop.open_and_wait("feature").await;
    let mut now = 0;
    for calls in (0..MAX_CALLS).step_by(STEP) {
        shop.restart_limited_at(Some(calls), now).await;
        let earlier = shop.answered_events();
        let sha = shop.push_to(number, &format!("Cut off after {calls} calls"));
        let is_push_cut_off = shop.is_cut_off(earlier).await;
        shop.go_on(&mut now).await;
        let build = shop.dispatched_build_of(&sha).await;
        assert_eq!(build["status"], "success", "after {calls} calls: {build}");
        shop.running_preview(number, &sha).await;

        shop.restart_limited_at(Some(calls), now).await;
        let earlier = shop.answered_events();
        shop.platform.github.close_pull_request(SHOP, number);
        let is_end_cut_off = shop.is_cut_off(earlier).await;
        shop.go_on(&mut now).await;
        shop.wait_for_end_of(number, "closed").await;
        shop.platform.github.reopen_pull_request(SHOP, number);
        shop.wait_for_preview(number, "running").await;
        if !is_push_cut_off && !is_end_cut_off {
            assert!(calls >= MIN_CALLS, "nothing is ended after {calls} calls");
            shop.assert_no_work_is_left_at(now + HOUR).await;
            return shop.close().await;
        }
    }
    panic!("a component is always ended");
}
