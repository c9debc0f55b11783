//! The webhooks of a build in any order, twice or never: the end is that of the right order.
//!
//! A build runs at GitHub while nobody hears of it. Then its events are told in many orders, each
//! time to a storage that knows what it knew right after the build was asked for.

use crate::rows::Rows;
use fastrand::Rng;
use futures::future::{OptionFuture, join, join_all};
use nokube_sim::{Delivery, Fault, HoldAt, Run};
use nokube_tests::{User, WEBHOOK_SECRET, World};
use serde_json::{Value, json};

/// Orders of each kind of build.
const ORDERS: u64 = 60;

/// What a reader is told of how a build ended.
const END: [&str; 6] =
    ["status", "image_digest", "steps", "attempt", "error_code", "error_message"];

struct Story {
    world: World,
    alice: User,
    path: String,
    rows: Rows,
}

impl Story {
    /// A build that was asked for, and waits at GitHub in the middle of its work.
    async fn of(service: &str) -> Self {
        let world = World::plan().without_webhooks().start().await;
        let alice = world.user("alice");
        world.sim.hold_runs(HoldAt::InProgress);
        world.sim.set_step(std::time::Duration::from_millis(2));
        let path = alice.build_of(alice.project("myapp").await, service).await;
        world.sim.settled().await.unwrap();
        let rows = Rows::open(&world.storage());
        Self { world, alice, path, rows }
    }

    fn run(&self) -> Run {
        let id = self.path.rsplit('/').next().unwrap();
        self.world.sim.run_of(id).unwrap()
    }

    async fn tell(&self, event: &Delivery) {
        let told = self.world.deliver(&event.event, event.body.to_vec(), WEBHOOK_SECRET).await;
        assert!(
            ["stored", "ignored", "pong"].contains(&told.expect(200)["outcome"].as_str().unwrap())
        );
    }

    async fn read(&self) -> Value {
        end(&self.alice.get(&self.path).await.expect(200))
    }

    /// What a reader is told when GitHub and the registry tell nothing: what the events said.
    async fn read_without_github(&self) -> Value {
        for (method, path) in [("GET", "/actions/"), ("HEAD", "/manifests/")] {
            self.world.sim.fault(Fault::status(method, path, 403).times(100));
        }
        let told = self.read().await;
        self.world.sim.clear_faults();
        told
    }

    /// Tells the build's events in many orders. What must be told at the end is `status` in
    /// `attempt`, and else what is told after the right order.
    async fn ends_the_same_in_every_order(mut self, status: &str, attempt: u32) {
        self.world.sim.settled().await.unwrap();
        let events = self.world.sim.deliveries();
        let before = self.rows.all();

        for event in &events {
            self.tell(event).await;
        }
        let right = (self.read_without_github().await, self.read().await);
        assert_eq!((&right.1["status"], &right.1["attempt"]), (&json!(status), &json!(attempt)));
        assert_eq!(right.1["image_digest"].is_string(), status == "success");
        assert_eq!(self.read().await, right.1);

        for seed in 0..ORDERS {
            self.rows.reset(&before);
            let order = Order::sample(seed, &events, attempt);
            if order.at_once {
                let telling = join_all(order.events.iter().map(|event| self.tell(event)));
                join(telling, OptionFuture::from(order.read_after.map(|_| self.read()))).await;
            }
            let one_by_one = if order.at_once { &[][..] } else { &order.events };
            for (place, event) in one_by_one.iter().enumerate() {
                self.tell(event).await;
                if order.read_after == Some(place) {
                    self.read().await;
                }
            }
            if order.whole && !order.at_once && order.read_after.is_none() {
                let told = self.read_without_github().await;
                assert_eq!(told, right.0, "without GitHub, {order}");
            }
            assert_eq!(self.read().await, right.1, "{order}");
            assert_eq!(self.read().await, right.1, "read again, {order}");
        }
        self.world.end().await;
    }
}

/// An order of events, with repetitions, and losses if it is not `whole`.
struct Order {
    seed: u64,
    whole: bool,
    /// All at the same time: storage has no transactions, and what a writer overwrites is lost.
    at_once: bool,
    events: Vec<Delivery>,
    /// Somebody reads the build when so many events have been told.
    read_after: Option<usize>,
}

impl Order {
    fn sample(seed: u64, events: &[Delivery], attempt: u32) -> Self {
        let mut rng = Rng::with_seed(seed);
        let whole = seed.is_multiple_of(2);
        // Not with a second attempt: what is told of it could all be overwritten at the same time.
        let at_once = attempt == 1 && seed.is_multiple_of(4);
        let loss = if whole { 0.0 } else { rng.f64() };
        let mut kept: Vec<Delivery> = Vec::new();
        for event in events {
            let times = if rng.f64() < loss { 0 } else { 1 + usize::from(rng.f64() < 0.3) };
            kept.extend(std::iter::repeat_n(event.clone(), times));
        }
        // Nobody asks GitHub about a build that has ended, so of an attempt that somebody started
        // there one event of the run must arrive.
        let of_attempt = |event: &&Delivery| run_attempt(event) == Some(attempt);
        if attempt > 1 && !kept.iter().any(|event| of_attempt(&event)) {
            let choice: Vec<_> = events.iter().filter(of_attempt).collect();
            kept.push((*rng.choice(&choice).unwrap()).clone());
        }
        rng.shuffle(&mut kept);
        let read_after = (rng.u8(..3) == 0 && !kept.is_empty()).then(|| rng.usize(..kept.len()));
        Self { seed, whole, at_once, events: kept, read_after }
    }
}

impl std::fmt::Display for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seed, at_once, read_after, .. } = self;
        write!(f, "seed {seed}, at once {at_once}, read after {read_after:?}:")?;
        for event in &self.events {
            let attempt = run_attempt(event).map(|attempt| format!("/{attempt}"));
            let action = event.action.as_deref().unwrap_or_default();
            write!(f, " {} {action}{},", event.event, attempt.unwrap_or_default())?;
        }
        Ok(())
    }
}

/// The attempt that an event about a run is about.
fn run_attempt(event: &Delivery) -> Option<u32> {
    let body: Value = serde_json::from_slice(&event.body).unwrap();
    u32::try_from(body["workflow_run"]["run_attempt"].as_u64()?).ok()
}

fn end(build: &Value) -> Value {
    END.iter().map(|field| ((*field).to_owned(), build[*field].clone())).collect()
}

#[tokio::test]
async fn a_success_is_a_success_in_every_order_of_its_events() {
    let story = Story::of("frontend").await;
    story.world.sim.release_all();
    story.ends_the_same_in_every_order("success", 1).await;
}

#[tokio::test]
async fn a_failure_is_a_failure_in_every_order_of_its_events() {
    let story = Story::of("will-fail").await;
    story.world.sim.release_all();
    story.ends_the_same_in_every_order("failed", 1).await;
}

#[tokio::test]
async fn a_cancelled_build_is_cancelled_in_every_order_of_its_events() {
    let story = Story::of("frontend").await;
    assert!(story.world.sim.cancel_in_github(story.run().id));
    story.ends_the_same_in_every_order("cancelled", 1).await;
}

#[tokio::test]
async fn a_second_attempt_started_in_github_counts_in_every_order_of_the_events_of_both() {
    let story = Story::of("frontend").await;
    story.world.sim.finish(story.run().id, nokube_sim::Conclusion::Failure);
    story.world.sim.settled().await.unwrap();
    story.world.sim.hold_runs(None);
    assert!(story.world.sim.rerun_in_github(story.run().id));
    story.ends_the_same_in_every_order("success", 2).await;
}
