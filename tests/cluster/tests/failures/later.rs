//! Services that ran, and fail later.

use super::support::{Expected, expect, request};
use nokube_tests_cluster::{Story, Turn, text};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_hangs_later_is_failed_and_not_deploying() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("hangs").await;
    let fields = json!({
        "env_vars": { "HANG_AFTER": "25" },
        "readiness_check_path": "/ready", "readiness_initial_delay": 0,
        "health_check_period": 2, "health_check_timeout": 1,
        // So that the liveness check does not restart it while the test looks.
        "liveness_initial_delay": 600,
    });
    let path = story.deploy(&request(&story, "web", &fields).await).await;
    let expected = Expected {
        status: "failed",
        code: "not_ready",
        words: &["/ready"],
        detail: "deadline exceeded",
        within: 60,
    };
    expect(&story, &path, &expected).await.unwrap();
    story.finish().await;
}

/// One of two pods hangs: users still get answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_with_fewer_pods_than_asked_for_is_degraded() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("fewer").await;
    let fields = json!({
        "replicas": 2, "enable_https": true,
        "readiness_check_path": "/ready", "readiness_initial_delay": 0,
        "health_check_period": 2, "health_check_timeout": 1, "liveness_initial_delay": 600,
    });
    let path = story.deploy(&request(&story, "web", &fields).await).await;
    let url = format!("{}hang", story.cluster_url("web").await);
    let mut command = story.cluster.command_on_node(1, std::path::Path::new("curl"));
    command.args(["-s", "-X", "POST", "--retry", "9", "--retry-connrefused", &url]);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let expected = Expected {
        status: "degraded",
        code: "not_ready",
        words: &["/ready"],
        detail: "deadline exceeded",
        within: 60,
    };
    expect(&story, &path, &expected).await.unwrap();
    let deployment = story.user.get(&path).await.expect(200);
    assert_eq!(deployment["replicas_ready"], 1, "{deployment:#}");
    story.finish().await;
}

/// The release before goes on serving.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_that_crashes_leaves_the_older_one_serving() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("older").await;
    let mut request = request(&story, "web", &json!({ "enable_https": true })).await;
    let path = story.deploy(&request).await;
    let url = text(&story.user.get(&path).await.expect(200), "/access_url").to_owned();
    story.browse_when_routed(&url).await;
    request["image_name"] = json!("registry.example.org/team/app:v2");
    request["env_vars"] = json!({ "EXIT_CODE": "1" });
    story.user.deploy(&request).await;
    let expected = Expected {
        status: "degraded",
        code: "crash",
        words: &["exit code 1"],
        detail: "db:5432 does not answer",
        within: 40,
    };
    expect(&story, &path, &expected).await.unwrap();
    assert!(story.browse_when_routed(&url).await.contains("\"version\":\"v1\""));
    story.finish().await;
}
