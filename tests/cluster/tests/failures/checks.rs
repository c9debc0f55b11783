//! Programs that run, and do not pass their checks.

use super::support::{Case, Expected, check_all};
use nokube_tests_cluster::{Story, Turn};
use serde_json::json;

/// Within seconds, although Kubernetes itself waits for minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_fails_says_what_came_back() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("checks").await;
    let expected = |words, detail| Expected {
        status: "deploying",
        code: "not_ready",
        words,
        detail,
        within: 30,
    };
    let cases = vec![
        Case::new(
            "port",
            json!({ "env_vars": { "LISTEN_PORT": "9999" } }),
            expected(&["port 3000", "container_port"], "connection refused"),
        ),
        Case::new(
            "localhost",
            json!({ "env_vars": { "LISTEN_HOST": "127.0.0.1" } }),
            expected(&["0.0.0.0", "127.0.0.1"], "connection refused"),
        ),
        Case::new(
            "path",
            json!({ "liveness_check_path": "/healthz" }),
            expected(&["/healthz", "404", "liveness_check_path"], "statuscode: 404"),
        ),
        Case::new(
            "never-ready",
            json!({
                "env_vars": { "NEVER_READY": "yes" },
                "readiness_check_path": "/ready", "readiness_initial_delay": 0,
            }),
            expected(&["/ready", "503"], "statuscode: 503"),
        ),
        Case::new(
            "hangs",
            json!({
                "env_vars": { "HANG_AFTER": "1" }, "liveness_check_path": "/live",
                "health_check_timeout": 1,
            }),
            expected(&["/live", "no response"], "deadline exceeded"),
        ),
    ];
    check_all(&story, cases).await;
    story.finish().await;
}
