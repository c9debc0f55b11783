//! The webhooks of a build in random orders, repeated or lost: the result is that of the correct order.
//!
//! A build runs at GitHub without webhooks. Then the test sends its webhooks in many orders, each time
//! with the storage as it was right after the build was requested.

use crate::storage_rows::StorageRows;
use fastrand::Rng;
use futures::future::{OptionFuture, join, join_all};
use nokube_sim::{Delivery, Fault, HoldPoint, WorkflowRun};
use nokube_tests::{TestPlatform, User, WEBHOOK_SECRET};
use serde_json::{Value, json};

/// The number of orders for each kind of build.
const ORDERS: u64 = 60;

/// The fields of a build that describe its result.
const RESULT_FIELDS: [&str; 6] =
    ["status", "image_digest", "steps", "attempt", "error_code", "error_message"];

struct PausedBuild {
    platform: TestPlatform,
    alice: User,
    path: String,
    rows: StorageRows,
}

impl PausedBuild {
    /// Starts a build whose run GitHub pauses.
    async fn start(service: &str) -> Self {
        let platform = TestPlatform::config().without_webhooks().start().await;
        let alice = platform.user("alice");
        platform.github.hold_runs(HoldPoint::InProgress);
        platform.github.set_step(std::time::Duration::from_millis(2));
        let path = alice.start_build_of(alice.create_project("myapp").await, service).await;
        platform.github.wait_until_idle().await.unwrap();
        let rows = StorageRows::open(&platform.storage_file());
        Self { platform, alice, path, rows }
    }

    fn run(&self) -> WorkflowRun {
        let id = self.path.rsplit('/').next().unwrap();
        self.platform.github.run_for_build(id).unwrap()
    }

    async fn send(&self, event: &Delivery) {
        let response = self
            .platform
            .send_webhook_bytes(&event.event, event.body.to_vec(), WEBHOOK_SECRET)
            .await;
        assert!(
            ["stored", "ignored", "pong"]
                .contains(&response.expect(200)["outcome"].as_str().unwrap())
        );
    }

    async fn read(&self) -> Value {
        result_of(&self.alice.get(&self.path).await.expect(200))
    }

    /// The result while GitHub and the registry reject all requests, so that it comes from webhooks only.
    async fn read_without_github(&self) -> Value {
        for (method, path) in [("GET", "/actions/"), ("HEAD", "/manifests/")] {
            self.platform.github.add_fault(Fault::status(method, path, 403).times(100));
        }
        let result = self.read().await;
        self.platform.github.clear_faults();
        result
    }

    /// Sends the build's webhooks in many orders. Checks that the result is always that of the correct order,
    /// with this status and attempt.
    async fn check_all_orders(mut self, status: &str, attempt: u32) {
        self.platform.github.wait_until_idle().await.unwrap();
        let events = self.platform.github.deliveries();
        let before = self.rows.all();

        for event in &events {
            self.send(event).await;
        }
        let from_webhooks = self.read_without_github().await;
        let expected = self.read().await;
        assert_eq!((&expected["status"], &expected["attempt"]), (&json!(status), &json!(attempt)));
        assert_eq!(expected["image_digest"].is_string(), status == "success");
        assert_eq!(self.read().await, expected);

        for seed in 0..ORDERS {
            self.rows.replace_all(&before);
            let order = Order::sample(seed, &events, attempt);
            if order.is_concurrent {
                let sending = join_all(order.events.iter().map(|event| self.send(event)));
                join(sending, OptionFuture::from(order.read_after.map(|_| self.read()))).await;
            }
            let sequential = if order.is_concurrent { &[][..] } else { &order.events };
            for (index, event) in sequential.iter().enumerate() {
                self.send(event).await;
                if order.read_after == Some(index) {
                    self.read().await;
                }
            }
            if order.is_complete && !order.is_concurrent && order.read_after.is_none() {
                let result = self.read_without_github().await;
                assert_eq!(result, from_webhooks, "without GitHub, {order}");
            }
            assert_eq!(self.read().await, expected, "{order}");
            assert_eq!(self.read().await, expected, "read again, {order}");
        }
        self.platform.finish().await;
    }
}

