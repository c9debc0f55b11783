//! Measures how many round trips to the API server a deployment takes one after the other.

use jiff::SignedDuration;
use nokube_tests::{TestPlatform, User};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The delay of every response of the simulated API server.
const DELAY: Duration = Duration::from_millis(200);
const ROUNDS: usize = 5;

pub async fn measure() {
    println!("A deployment, with a simulated API server that delays every response by {DELAY:?}:");
    let world = TestPlatform::start().await;
    let alice = world.user("alice");
    let project = alice.create_project("myapp").await;
    let mut request = alice.deployment_request(project, "web", "nginx:1.29").await;
    request["env_vars"] = json!({ "A": "1" });
    request["secrets"] = json!({ "B": nokube_tests::USER_SECRET_VALUE });
    request["enable_autoscaling"] = json!(true);
    let first = measure_one(&world, &alice, &request).await;
    println!("  the first, with its namespace: {first}");
    let mut measurements = Vec::new();
    for round in 0..ROUNDS {
        request["env_vars"] = json!({ "A": round.to_string() });
        measurements.push(measure_one(&world, &alice, &request).await);
    }
    measurements.sort_by(|a, b| a.delays.total_cmp(&b.delays));
    if let Some(median) = measurements.get(ROUNDS / 2) {
        println!("  a later one (median of {ROUNDS}):   {median}   target: at most 3 in sequence");
    }
    world.finish().await;
}

struct Measurement {
    requests: usize,
    /// How many of them each waited for an earlier response.
    sequential: usize,
    /// The duration as a multiple of the API server's delay.
    delays: f64,
}

impl std::fmt::Display for Measurement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { requests, sequential, delays } = self;
        write!(f, "{requests} requests, {sequential} in sequence, {delays:.2} times the delay")
    }
}

async fn measure_one(world: &TestPlatform, user: &User, request: &Value) -> Measurement {
    world.cluster.clear_requests();
    world.cluster.set_delay(DELAY);
    let started = Instant::now();
    let path = user.deploy(request).await;
    let delays = started.elapsed().as_secs_f64() / DELAY.as_secs_f64();
    world.cluster.set_delay(Duration::ZERO);
    let requests = world.cluster.requests();
    // Waits for the end of the rollout. Otherwise it would change the Deployment during the next
    // measurement, which would then need additional requests.
    user.wait_for_status(&path, &["running"]).await;
    // A request that was received before the response to an earlier one was sent is concurrent.
    let mut received_at: Vec<_> = requests.iter().map(|request| request.received_at).collect();
    received_at.sort();
    let (mut sequential, mut responded_at) = (0, None);
    for at in &received_at {
        if responded_at.is_none_or(|responded_at| *at >= responded_at) {
            sequential += 1;
            responded_at = Some(*at + SignedDuration::try_from(DELAY).unwrap());
        }
    }
    Measurement { requests: received_at.len(), sequential, delays }
}
