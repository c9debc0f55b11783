//! Jobs that another program runs.
#![allow(clippy::unwrap_used)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::{Conclusion, GitHubOptions, Job, JobReport};
use reqwest::Method;
use support::{BUILDER, TestGitHub, start_with};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

async fn start_with_runner() -> (TestGitHub, UnboundedReceiver<Job>) {
    let (runner, jobs) = unbounded_channel();
    (start_with(GitHubOptions { runner: Some(runner), ..GitHubOptions::default() }).await, jobs)
}

fn report(job: &Job, reports: &[JobReport]) {
    for report in reports {
        job.report(report.clone());
    }
}

#[tokio::test]
async fn github_shows_what_the_runner_reports() {
    let (github, mut jobs) = start_with_runner().await;
    let run = github.build("b1", "localhost:5050/local/shop").await;
    let job = jobs.recv().await.unwrap();
    assert_eq!((job.run, job.attempt, job.inputs["build_id"].as_str()), (run, 1, "b1"));
    assert_eq!(github.run(run).await["status"], "queued");

    let check = "Check the request".to_owned();
    let skipped = "Get a token for the private source".to_owned();
    let line = JobReport::Line("Commit 0123".into());
    report(&job, &[JobReport::Started, JobReport::StepStarted(check), line]);
    assert_eq!(github.run(run).await["status"], "in_progress");
    let completed = JobReport::StepCompleted(Conclusion::Success);
    let source = JobReport::StepStarted("Check out the source".into());
    report(&job, &[completed, JobReport::StepSkipped(skipped), source]);
    let logs = format!("{BUILDER}/actions/jobs/{}/logs", github.job(run).await["id"]);
    assert_eq!(github.get(&logs).await.status(), 404, "there is no log before the end");
    report(
        &job,
        &[
            JobReport::StepCompleted(Conclusion::Failure),
            JobReport::Completed(Conclusion::Failure),
            JobReport::Line("too late".into()),
        ],
    );

    assert_eq!(github.run(run).await["conclusion"], "failure");
    let shown = github.job(run).await;
    let conclusion = |name: &str| {
        let steps = shown["steps"].as_array().unwrap();
        steps.iter().find(|step| step["name"] == name).unwrap()["conclusion"].clone()
    };
    assert_eq!(conclusion("Check the request"), "success");
    assert_eq!(conclusion("Get a token for the private source"), "skipped");
    assert_eq!(conclusion("Check out the source"), "failure");
    assert_eq!(conclusion("Build the image"), "skipped");
    let location = github.get(&logs).await.headers()["location"].to_str().unwrap().to_owned();
    let path = location.strip_prefix(&github.sim.url()).unwrap();
    let text = github.request(Method::GET, path).send().await.unwrap().text().await.unwrap();
    assert!(text.ends_with("Z Commit 0123\n"), "{text}");
    assert_eq!(text.lines().count(), 1);
    github.sim.wait_until_idle().await.unwrap();
    // The image is in another registry: GitHub sends nothing about packages.
    let expected = [
        "workflow_run.requested",
        "workflow_job.queued",
        "workflow_run.in_progress",
        "workflow_job.in_progress",
        "workflow_job.completed",
        "workflow_run.completed",
    ];
    assert_eq!(github.receiver.names(), expected);
}

#[tokio::test]
async fn the_runner_learns_of_a_cancel() {
    let (github, mut jobs) = start_with_runner().await;
    let running = github.build("b1", "localhost:5050/local/shop").await;
    let job = jobs.recv().await.unwrap();
    job.report(JobReport::Started);
    assert!(!job.is_cancelled());
    assert!(github.sim.cancel_in_github(running));
    assert!(job.is_cancelled());
    assert_eq!(github.run(running).await["status"], "in_progress");
    job.report(JobReport::Completed(Conclusion::Cancelled));
    assert_eq!(github.run(running).await["conclusion"], "cancelled");

    let queued = github.build("b2", "localhost:5050/local/shop").await;
    assert!(github.sim.cancel_in_github(queued));
    assert_eq!(github.run(queued).await["conclusion"], "cancelled");
    assert!(jobs.recv().await.unwrap().is_cancelled());
}
