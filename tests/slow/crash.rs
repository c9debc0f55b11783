//! The host is killed at any moment: what it answered holds, and nothing runs twice.

use crate::{
    machine::{Machine, settings},
    rows::Rows,
    visitors::{Memory, Visitor},
};
use fastrand::Rng;
use nokube_sim::{Conclusion, Fault, HoldAt, Run, Sim};
use nokube_tests::{User, WEBHOOK_SECRET, World};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

const KILLS: usize = 32;
const VISITORS: u64 = 4;
const SEED: u64 = 20;

/// The machine is on, GitHub knows its address.
async fn start(machine: &mut Machine, sim: &Sim) -> String {
    let url = machine.start().await;
    sim.set_webhook(&format!("{url}/api/v1/webhooks/github"), WEBHOOK_SECRET);
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_the_host_is_killed_every_build_ends_right_and_none_runs_twice() {
    println!("seed {SEED}");
    let plan = World::plan().set("build_grace_seconds", "2");
    let sim = Sim::start(plan.github.clone()).await.unwrap();
    let mut machine = Machine::new(settings(&plan, &sim));
    let url = start(&mut machine, &sim).await;
    let alice = User::of(&url, "alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;

    let (place, see) = watch::channel(Some(url));
    let memory = Arc::new(Mutex::new(Memory::default()));
    let mut visitors = JoinSet::new();
    for number in 0..VISITORS {
        let seed = SEED + number;
        visitors.spawn(Visitor::new(see.clone(), memory.clone(), seed, wanted.clone()).stay());
    }
    let mut rng = Rng::with_seed(SEED);
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(rng.u64(5..500))).await; // Any moment.
        machine.kill().await;
        place.send_replace(Some(start(&mut machine, &sim).await));
    }
    place.send_replace(None);
    while let Some(gone) = visitors.join_next().await {
        gone.unwrap();
    }
    machine.kill().await;
    assert_eq!(Rows::open(&machine.storage()).integrity(), "ok");

    let alice = User::of(&start(&mut machine, &sim).await, "alice");
    sim.settled().await.unwrap();
    let memory = Arc::into_inner(memory).unwrap().into_inner().unwrap();
    assert!(memory.builds.len() > 20 && memory.cut > KILLS, "too little was going on");
    let listed = all_builds(&alice, project).await;
    let lost: Vec<_> = memory.builds.difference(&listed).collect();
    assert!(lost.is_empty(), "answered, and not in the list: {lost:?}");
    let mut runs = sim.runs();
    for id in &listed {
        let build = alice.until_ended(&format!("/api/v1/builds/{id}")).await;
        sim.settled().await.unwrap();
        let retries = memory.retries.get(id).copied().unwrap_or_default();
        let of_build = sim.runs().into_iter().filter(|run| run.input("build_id") == id);
        ended_right(&build, &of_build.collect::<Vec<_>>(), retries);
        runs.retain(|run| run.input("build_id") != id);
    }
    assert!(runs.is_empty(), "runs of builds that are in no list: {runs:?}");

    // What was cut off in the middle keeps its key for a minute from when somebody first asks again,
    // and of some keys nobody has yet.
    for (key, wanted) in &memory.keys {
        let again = alice.post_with_key("/api/v1/builds", wanted, key).await;
        assert!(matches!(again.status, 202 | 409), "{key}: {}", again.text);
    }
    machine.kill().await;
    machine.clock_ahead = 70;
    let alice = User::of(&start(&mut machine, &sim).await, "alice");
    for (key, wanted) in &memory.keys {
        each_key_runs_once(&alice, &sim, key, wanted).await;
    }
    machine.end().await;
}

