//! Branches with commits: heads, comparisons and lists of branches.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::{Commit, FileStatus};
use serde_json::{Value, json};
use support::{TestGitHub, message, start};

const SHOP: &str = "alice/shop";

async fn commit(github: &TestGitHub, reference: &str) -> Value {
    github.json(&format!("/repos/{SHOP}/commits/{reference}")).await
}

async fn compare(github: &TestGitHub, base: &str, head: &str) -> Value {
    github.json(&format!("/repos/{SHOP}/compare/{base}...{head}")).await
}

/// Status and path of each file of a comparison.
fn files(comparison: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = comparison["files"].as_array().unwrap();
    all.iter().map(|file| (text(&file["status"]), text(&file["filename"]))).collect()
}

#[tokio::test]
async fn a_pushed_commit_is_the_head_of_its_branch() {
    let github = start().await;
    let before = commit(&github, "heads%2Fmain").await["sha"].clone();
    let pushed = Commit::new("Fix the cart\n\nIt was empty.", &["web/cart.js"]).by("bob");
    let sha = github.sim.push(SHOP, "main", pushed);

    let head = commit(&github, "heads%2Fmain").await;
    assert_eq!(head["sha"], sha);
    assert_eq!(head["parents"][0]["sha"], before, "it comes after what was there");
    assert_eq!(head["commit"]["message"], "Fix the cart\n\nIt was empty.");
    assert_eq!(head["author"]["login"], "bob");
    assert_eq!(head["files"][0]["filename"], "web/cart.js");
    assert_eq!(commit(&github, "main").await["sha"], sha);
    assert_eq!(commit(&github, sha.get(..7).unwrap()).await["sha"], sha);

    let other = commit(&github, "heads%2Fother").await;
    assert_ne!(other["sha"], sha, "other branches stay as they were");
    let missing = github.get(&format!("/repos/{SHOP}/commits/heads%2Fmissing")).await;
    assert_eq!(message(missing).await, (422, "No commit found for SHA: heads/missing".to_owned()));
}

#[tokio::test]
async fn an_author_without_an_account_has_only_a_name() {
    let github = start().await;
    let pushed = Commit::new("x", &[]).by_unknown("Bob B.", "bob@example.com");
    github.sim.push(SHOP, "main", pushed);
    let head = commit(&github, "main").await;
    assert_eq!(head["author"], Value::Null);
    assert_eq!(head["commit"]["author"]["name"], "Bob B.");
    assert_eq!(head["commit"]["author"]["email"], "bob@example.com");
}

#[tokio::test]
async fn commits_are_compared_with_the_files_since_their_merge_base() {
    let github = start().await;
    let first = github.sim.push(SHOP, "main", Commit::new("1", &["a.txt"]));
    github.sim.create_branch(SHOP, "feature", "main");
    let changes = Commit::new("2", &["api/main.rs"])
        .with("new.txt", FileStatus::Added)
        .with("old.txt", FileStatus::Removed)
        .renamed("web/a.js", "web/b.js");
    let second = github.sim.push(SHOP, "feature", changes);
    let third = github.sim.push(SHOP, "main", Commit::new("3", &["c.txt"]));

    let ahead = compare(&github, &first, &second).await;
    assert_eq!((&ahead["status"], &ahead["ahead_by"]), (&json!("ahead"), &json!(1)));
    let expected = [
        ("modified", "api/main.rs"),
        ("added", "new.txt"),
        ("removed", "old.txt"),
        ("renamed", "web/b.js"),
    ];
    assert_eq!(files(&ahead), expected.map(|(status, path)| (status.into(), path.into())));
    assert_eq!(ahead["files"][3]["previous_filename"], "web/a.js");

    let behind = compare(&github, &third, &first).await;
    assert_eq!((&behind["status"], &behind["behind_by"]), (&json!("behind"), &json!(1)));
    assert_eq!(files(&behind), []);
    let diverged = compare(&github, "main", "feature").await;
    assert_eq!(diverged["status"], "diverged");
    assert_eq!(diverged["merge_base_commit"]["sha"], first);
    assert_eq!(files(&diverged).len(), 4, "only what the feature changes");
    assert_eq!(compare(&github, "main", &third).await["status"], "identical");
}

