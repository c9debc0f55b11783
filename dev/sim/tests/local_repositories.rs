//! Git repositories on this machine: their commits, and the webhooks of new ones.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nokube_sim::GitHubOptions;
use serde_json::{Value, json};
use support::app::start_with_app_and;
use support::start_with;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=Alice", "-c", "user.email=alice@example.org"];
    let mut command = Command::new("git");
    let output = command.arg("-C").arg(folder).args(identity).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn commits_are_those_of_the_repositories_on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    let commit = || {
        git(folder.path(), &["commit", "--quiet", "--allow-empty", "--message=Change"]);
        git(folder.path(), &["rev-parse", "HEAD"])
    };
    let first = commit();
    git(folder.path(), &["tag", "v1"]);
    let second = commit();
    let repositories = BTreeMap::from([("alice/Shop".to_owned(), folder.path().to_owned())]);
    let repositories = Some(repositories);
    let github = start_with(GitHubOptions { repositories, ..GitHubOptions::default() }).await;
    let sha = async |path: &str| {
        github.get(path).await.json::<serde_json::Value>().await.unwrap()["sha"].clone()
    };
    assert_eq!(sha("/repos/alice/shop/commits/HEAD").await, second.as_str());
    assert_eq!(sha("/repos/alice/shop/commits/main").await, second.as_str());
    assert_eq!(sha("/repos/alice/shop/commits/heads/main").await, second.as_str());
    assert_eq!(sha("/repos/alice/shop/commits/v1").await, first.as_str());
    assert_eq!(sha(&format!("/repos/alice/shop/commits/{}", &first[..9])).await, first.as_str());
    assert_eq!(github.get("/repos/alice/shop/commits/--help").await.status(), 422);
    assert_eq!(github.get("/repos/alice/other").await.status(), 404);
    assert_eq!(github.get("/repos/nokube/builder").await.status(), 200);
}

#[tokio::test]
async fn a_commit_in_a_folder_is_a_push() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let commit = |file: &str| {
        std::fs::write(at.join(file), file).unwrap();
        git(at, &["add", "--all"]);
        git(at, &["commit", "--quiet", &format!("--message=Add {file}\n\nIt was missing.")]);
        git(at, &["rev-parse", "HEAD"])
    };
    git(at, &["init", "--quiet", "--initial-branch=trunk"]);
    let first = commit("a.txt");
    let repositories = Some(BTreeMap::from([("alice/shop".to_owned(), at.to_owned())]));
    let github =
        start_with_app_and(GitHubOptions { repositories, ..GitHubOptions::default() }).await;
    let json = async |path: &str| github.json(&format!("/repos/alice/shop{path}")).await;
    assert_eq!(json("").await["default_branch"], "trunk");
    assert_eq!(json("/branches").await[0]["name"], "trunk");

    git(at, &["mv", "a.txt", "b.txt"]);
    let second = commit("c.txt");
    let head = json("/commits/heads%2Ftrunk").await;
    assert_eq!((&head["sha"], &head["author"]), (&json!(second), &Value::Null));
    let compared = json(&format!("/compare/{first}...{second}")).await;
    assert_eq!((&compared["status"], &compared["ahead_by"]), (&json!("ahead"), &json!(1)));
    assert_eq!(compared["files"][0]["previous_filename"], "a.txt");
    assert_eq!(compared["files"][1]["filename"], "c.txt");

    git(at, &["branch", "next", &first]);
    while github.receiver.all().len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(github.receiver.names(), ["push.", "push.", "create."]);
    let push = &github.receiver.all()[0].body;
    assert_eq!((&push["before"], &push["after"]), (&json!(first), &json!(second)));
    assert_eq!(push["head_commit"]["message"], "Add c.txt\n\nIt was missing.");
}
