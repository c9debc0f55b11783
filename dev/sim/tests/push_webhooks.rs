//! Webhooks of pushes, branches, tags, repositories and installations.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::{AppVersion, Commit, FileStatus, Treatment, WebhookRule};
use reqwest::Method;
use serde_json::{Value, json};
use support::app::start_with_app;
use support::{TestGitHub, check_conformance, start};

const SHOP: &str = "alice/shop";
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// Names and bodies of all webhooks that were received.
async fn received(github: &TestGitHub) -> Vec<(String, Value)> {
    github.sim.wait_until_idle().await.unwrap();
    let names = github.receiver.names();
    names.into_iter().zip(github.receiver.all()).map(|(name, got)| (name, got.body)).collect()
}

/// The names of all webhooks that were received.
async fn names(github: &TestGitHub) -> Vec<String> {
    received(github).await.into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn a_push_lists_its_commits_and_its_sender() {
    let github = start_with_app().await;
    let before = github.sim.head(SHOP, "main").unwrap();
    let first = Commit::new("One", &["a.txt"]).by("bob");
    let second = Commit::new("Two", &[]).with("b.txt", FileStatus::Added).renamed("c.txt", "d.txt");
    let after = github.sim.push_all(SHOP, "main", vec![first, second], Some("renovate[bot]"));

    let (name, push) = received(&github).await.remove(0);
    assert_eq!(name, "push.");
    assert_eq!((&push["ref"], &push["before"]), (&json!("refs/heads/main"), &json!(before)));
    assert_eq!((&push["after"], &push["forced"]), (&json!(after), &json!(false)));
    assert_eq!((&push["created"], &push["deleted"]), (&json!(false), &json!(false)));
    assert_eq!(push["sender"]["login"], "renovate[bot]");
    assert_eq!(push["repository"]["full_name"], SHOP);
    assert!(push["installation"]["id"].is_u64());
    let commits = push["commits"].as_array().unwrap();
    assert_eq!((commits.len(), &commits[0]["author"]["username"]), (2, &json!("bob")));
    assert_eq!(commits[1]["added"], json!(["b.txt", "d.txt"]));
    assert_eq!(commits[1]["removed"], json!(["c.txt"]));
    assert_eq!(push["head_commit"]["message"], "Two");
}

#[tokio::test]
async fn created_deleted_and_forced_pushes_say_so() {
    let github = start_with_app().await;
    let first = github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let second = github.sim.push(SHOP, "main", Commit::new("2", &[]));
    github.sim.reset_branch(SHOP, "main", &first);
    github.sim.force_push(SHOP, "main", Some(&first), Commit::new("3", &[]));
    github.sim.create_branch(SHOP, "missing-before", "main");
    github.sim.delete_branch(SHOP, "missing-before");
    github.sim.push_tag(SHOP, "v1", "main");

    let events = received(&github).await;
    let forced: Vec<&Value> = events
        .iter()
        .filter(|(name, _)| name == "push.")
        .map(|(_, body)| &body["forced"])
        .collect();
    assert_eq!(forced, [false, false, true, false, false, false, false]);
    assert_eq!((&events[2].1["before"], &events[2].1["after"]), (&json!(second), &json!(first)));
    let names: Vec<&str> = events.iter().skip(4).map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["push.", "create.", "push.", "delete.", "push.", "create."]);
    let created = &events[4].1;
    assert_eq!((&created["created"], &created["before"]), (&json!(true), &json!(NO_COMMIT)));
    assert_eq!(created["base_ref"], "refs/heads/main");
    let deleted = &events[6].1;
    assert_eq!((&deleted["deleted"], &deleted["after"]), (&json!(true), &json!(NO_COMMIT)));
    assert_eq!(deleted["head_commit"], Value::Null);
    assert_eq!(events[8].1["ref"], "refs/tags/v1");
    assert_eq!(events[9].1["ref_type"], "tag");
}

#[tokio::test]
async fn a_forced_push_is_one_whose_head_lacks_the_commit_before() {
    let github = start_with_app().await;
    github.sim.push(SHOP, "main", Commit::new("1", &[]));
    github.sim.force_push(SHOP, "main", None, Commit::new("2", &[]));
    let events = received(&github).await;
    assert_eq!(events[1].1["forced"], true);
}

#[tokio::test]
async fn changes_of_a_repository_are_events() {
    let github = start_with_app().await;
    github.sim.push(SHOP, "trunk", Commit::new("1", &[]));
    github.sim.set_default_branch(SHOP, "trunk");
    github.sim.archive_repository(SHOP, true);
    github.sim.archive_repository(SHOP, false);
    github.sim.set_private(SHOP, true);
    github.sim.set_private(SHOP, false);
    github.sim.rename_repository(SHOP, "alice/store");
    github.sim.rename_repository("alice/store", "bob/store");
    github.sim.delete_repository("bob/store");
    let events = received(&github).await;
    let actions: Vec<&str> = events.iter().skip(1).map(|(name, _)| name.as_str()).collect();
    let expected = [
        "edited",
        "archived",
        "unarchived",
        "privatized",
        "publicized",
        "renamed",
        "transferred",
        "deleted",
    ];
    assert_eq!(actions, expected.map(|action| format!("repository.{action}")));
    assert_eq!(events[1].1["changes"]["default_branch"]["from"], "main");
    assert_eq!(events[6].1["changes"]["repository"]["name"]["from"], "shop");
    assert_eq!(events[7].1["changes"]["owner"]["from"]["user"]["login"], "alice");
    assert_eq!(events[8].1["repository"]["full_name"], "bob/store");
}

