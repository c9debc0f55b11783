//! What a commit has at a path, as GitHub shows it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::{Commit, Contents, FileStatus};
use serde_json::{Value, json};
use support::{TestGitHub, check_conformance, start};

const SHOP: &str = "alice/shop";

async fn contents(github: &TestGitHub, sha: &str) -> (u16, Value) {
    let path = format!("/repos/alice/shop/contents/nokube.toml?ref={sha}");
    let response = github.get(&path).await;
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn files_directories_and_submodules_of_a_commit() {
    let github = start().await;
    let push = |commit: Commit| github.sim.push(SHOP, "main", commit);
    let text = "project = \"myapp\"\n".repeat(10);
    let first = push(Commit::new("Describe it", &["README.md"]).with_text("nokube.toml", &text));
    let later = push(Commit::new("Something else", &["README.md"]));
    for sha in [&first, &later] {
        let (status, file) = contents(&github, sha).await;
        assert_eq!(
            (status, &file["type"], &file["size"]),
            (200, &json!("file"), &json!(text.len()))
        );
        assert!(file["content"].as_str().unwrap().starts_with("cHJvamVjdCA9"), "{file}");
    }
    let large = Contents::File(vec![b'#'; 1024 * 1024 + 1]);
    let large = push(Commit::new("Too large", &[]).with_contents("nokube.toml", large));
    let (_, file) = contents(&github, &large).await;
    assert_eq!((&file["encoding"], &file["content"]), (&json!("none"), &json!("")));
    let directory = push(Commit::new("x", &[]).with_contents("nokube.toml", Contents::Directory));
    assert!(contents(&github, &directory).await.1.is_array());
    let submodule = push(Commit::new("x", &[]).with_contents("nokube.toml", Contents::Submodule));
    assert_eq!(contents(&github, &submodule).await.1["type"], "submodule");
    let removed = push(Commit::new("x", &[]).with("nokube.toml", FileStatus::Removed));
    assert_eq!(contents(&github, &removed).await.0, 404);
    let (status, error) = contents(&github, &"0".repeat(40)).await;
    assert_eq!(status, 404);
    assert!(error["message"].as_str().unwrap().starts_with("No commit found"), "{error}");
    let kinds = check_conformance(&github.sim);
    assert!(kinds.iter().any(|kind| kind.ends_with("/contents/{path} 200")), "{kinds:#?}");
}

#[tokio::test]
async fn a_body_of_a_push_is_the_contents_of_its_first_file() {
    let github = start().await;
    let path = "/_push/alice/shop?files=nokube.toml,README.md";
    let request = github.request(reqwest::Method::POST, path).body("[services.web]\n");
    let pushed: Value = request.send().await.unwrap().json().await.unwrap();
    let (_, file) = contents(&github, pushed["commit"].as_str().unwrap()).await;
    assert_eq!(file["size"], 15, "{file}");
}
