//! How many round trips to the cluster a deployment waits for.

use jiff::SignedDuration;
use nokube_tests::{User, World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How much later the simulated API server answers than it could.
const DELAY: Duration = Duration::from_millis(200);
const RUNS: usize = 5;

pub async fn deployment() {
    println!("A deployment, on a simulated API server that answers {DELAY:?} late:");
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let mut wanted = alice.wanted_deployment(project, "web", "nginx:1.29").await;
    wanted["env_vars"] = json!({ "A": "1" });
    wanted["secrets"] = json!({ "B": nokube_tests::USER_SECRET });
    wanted["enable_autoscaling"] = json!(true);
    let first = measured(&world, &alice, &wanted).await;
    println!("  the first, namespace and all: {first}");
    let mut all = Vec::new();
    for run in 0..RUNS {
        wanted["env_vars"] = json!({ "A": run.to_string() });
        all.push(measured(&world, &alice, &wanted).await);
    }
    all.sort_by(|a, b| a.times.total_cmp(&b.times));
    if let Some(median) = all.get(RUNS / 2) {
        println!("  a later one (median of {RUNS}):   {median}   aim: at most 3 in a row");
    }
    world.end().await;
}

/// What a deployment took.
struct Took {
    requests: usize,
    in_a_row: usize,
    /// As a multiple of the API server's delay.
    times: f64,
}

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { requests, in_a_row, times } = self;
        write!(f, "{requests} requests, {in_a_row} in a row, {times:.2} times the delay")
    }
}

async fn measured(world: &World, user: &User, wanted: &Value) -> Took {
    world.cluster.clear_requests();
    world.cluster.set_delay(DELAY);
    let begun = Instant::now();
    let path = user.deploy(wanted).await;
    let times = begun.elapsed().as_secs_f64() / DELAY.as_secs_f64();
    world.cluster.set_delay(Duration::ZERO);
    let seen = world.cluster.requests();
    // A rollout that goes on changes the Deployment between look and apply, which then takes another look.
    user.until(&path, &["running"]).await;
    // Those that were sent while none before was answered went at once.
    let mut at: Vec<_> = seen.iter().map(|seen| seen.at).collect();
    at.sort();
    let (mut in_a_row, mut answered) = (0, None);
    for at in &at {
        if answered.is_none_or(|answered| *at >= answered) {
            in_a_row += 1;
            answered = Some(*at + SignedDuration::try_from(DELAY).unwrap());
        }
    }
    Took { requests: at.len(), in_a_row, times }
}