/// An order of webhooks, with repetitions.
struct Order {
    seed: u64,
    /// Whether no webhook is lost.
    is_complete: bool,
    /// Whether all are sent at the same time. The storage has no transactions, so writes can be overwritten.
    is_concurrent: bool,
    events: Vec<Delivery>,
    /// The build is read after the webhook with this index.
    read_after: Option<usize>,
}

impl Order {
    fn sample(seed: u64, events: &[Delivery], attempt: u32) -> Self {
        let mut rng = Rng::with_seed(seed);
        let is_complete = seed.is_multiple_of(2);
        // Not with a second attempt: concurrent writes could overwrite everything about it.
        let is_concurrent = attempt == 1 && seed.is_multiple_of(4);
        let loss = if is_complete { 0.0 } else { rng.f64() };
        let mut delivered: Vec<Delivery> = Vec::new();
        for event in events {
            let times = if rng.f64() < loss { 0 } else { 1 + usize::from(rng.f64() < 0.3) };
            delivered.extend(std::iter::repeat_n(event.clone(), times));
        }
        // Ended builds are not polled. So if an attempt was started at GitHub, at least one event of its run
        // must arrive.
        let of_attempt = |event: &&Delivery| run_attempt(event) == Some(attempt);
        if attempt > 1 && !delivered.iter().any(|event| of_attempt(&event)) {
            let choice: Vec<_> = events.iter().filter(of_attempt).collect();
            delivered.push((*rng.choice(&choice).unwrap()).clone());
        }
        rng.shuffle(&mut delivered);
        let read_after =
            (rng.u8(..3) == 0 && !delivered.is_empty()).then(|| rng.usize(..delivered.len()));
        Self { seed, is_complete, is_concurrent, events: delivered, read_after }
    }
}

impl std::fmt::Display for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seed, is_concurrent, read_after, .. } = self;
        write!(f, "seed {seed}, concurrent {is_concurrent}, read after {read_after:?}:")?;
        for event in &self.events {
            let attempt = run_attempt(event).map(|attempt| format!("/{attempt}"));
            let action = event.action.as_deref().unwrap_or_default();
            write!(f, " {} {action}{},", event.event, attempt.unwrap_or_default())?;
        }
        Ok(())
    }
}

/// The attempt number in an event about a run.
fn run_attempt(event: &Delivery) -> Option<u32> {
    let body: Value = serde_json::from_slice(&event.body).unwrap();
    u32::try_from(body["workflow_run"]["run_attempt"].as_u64()?).ok()
}

fn result_of(build: &Value) -> Value {
    RESULT_FIELDS.iter().map(|field| ((*field).to_owned(), build[*field].clone())).collect()
}

#[tokio::test]
async fn a_success_is_a_success_in_every_order_of_its_events() {
    let build = PausedBuild::start("frontend").await;
    build.platform.github.release_all();
    build.check_all_orders("success", 1).await;
}

#[tokio::test]
async fn a_failure_is_a_failure_in_every_order_of_its_events() {
    let build = PausedBuild::start("will-fail").await;
    build.platform.github.release_all();
    build.check_all_orders("failed", 1).await;
}

#[tokio::test]
async fn a_cancelled_build_is_cancelled_in_every_order_of_its_events() {
    let build = PausedBuild::start("frontend").await;
    assert!(build.platform.github.cancel_in_github(build.run().id));
    build.check_all_orders("cancelled", 1).await;
}

#[tokio::test]
async fn a_second_attempt_started_in_github_counts_in_every_order_of_the_events_of_both() {
    let build = PausedBuild::start("frontend").await;
    build.platform.github.finish_run(build.run().id, nokube_sim::Conclusion::Failure);
    build.platform.github.wait_until_idle().await.unwrap();
    build.platform.github.hold_runs(None);
    assert!(build.platform.github.rerun_in_github(build.run().id));
    build.check_all_orders("success", 2).await;
}
