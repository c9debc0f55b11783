//! GitHub and the registry misbehave in every way that can be scripted, one after the other: each
//! build ends as its run does, and runs once.

use nokube_sim::{Fault, Treatment, WebhookRule};
use nokube_tests::World;
use std::time::Duration;

const RUN: &str = "/actions/runs/";
const JOBS: &str = "/jobs";

fn faults() -> Vec<(&'static str, Vec<Fault>)> {
    let limited = |fault: Fault| fault.header("retry-after", "1");
    let exhausted = Fault::status("GET", RUN, 403)
        .header("x-ratelimit-remaining", "0")
        .header("x-ratelimit-reset", &(jiff::Timestamp::now().as_second() + 1).to_string());
    vec![
        ("nothing", vec![]),
        ("5xx of the run", vec![Fault::status("GET", RUN, 502).times(9)]),
        ("5xx of the source", vec![Fault::status("GET", "/repos/acme/shop", 500).times(2)]),
        ("5xx after a dispatch", vec![Fault::status("POST", "/dispatches", 500).after()]),
        ("5xx of the registry", vec![Fault::status("HEAD", "/manifests/", 503).times(4)]),
        ("429 with a time", vec![limited(Fault::status("POST", "/dispatches", 429))]),
        ("429 without", vec![Fault::status("GET", RUN, 429).times(3)]),
        ("the hour's limit", vec![exhausted]),
        ("204 to a dispatch", vec![Fault::status("POST", "/dispatches", 204).after()]),
        ("nonsense to a dispatch", vec![Fault::status("POST", "/dispatches", 200).after()]),
        ("a page of HTML", vec![Fault::status("GET", RUN, 200).body("<html>".into()).times(3)]),
        (
            "slow",
            vec![Fault::on("GET", RUN).delay_ms(300), Fault::on("POST", "/disp").delay_ms(700)],
        ),
        ("cut off before", vec![Fault::cut("GET", RUN).times(3), Fault::cut("GET", "/token")]),
        ("cut off after a dispatch", vec![Fault::cut("POST", "/dispatches").after()]),
        ("torn run", vec![Fault::torn("GET", RUN).times(5)]),
        ("torn jobs", vec![Fault::torn("GET", JOBS).times(5)]),
        ("torn dispatch", vec![Fault::torn("POST", "/dispatches")]),
        ("torn token", vec![Fault::torn("GET", "/token").times(2)]),
    ]
}

#[tokio::test]
async fn whatever_github_does_a_build_ends_as_its_run_and_runs_once() {
    for webhooks in [true, false] {
        let mut plan = World::plan();
        plan.webhook = webhooks;
        let world = plan.start().await;
        let alice = world.user("alice");
        let project = alice.project("myapp").await;
        for (what, faults) in faults() {
            let happened = || world.sim.requests().iter().filter(|seen| seen.faulted).count();
            let (begun, before, scripted) =
                (world.sim.runs().len(), happened(), !faults.is_empty());
            for fault in faults {
                world.sim.fault(fault);
            }
            let path = alice.build(project).await;
            let build = alice.until_ended(&path).await;
            assert_eq!(build["status"], "success", "{what}, webhooks {webhooks}: {build}");
            world.sim.clear_faults();
            let build = alice.get(&path).await.expect(200);
            assert!(build["image_digest"].is_string(), "{what}, webhooks {webhooks}: {build}");
            assert_eq!(world.sim.runs().len(), begun + 1, "{what}, webhooks {webhooks}");
            assert_eq!(happened() > before, scripted, "{what}, webhooks {webhooks}");
        }
        world.end().await;
    }
}

#[tokio::test]
async fn a_dispatch_that_takes_longer_than_we_wait_is_found_and_not_sent_again() {
    let world = World::plan().without_webhooks().start().await;
    let alice = world.user("alice");
    world.sim.fault(Fault::on("POST", "/dispatches").after().delay_ms(9_000));
    let path = alice.build(alice.project("myapp").await).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(alice.until_ended(&path).await["status"], "success");
    assert_eq!((world.sim.dispatches(), world.sim.runs().len()), (1, 1));
    world.end().await;
}

#[tokio::test]
async fn webhooks_lost_doubled_and_held_change_nothing() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    for (event, action) in [
        ("workflow_run", "requested"),
        ("workflow_run", "in_progress"),
        ("workflow_run", "completed"),
        ("workflow_job", "queued"),
        ("workflow_job", "completed"),
        ("package", "published"),
    ] {
        for treatment in [Treatment::Drop, Treatment::Duplicate, Treatment::Hold] {
            world.sim.webhooks(WebhookRule::all(treatment).event(event, action));
            let build = alice.until_ended(&alice.build(project).await).await;
            assert_eq!(build["status"], "success", "{action} of {event}: {treatment:?}");
            world.sim.clear_webhook_rules();
            world.sim.release_webhooks();
        }
    }
    assert_eq!(world.sim.dispatches(), world.sim.runs().len());
    world.end().await;
}

#[tokio::test]
async fn a_log_that_breaks_off_says_so() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    alice.until_ended(&path).await;
    world.sim.fault(Fault::torn("GET", "/_logs/"));
    let torn = alice.get(&format!("{path}/logs")).await.text;
    let whole = alice.get(&format!("{path}/logs")).await.text;
    let begin = torn.strip_suffix("\n(The log was cut off here. Load it again.)\n").unwrap();
    assert!(whole.starts_with(begin) && whole.len() > begin.len(), "{torn}");
    world.end().await;
}
