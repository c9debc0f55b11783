//! Containers that cannot be started.

use super::support::{Case, Expected, check_all};
use nokube_tests_cluster::{Story, Turn, cluster, config};
use serde_json::json;

fn failed(code: &'static str, words: &'static [&'static str], detail: &'static str) -> Expected {
    Expected { status: "failed", code, words, detail, within: 45 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_cannot_be_started_says_why() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("starts").await;
    let image =
        |name: &str| json!({ "image_name": format!("registry.example.org/team/{name}:v1") });
    let cases = vec![
        Case::new(
            "wrong-command",
            json!({ "command": ["/no-such-program"] }),
            failed("start_command", &["not in the image"], "no such file or directory"),
        ),
        Case::new(
            "missing",
            image("missing-program"),
            failed("start_command", &["not in the image"], "/usr/bin/server"),
        ),
        Case::new(
            "no-command",
            image("no-command"),
            failed("start_command", &["does not say which program"], "no command specified"),
        ),
        Case::new(
            "text",
            image("not-a-program"),
            failed("start_command", &["built for other processors"], "exec format error"),
        ),
    ];
    check_all(&story, cases).await;
    story.finish().await;
}

/// With `pod_security` restricted, no program runs as root.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_that_could_be_root_is_named() {
    let _turn = Turn::beside_others().await;
    let config = config(cluster().await).await.variable("pod_security", "restricted");
    let story = Story::with("users", config).await;
    let image =
        |name: &str| json!({ "image_name": format!("registry.example.org/team/{name}:v1") });
    let cases = vec![
        Case::new(
            "root",
            image("root"),
            failed("container_config", &["runs as root", "USER 1000"], "will run as root"),
        ),
        Case::new(
            "named",
            image("named-user"),
            failed("container_config", &["USER of the image is a name"], "non-numeric user (web)"),
        ),
    ];
    check_all(&story, cases).await;
    let request = super::support::request(&story, "number", &image("number-user")).await;
    story.deploy(&request).await;
    story.finish().await;
}