/// A request is sent once more with its key, and no other build that the key may have made has a
/// run; nor has the answered one, if the host was killed just before it told GitHub.
async fn each_key_runs_once(alice: &User, sim: &Sim, key: &str, wanted: &Value) {
    let made = alice.post_with_key("/api/v1/builds", wanted, key).await.expect(202);
    let id = made["build_id"].as_str().unwrap();
    let build = alice.until_ended(&format!("/api/v1/builds/{id}")).await;
    let runs = sim.runs().into_iter().filter(|run| run.input("image").ends_with(key));
    let builds: BTreeSet<_> = runs.map(|run| run.input("build_id").to_owned()).collect();
    let never = builds.is_empty() && build["error_code"] == "never_started";
    assert!(never || builds == BTreeSet::from([id.to_owned()]), "{key}: {builds:?}, {build}");
}

/// The ids of all builds of the project, which no page may repeat.
async fn all_builds(alice: &User, project: u64) -> BTreeSet<String> {
    let mut listed = BTreeSet::new();
    for offset in (0..).step_by(50) {
        let path = format!("/api/v1/projects/{project}/builds?limit=50&offset={offset}");
        let page = alice.get(&path).await.expect(200);
        for build in page["builds"].as_array().unwrap() {
            let id = build["build_id"].as_str().unwrap().to_owned();
            assert!(listed.insert(id), "twice in the list: {build}");
        }
        if offset + 50 >= page["total"].as_u64().unwrap() {
            break;
        }
    }
    listed
}

/// A build ended as its last attempt at GitHub, which started no more of them than were asked for.
fn ended_right(build: &Value, runs: &[Run], retries: usize) {
    let attempts: usize = runs.iter().map(|run| run.attempts.len()).sum();
    assert!(attempts <= 1 + retries, "started {attempts} times for {retries} retries: {build}");
    let shown = usize::try_from(build["attempt"].as_u64().unwrap()).unwrap();
    assert!(attempts <= shown, "started {attempts} times: {build}");
    let last = runs.last().and_then(Run::latest).and_then(|attempt| attempt.conclusion);
    let status = last.map(|last| match last {
        Conclusion::Success => "success",
        Conclusion::Cancelled => "cancelled",
        _ => "failed",
    });
    // An attempt of which GitHub was never told, as the host was killed before that.
    let never = build["error_code"] == "never_started" && attempts < shown;
    assert!(never || build["status"] == json!(status), "GitHub says {status:?}: {build}");
    assert!(build["status"] != "success" || build["image_digest"].is_string(), "{build}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_said_is_kept_once_it_was_accepted() {
    // Reads do not ask GitHub, so what they tell is what the webhooks said.
    let plan = World::plan().set("build_quiet_seconds", "3600");
    let sim = Sim::start(plan.github.clone()).await.unwrap();
    let mut machine = Machine::new(settings(&plan, &sim));
    let mut alice = User::of(&start(&mut machine, &sim).await, "alice");
    let project = alice.project("myapp").await;
    for round in 0..8 {
        sim.hold_runs(HoldAt::InProgress);
        let path = alice.build(project).await;
        sim.settled().await.unwrap();
        let run = sim.run_of(path.rsplit('/').next().unwrap()).unwrap().id;
        let (end, status) = match round % 2 {
            0 => (Conclusion::Success, "success"),
            _ => (Conclusion::Failure, "failed"),
        };
        sim.finish(run, end);
        while !accepted(&sim, run) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        machine.kill().await;
        sim.fault(Fault::status("GET", "/actions/", 403).times(1_000));
        alice = User::of(&start(&mut machine, &sim).await, "alice");
        assert_eq!(alice.get(&path).await.expect(200)["status"], status, "round {round}");
        sim.clear_faults();
    }
    machine.kill().await;
    assert_eq!(Rows::open(&machine.storage()).integrity(), "ok");
    machine.start().await;
    machine.end().await;
}

/// Was the webhook about the run's end answered with 2xx?
fn accepted(sim: &Sim, run: u64) -> bool {
    sim.deliveries().iter().any(|event| {
        (event.event.as_str(), event.action.as_deref()) == ("workflow_run", Some("completed"))
            && event.run_id == Some(run)
            && event.status_code == Some(200)
    })
}
