//! Services that fail in one way each.

use nokube_tests_cluster::{APP, Story, push_faulty_images, text};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// A request for a service, and what has to be said about it.
pub struct Case {
    pub service: &'static str,
    /// Fields of the request.
    pub request: Value,
    pub expected: Expected,
}

#[derive(Clone)]
pub struct Expected {
    pub status: &'static str,
    /// The code of an issue.
    pub code: &'static str,
    /// What this issue's sentences contain.
    pub words: &'static [&'static str],
    /// What the other side said, in the issue's detail.
    pub detail: &'static str,
    /// Seconds.
    pub within: u64,
}

impl Case {
    pub fn new(service: &'static str, request: Value, expected: Expected) -> Self {
        Self { service, request, expected }
    }
}

/// Deploys all of them, and checks that each says what it has to.
pub async fn check_all(story: &Story, cases: Vec<Case>) {
    push_images(story).await;
    let checks = cases.iter().map(async |case| check(story, case).await);
    let faults: Vec<String> =
        futures::future::join_all(checks).await.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// What is wrong about a case, if anything.
async fn check(story: &Story, case: &Case) -> Option<String> {
    let request = request(story, case.service, &case.request).await;
    let path = story.user.deploy(&request).await;
    expect(story, &path, &case.expected)
        .await
        .err()
        .map(|fault| format!("{}: {fault}", case.service))
}

/// The body of a request for a service with these fields.
pub async fn request(story: &Story, service: &str, fields: &Value) -> Value {
    let mut request = story.user.deployment_request(story.project, service, APP).await;
    request["image_name"] = format!("{APP}:v1").into();
    // Little, so that all cases fit on two small nodes.
    request["cpu_request"] = json!("10m");
    request["memory_request"] = json!("32Mi");
    request["memory_limit"] = json!("64Mi");
    request["replicas"] = json!(1);
    for (name, value) in fields.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

/// Waits until the deployment has the status and the issue.
pub async fn expect(story: &Story, path: &str, expected: &Expected) -> Result<(), String> {
    let started_at = Instant::now();
    let limit = Duration::from_secs(expected.within);
    loop {
        let deployment = story.user.get(path).await.expect(200);
        let took = started_at.elapsed();
        if is_as_expected(&deployment, expected) {
            let message = text(&deployment, "/issues/0/message").to_owned();
            println!(
                "{:>5.1} s {} {message}",
                took.as_secs_f32(),
                text(&deployment, "/service_name")
            );
            return Ok(());
        }
        if took > limit {
            let (status, code) = (expected.status, expected.code);
            let (words, detail) = (expected.words, expected.detail);
            return Err(format!(
                "not {status} with {code}, {words:?} and {detail:?} after {limit:?}: {:#}",
                json!({ "status": deployment["status"], "issues": deployment["issues"] })
            ));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn is_as_expected(deployment: &Value, expected: &Expected) -> bool {
    let issues = deployment["issues"].as_array().unwrap();
    deployment["status"] == expected.status
        && issues.iter().any(|issue| {
            let said = format!("{} {}", text(issue, "/message"), text(issue, "/action"));
            issue["code"] == expected.code
                && expected.words.iter().all(|words| said.contains(words))
                && text(issue, "/detail").contains(expected.detail)
        })
}

/// Images that cannot run, beside the test app's.
async fn push_images(story: &Story) {
    static PUSHED: OnceCell<()> = OnceCell::const_new();
    PUSHED.get_or_init(async || push_faulty_images(story.cluster).await.unwrap()).await;
}