#[tokio::test]
async fn the_default_branch_can_be_renamed() {
    let github = start_with_app().await;
    github.sim.rename_branch(SHOP, "main", "trunk");
    let names = names(&github).await;
    // `trunk` had an invented commit, so it is moved.
    assert_eq!(names, ["push.", "repository.edited", "push.", "delete."]);
}

#[tokio::test]
async fn a_merge_queue_pushes_branches_of_its_own() {
    let github = start_with_app().await;
    let (branch, sha) = github.sim.push_to_merge_queue(SHOP, "main", 7, Commit::new("m", &["a"]));
    assert!(branch.starts_with("gh-readonly-queue/main/pr-7-"), "{branch}");
    let events = received(&github).await;
    let push = &events[0].1;
    assert_eq!(
        (&push["ref"], &push["after"]),
        (&json!(format!("refs/heads/{branch}")), &json!(sha))
    );
    assert_eq!(push["sender"]["login"], "github-merge-queue[bot]");
    assert_eq!(github.sim.head(SHOP, &branch), Some(sha));
}

#[tokio::test]
async fn only_subscribed_events_of_covered_repositories_are_sent() {
    let github = start_with_app().await;
    github.sim.set_installation("alice", AppVersion::current().without_event("push"));
    github.sim.push(SHOP, "missing-1", Commit::new("1", &[]));
    assert_eq!(names(&github).await, ["create."]);
    github.sim.set_installation("alice", AppVersion::before_statuses());
    github.sim.push(SHOP, "main", Commit::new("2", &[]));
    github.sim.push("noapp/shop", "main", Commit::new("3", &[]));
    github.sim.set_app_installed("carol/shop", false);
    github.sim.push("carol/shop", "main", Commit::new("4", &[]));
    assert_eq!(names(&github).await, ["create.", "installation_repositories.removed"]);
    github.sim.set_app_installed("carol/shop", true);
    github.sim.suspend_installation("carol", true);
    github.sim.push("carol/shop", "main", Commit::new("5", &[]));
    let more = names(&github).await.split_off(2);
    assert_eq!(more, ["installation_repositories.added", "installation.suspend"]);
}

#[tokio::test]
async fn without_an_app_only_the_builder_repository_has_a_webhook() {
    let github = start().await;
    github.sim.push(SHOP, "main", Commit::new("1", &[]));
    github.sim.push("nokube/builder", "main", Commit::new("2", &[]));
    assert_eq!(names(&github).await, [""; 0]);
}

#[tokio::test]
async fn pushes_can_be_held_and_sent_in_any_order() {
    let github = start_with_app().await;
    github.sim.add_webhook_rule(WebhookRule::all(Treatment::Hold).any("push"));
    let pushed: Vec<String> = (0..3)
        .map(|number| github.sim.push(SHOP, "main", Commit::new(&number.to_string(), &[])))
        .collect();
    assert!(received(&github).await.is_empty());
    let ids: Vec<u64> = github.sim.deliveries().iter().rev().map(|held| held.id).collect();
    github.sim.release_webhooks_in_order(&ids);
    let after: Vec<Value> =
        received(&github).await.iter().map(|(_, body)| body["after"].clone()).collect();
    assert_eq!(after, pushed.iter().rev().cloned().collect::<Vec<_>>());
}

#[tokio::test]
async fn people_push_with_curl() {
    let github = start_with_app().await;
    let push = async |query: &str| {
        let request = github.request(Method::POST, &format!("/_push/{SHOP}{query}"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{query}");
        response.json::<Value>().await.unwrap()
    };
    let first = push("").await;
    assert_eq!(first["branch"], "main");
    let second = push("?branch=main&message=Fix+it&files=web/a.js,b.txt&author=bob").await;
    let commit = github.json(&format!("/repos/{SHOP}/commits/main")).await;
    assert_eq!((&commit["sha"], &commit["author"]["login"]), (&second["commit"], &json!("bob")));
    assert_eq!(commit["commit"]["message"], "Fix it");
    assert_eq!(commit["files"].as_array().unwrap().len(), 2);
    push("?force=true").await;
    push("?branch=other&delete=true").await;
    let shown = github.request(Method::GET, &format!("/_push/{SHOP}")).send().await.unwrap();
    let shown = shown.json::<Value>().await.unwrap();
    assert_eq!(shown["main"].as_array().unwrap().len(), 3, "{shown}");
    let events = received(&github).await;
    assert_eq!(events[2].1["forced"], true);
    assert_eq!(events[3].1["deleted"], true);
    let missing = github.request(Method::POST, "/_push/alice/missing").send().await.unwrap();
    assert_eq!(missing.status(), 404);
    let checked = check_conformance(&github.sim);
    assert!(checked.contains("webhook push") && checked.contains("webhook delete"), "{checked:?}");
}
