//! Images that cannot be pulled.

use super::support::{Case, Expected, check_all};
use nokube_tests_cluster::{Story, Turn};
use serde_json::json;

fn failed(words: &'static [&'static str], detail: &'static str) -> Expected {
    Expected { status: "failed", code: "image_pull", words, detail, within: 20 }
}

fn image(service: &'static str, image: &str, expected: Expected) -> Case {
    Case::new(service, json!({ "image_name": image }), expected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_cannot_be_pulled_says_why() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("images").await;
    let waits = Expected {
        status: "deploying",
        within: 45,
        ..failed(&["cannot be reached"], "lookup registry.example.net")
    };
    let cases = vec![
        image(
            "tag",
            "registry.example.org/team/app:nothing",
            failed(&["no such image"], "not found"),
        ),
        image("name", "registry.example.org/team/typo:v1", failed(&["no such image"], "not found")),
        image(
            "platform",
            "registry.example.org/team/arm:v1",
            failed(&["processors", "linux/amd64"], "no match for platform"),
        ),
        image(
            "private",
            "private.example.org/team/app:v1",
            failed(&["denies access"], "authorization"),
        ),
        image("host", "registry.example.net/team/app:v1", waits),
    ];
    check_all(&story, cases).await;
    story.finish().await;
}
