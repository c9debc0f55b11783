//! What a request does after its response is ended at one of its steps, as by a trap of a neighbour, a stop or a time limit
//! of the host.

use super::shop::{LOOK_INTERVAL, MAX_LOOKS, Shop};
use local_host::Limits;
use nokube_sim::DeliveryState;
use nokube_tests::Response;
use reqwest::Method;
use serde_json::{Value, json};

/// What the host logs about a component that it has ended.
const ENDED: &str = "was ended: too many calls after the response";

/// Seconds of the clock: a step may be left for a minute to the request that has begun it. Tokens allow for so much.
pub const EARLIER: i64 = -15;
pub const LATER: i64 = 47;

impl Shop {
    /// Restarts the host with its clock so many seconds ahead. After the response to a request, so many calls of it
    /// may be made.
    pub async fn restart_with(&mut self, calls_after_response: Option<u32>, seconds: i64) {
        self.platform.set_limits(Limits { calls_after_response, ..Limits::default() });
        self.platform.restart_later(seconds).await;
        self.platform.connect_webhook();
        self.alice = self.platform.reconnect(&self.alice);
    }

    /// Restarts the host, now and a minute later, and waits for the end of the only build of a commit that GitHub got. A
    /// reservation is free a minute after somebody has found it without a result.
    pub async fn build_after_restarts(&mut self, sha: &str) -> Value {
        self.restart_with(None, EARLIER).await;
        self.alice.get(&self.path("frontend")).await.expect(200);
        self.restart_with(None, LATER).await;
        self.dispatched_build_of(sha).await
    }

    /// The events that were answered since the start of the test.
    pub fn answered_events(&self) -> usize {
        let deliveries = self.platform.github.deliveries().into_iter();
        deliveries.filter(|delivery| delivery.state == DeliveryState::Answered).count()
    }

    /// Waits until a component was ended, or all is done that the events have caused since there were `earlier` ones.
    /// Returns whether one was ended.
    pub async fn is_cut_off(&self, earlier: usize) -> bool {
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

    /// Two runs of `reconcile` leave nothing: the first one may find builds that others are working on.
    pub async fn assert_no_work_is_left(&mut self) {
        self.assert_no_work_is_left_at(LATER).await;
    }

    /// The same with the clock so many seconds ahead.
    pub async fn assert_no_work_is_left_at(&mut self, seconds: i64) {
        let mut reconciliation = json!(null);
        for seconds in [seconds - 17, seconds] {
            self.restart_at(seconds).await;
            reconciliation = self.reconcile().await;
        }
        assert_eq!(reconciliation["remaining"], 0, "{reconciliation}");
        assert_eq!(reconciliation["complete"], true, "{reconciliation}");
    }

    /// Does what is left, as time goes on: a step that was begun is free a minute after somebody has found it without a
    /// result. `now` is the time of the platform's clock and of GitHub's, in seconds ahead.
    pub async fn go_on(&mut self, now: &mut i64) {
        for seconds in [20, 62] {
            *now += seconds;
            self.restart_at(*now).await;
            self.service("frontend").await;
            self.reconcile().await;
            self.wait_for_quiet().await;
        }
    }

    /// Requests `/api/v1/reconcile`, as a timer does.
    pub async fn reconcile(&self) -> Value {
        let request = self.platform.anonymous().request(Method::POST, "/api/v1/reconcile");
        Response::send(request).await.expect(200)
    }
}
