//! Faults of GitHub and of the registry, one after the other: each build ends like its run, and runs once.

use nokube_sim::{Fault, Treatment, WebhookRule};
use nokube_tests::TestPlatform;
use std::time::Duration;

const RUN: &str = "/actions/runs/";
const JOBS: &str = "/jobs";

/// The name of each case, and its faults.
fn fault_cases() -> Vec<(&'static str, Vec<Fault>)> {
    let retry_after = |fault: Fault| fault.header("retry-after", "1");
    let exhausted_limit = Fault::status("GET", RUN, 403)
        .header("x-ratelimit-remaining", "0")
        .header("x-ratelimit-reset", &(jiff::Timestamp::now().as_second() + 1).to_string());
    vec![
        ("no fault", vec![]),
        ("5xx of the run", vec![Fault::status("GET", RUN, 502).times(9)]),
        ("5xx of the source", vec![Fault::status("GET", "/repos/acme/shop", 500).times(2)]),
        ("5xx after a dispatch", vec![Fault::status("POST", "/dispatches", 500).after_handling()]),
        ("5xx of the registry", vec![Fault::status("HEAD", "/manifests/", 503).times(4)]),
        ("429 with Retry-After", vec![retry_after(Fault::status("POST", "/dispatches", 429))]),
        ("429 without Retry-After", vec![Fault::status("GET", RUN, 429).times(3)]),
        ("exhausted hourly rate limit", vec![exhausted_limit]),
        ("204 for a dispatch", vec![Fault::status("POST", "/dispatches", 204).after_handling()]),
        (
            "200 without a run id for a dispatch",
            vec![Fault::status("POST", "/dispatches", 200).after_handling()],
        ),
        ("an HTML page", vec![Fault::status("GET", RUN, 200).body("<html>".into()).times(3)]),
        (
            "slow responses",
            vec![
                Fault::matching("GET", RUN).delay_ms(300),
                Fault::matching("POST", "/disp").delay_ms(700),
            ],
        ),
        (
            "dropped connections",
            vec![
                Fault::drop_connection("GET", RUN).times(3),
                Fault::drop_connection("GET", "/token"),
            ],
        ),
        (
            "dropped connection after a dispatch",
            vec![Fault::drop_connection("POST", "/dispatches").after_handling()],
        ),
        ("truncated run", vec![Fault::truncate_body("GET", RUN).times(5)]),
        ("truncated jobs", vec![Fault::truncate_body("GET", JOBS).times(5)]),
        ("truncated response to a dispatch", vec![Fault::truncate_body("POST", "/dispatches")]),
        ("truncated registry token", vec![Fault::truncate_body("GET", "/token").times(2)]),
    ]
}

#[tokio::test]
async fn with_any_fault_of_github_a_build_ends_like_its_run_and_runs_once() {
    for has_webhook in [true, false] {
        let mut config = TestPlatform::config();
        config.has_webhook = has_webhook;
        let platform = config.start().await;
        let alice = platform.user("alice");
        let project = alice.create_project("myapp").await;
        for (name, faults) in fault_cases() {
            let context = format!("{name}, webhooks: {has_webhook}");
            let faulted_requests =
                || platform.github.requests().iter().filter(|request| request.is_faulted).count();
            let (runs_before, faulted_before) = (platform.github.runs().len(), faulted_requests());
            let has_faults = !faults.is_empty();
            for fault in faults {
                platform.github.add_fault(fault);
            }
            let path = alice.start_build(project).await;
            let build = alice.wait_for_end(&path).await;
            assert_eq!(build["status"], "success", "{context}: {build}");
            platform.github.clear_faults();
            let build = alice.get(&path).await.expect(200);
            assert!(build["image_digest"].is_string(), "{context}: {build}");
            assert_eq!(platform.github.runs().len(), runs_before + 1, "{context}");
            assert_eq!(faulted_requests() > faulted_before, has_faults, "{context}");
        }
        platform.finish().await;
    }
}

#[tokio::test]
async fn a_dispatch_that_times_out_is_not_sent_again() {
    let platform = TestPlatform::config().without_webhooks().start().await;
    let alice = platform.user("alice");
    platform
        .github
        .add_fault(Fault::matching("POST", "/dispatches").after_handling().delay_ms(9_000));
    let path = alice.start_build(alice.create_project("myapp").await).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    assert_eq!((platform.github.dispatch_count(), platform.github.runs().len()), (1, 1));
    platform.finish().await;
}

#[tokio::test]
async fn lost_repeated_and_delayed_webhooks_do_not_change_the_result() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    for (event, action) in [
        ("workflow_run", "requested"),
        ("workflow_run", "in_progress"),
        ("workflow_run", "completed"),
        ("workflow_job", "queued"),
        ("workflow_job", "completed"),
        ("package", "published"),
    ] {
        for treatment in [Treatment::Drop, Treatment::Duplicate, Treatment::Hold] {
            platform.github.add_webhook_rule(WebhookRule::all(treatment).event(event, action));
            let build = alice.wait_for_end(&alice.start_build(project).await).await;
            assert_eq!(build["status"], "success", "{action} of {event}: {treatment:?}");
            platform.github.clear_webhook_rules();
            platform.github.release_webhooks();
        }
    }
    assert_eq!(platform.github.dispatch_count(), platform.github.runs().len());
    platform.finish().await;
}

#[tokio::test]
async fn a_truncated_log_says_so() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_end(&path).await;
    platform.github.add_fault(Fault::truncate_body("GET", "/_logs/"));
    let truncated = alice.get(&format!("{path}/logs")).await.text;
    let complete = alice.get(&format!("{path}/logs")).await.text;
    let beginning =
        truncated.strip_suffix("\n(The log was cut off here. Load it again.)\n").unwrap();
    assert!(complete.starts_with(beginning) && complete.len() > beginning.len(), "{truncated}");
    platform.finish().await;
}
