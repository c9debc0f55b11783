//! What a push causes after the response to its event is ended at one of its steps, as by a trap of a neighbour, a stop or a
//! time limit of the host. A read does what is left.

use super::{LOOK_INTERVAL, MAX_LOOKS, Shop};
use local_host::Limits;
use nokube_sim::DeliveryState;
use nokube_tests::Response;
use reqwest::Method;
use serde_json::json;

/// What the host logs about a component that it has ended.
const ENDED: &str = "was ended: too many calls after the response";

/// More calls than a push needs, and fewer than there are surely.
const MAX_CALLS: u32 = 300;
const MIN_CALLS: u32 = 50;
/// Every call would take longer than other tests, and GitHub takes a limited number of statuses in a minute. The tests of
/// the component `builds` end it at each one.
const STEP: usize = 13;

/// Seconds of the clock: a step may be left for a minute to the request that has begun it. Tokens allow for so much.
const EARLIER: i64 = -15;
const LATER: i64 = 47;

impl Shop {
    /// Restarts the host with its clock so many seconds ahead. After the response to a request, so many calls of it
    /// may be made.
    async fn restart_with(&mut self, calls_after_response: Option<u32>, seconds: i64) {
        self.platform.set_limits(Limits { calls_after_response, ..Limits::default() });
        self.platform.restart_later(seconds).await;
        self.platform.connect_webhook();
        self.alice = self.platform.reconnect(&self.alice);
    }

    /// The events that were answered since the start of the test.
    fn answered_events(&self) -> usize {
        let deliveries = self.platform.github.deliveries().into_iter();
        deliveries.filter(|delivery| delivery.state == DeliveryState::Answered).count()
    }

    /// Waits until a component was ended, or all is done that the events have caused since there were `earlier` ones.
    /// Returns whether one was ended.
    async fn is_cut_off(&self, earlier: usize) -> bool {
        for _ in 0..MAX_LOOKS {
            let console = self.console();
            if console.contains(ENDED) {
                return true;
            }
            self.platform.github.wait_until_idle().await.unwrap();
            let lines = console.lines().filter(|line| line.contains("] request component=webhook"));
            let answered = self.answered_events() - earlier;
            if answered > 0 && lines.count() >= answered {
                return false;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        panic!("events are still processed\n{}", self.console());
    }
}

#[tokio::test]
async fn what_a_push_causes_can_be_cut_off_at_any_step() {
    let mut shop = Shop::open().await;
    shop.link("frontend", &json!({})).await;
    for calls in (0..MAX_CALLS).step_by(STEP) {
        shop.restart_with(Some(calls), EARLIER).await;
        let earlier = shop.answered_events();
        let sha = shop.push(&format!("Cut off after {calls} calls"), &["web/cart.js"]);
        let is_cut_off = shop.is_cut_off(earlier).await;
        // A reservation is free a minute after somebody has found it without a result.
        shop.restart_with(None, EARLIER).await;
        shop.alice.get(&shop.path("frontend")).await.expect(200);
        shop.restart_with(None, LATER).await;
        let build = shop.dispatched_build_of(&sha).await;
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

impl Shop {
    /// Two runs of `reconcile` leave nothing: the first one may find builds that others are working on.
    async fn assert_no_work_is_left(&mut self) {
        let mut reconciliation = json!(null);
        for seconds in [LATER - 17, LATER] {
            self.platform.restart_later(seconds).await;
            let reconcile = self.platform.anonymous().request(Method::POST, "/api/v1/reconcile");
            reconciliation = Response::send(reconcile).await.expect(200);
        }
        assert_eq!(reconciliation["remaining"], 0, "{reconciliation}");
        assert_eq!(reconciliation["complete"], true, "{reconciliation}");
    }
}