#[tokio::test]
async fn commits_without_a_common_ancestor_and_removed_ones_cannot_be_compared() {
    let github = start().await;
    let old = github.sim.push(SHOP, "main", Commit::new("1", &["a.txt"]));
    let new = github.sim.force_push(SHOP, "main", None, Commit::new("2", &["b.txt"]));
    let path = format!("/repos/{SHOP}/compare/{old}...{new}");
    let (status, text) = message(github.get(&path).await).await;
    assert!(status == 404 && text.starts_with("No common ancestor"), "{status} {text}");
    github.sim.remove_commit(SHOP, &old);
    assert_eq!(message(github.get(&path).await).await, (404, "Not Found".to_owned()));
    assert_eq!(github.get(&format!("/repos/{SHOP}/commits/{old}")).await.status(), 422);
}

#[tokio::test]
async fn a_comparison_lists_at_most_300_files() {
    let github = start().await;
    let base = github.sim.head(SHOP, "main").unwrap();
    let paths: Vec<String> = (0..301).map(|number| format!("files/{number}.txt")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let head = github.sim.push(SHOP, "main", Commit::new("many", &paths));
    assert_eq!(files(&compare(&github, &base, &head).await).len(), 300);
}

#[tokio::test]
async fn branches_are_listed_by_prefix() {
    let github = start().await;
    for branch in ["feature/cart", "feature/checkout", "release"] {
        github.sim.create_branch(SHOP, branch, "main");
    }
    github.sim.push_tag(SHOP, "v1", "main");
    let names = async |prefix: &str| {
        let refs = github.json(&format!("/repos/{SHOP}/git/matching-refs/{prefix}")).await;
        let names = refs.as_array().unwrap().iter();
        names.map(|found| found["ref"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let features = ["refs/heads/feature/cart", "refs/heads/feature/checkout"];
    assert_eq!(names("heads/feature%2F").await, features);
    assert_eq!(names("heads/f").await, features);
    assert_eq!(names("heads/").await.len(), 4);
    assert_eq!(names("tags/").await, ["refs/tags/v1"]);
    assert_eq!(names("heads/none").await, [""; 0]);
}

#[tokio::test]
async fn branches_can_be_deleted_renamed_and_made_the_default() {
    let github = start().await;
    let head = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    github.sim.rename_branch(SHOP, "main", "trunk");
    let repository = github.json(&format!("/repos/{SHOP}")).await;
    assert_eq!(repository["default_branch"], "trunk");
    assert_eq!(commit(&github, "heads%2Ftrunk").await["sha"], head);
    assert_eq!(github.get(&format!("/repos/{SHOP}/commits/heads%2Fmain")).await.status(), 422);

    github.sim.create_branch(SHOP, "next", "trunk");
    github.sim.set_default_branch(SHOP, "next");
    github.sim.delete_branch(SHOP, "trunk");
    assert_eq!(github.json(&format!("/repos/{SHOP}")).await["default_branch"], "next");
    assert_eq!(github.get(&format!("/repos/{SHOP}/commits/heads%2Ftrunk")).await.status(), 422);
    github.sim.push(SHOP, "trunk", Commit::new("again", &[]));
    assert_eq!(commit(&github, "heads%2Ftrunk").await["commit"]["message"], "again");
}

#[tokio::test]
async fn repositories_are_archived_transferred_made_private_and_deleted() {
    let github = start().await;
    let sha = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let id = github.sim.repository_id(SHOP).unwrap();
    let by_id = format!("/repositories/{id}");
    github.sim.archive_repository(SHOP, true);
    github.sim.set_private(SHOP, true);
    let repository = github.json(&by_id).await;
    assert_eq!((&repository["archived"], &repository["private"]), (&json!(true), &json!(true)));

    github.sim.rename_repository(SHOP, "bob/store");
    assert_eq!(github.get(&format!("/repos/{SHOP}")).await.status(), 301);
    assert_eq!(github.json(&by_id).await["full_name"], "bob/store");
    assert_eq!(github.json(&format!("{by_id}/commits/heads%2Fmain")).await["sha"], sha);
    github.sim.delete_repository("bob/store");
    for path in ["/repos/bob/store", &by_id] {
        assert_eq!(github.get(path).await.status(), 404, "{path}");
    }
}
