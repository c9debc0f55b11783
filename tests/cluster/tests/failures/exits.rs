//! Programs that end.

use super::support::{Case, Expected, check_all};
use nokube_tests_cluster::{Story, Turn};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_ends_says_how() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("exits").await;
    let crash =
        |words, detail| Expected { status: "failed", code: "crash", words, detail, within: 40 };
    let code = |code: &str| json!({ "env_vars": { "EXIT_CODE": code } });
    let cases = vec![
        // Its own last words.
        Case::new("one", code("1"), crash(&["exit code 1"], "db:5432 does not answer")),
        Case::new("zero", code("0"), crash(&["exit code 0", "keep running"], "")),
        Case::new("segfault", code("139"), crash(&["139", "segmentation fault"], "")),
        Case::new(
            "memory",
            json!({ "env_vars": { "MEMORY_MB": "300" } }),
            Expected { code: "out_of_memory", ..crash(&["64Mi", "memory_limit"], "") },
        ),
        Case::new(
            "later",
            json!({ "env_vars": { "EXIT_CODE": "3", "EXIT_AFTER": "20" } }),
            Expected { within: 100, ..crash(&["exit code 3", "after 20 seconds"], "") },
        ),
    ];
    check_all(&story, cases).await;
    story.finish().await;
}
