//! Pull requests from forks, whose authors may be hostile: a developer approves one commit at a time.

use super::{PREVIEWS, SHOP, Shop, name, open, pull_request};
use nokube_sim::{Commit, PullRequest};
use serde_json::{Value, json};

/// A pull request from mallory's fork.
fn of_mallory() -> PullRequest {
    pull_request("main").of_fork("mallory")
}

#[tokio::test]
async fn a_fork_is_built_and_deployed_one_allowed_commit_at_a_time() {
    let shop = open().await;
    let number = shop.open_pull_request(of_mallory());
    let first = shop.head_of(number);
    shop.assert_is_not_built(number, &first, "waiting", json!("approval_required")).await;
    let preview = shop.preview(number).await.unwrap();
    assert_eq!((&preview["is_fork"], &preview["author"]), (&json!(true), &json!("mallory")));
    assert_eq!(
        (&preview["commit"]["sha"], &preview["commit"]["subject"]),
        (&json!(first), &json!(""))
    );
    assert!(shop.platform.cluster.object("namespaces", "", PREVIEWS).is_none());

    let approved = shop.approve(&shop.alice, number, &first).await.expect(200);
    assert_eq!(approved["approved_by"], "alice");
    let (preview, build) = shop.running_preview(number, &first).await;
    assert_eq!((&preview["approved_by"], &preview["problem"]), (&json!("alice"), &Value::Null));
    // Through the base repository, never from the fork.
    let run = shop.platform.github.run_for_build(build["build_id"].as_str().unwrap()).unwrap();
    assert_eq!((run.input("repository"), run.input("ref")), (SHOP, first.as_str()));
    assert!(run.input("private").ends_with(",preview"), "{}", run.input("private"));

    // GitHub would run the fork's own workflows for a deployment of its commit, with the base repository's secrets.
    let deployments = shop.platform.github.deployments(SHOP);
    assert!(deployments.iter().all(|deployment| deployment.sha != first), "{deployments:#?}");

    // What is pushed later is another commit. What was approved runs on.
    let second = shop.push_to(number, "And now something evil");
    shop.assert_is_not_built(number, &second, "waiting", json!("approval_required")).await;
    assert!(
        shop.image_in_cluster(PREVIEWS, &name(number))
            .unwrap()
            .ends_with(build["image_digest"].as_str().unwrap())
    );
    let outdated = shop.approve(&shop.alice, number, &first).await;
    outdated.expect_problem_with_reason(409, "pull_request_changed");
    shop.approve(&shop.alice, number, &second).await.expect(200);
    shop.running_preview(number, &second).await;
    // A commit that was approved once is not approved for ever.
    let forced = Commit::new("Replaced", &["web/cart.js"]);
    let third = shop.platform.github.force_push_to_pull_request(SHOP, number, forced);
    shop.assert_is_not_built(number, &third, "waiting", json!("approval_required")).await;

    shop.platform.github.delete_fork(SHOP, number);
    let fourth = shop.head_of(number);
    assert_eq!(fourth, third);
    shop.service("frontend").await;
    assert_eq!(shop.preview(number).await.unwrap()["is_fork"], true);
    shop.platform.github.close_pull_request(SHOP, number);
    shop.wait_for_end_of(number, "closed").await;
    shop.approve(&shop.alice, number, &third)
        .await
        .expect_problem_with_reason(409, "pull_request_changed");
    shop.close().await;
}

#[tokio::test]
async fn only_developers_of_the_project_allow_a_commit() {
    let shop = open().await;
    let (bob, carol) = (shop.add_member("bob", "viewer").await, shop.platform.user("carol"));
    let number = shop.open_pull_request(of_mallory());
    let sha = shop.head_of(number);
    shop.assert_is_not_built(number, &sha, "waiting", json!("approval_required")).await;
    shop.approve(&bob, number, &sha).await.expect_problem(403);
    shop.approve(&carol, number, &sha).await.expect_problem(404);
    shop.approve(&shop.platform.anonymous(), number, &sha).await.expect_problem(401);
    shop.approve(&shop.alice, 99, &sha).await.expect_problem(404);
    assert!(
        shop.approve(&shop.alice, number, "main").await.field_errors().contains_key("commit_sha")
    );
    let other = "ab".repeat(20);
    shop.approve(&shop.alice, number, &other).await.expect_problem(409);
    assert!(shop.builds_of(&sha).await.is_empty());
    // Viewers see previews.
    let seen = bob.get(&shop.previews_path()).await.expect(200);
    assert_eq!(seen["previews"].as_array().unwrap().len(), 1);
    carol.get(&shop.previews_path()).await.expect_problem(404);
    shop.close().await;
}

#[tokio::test]
async fn a_fork_that_is_gone_is_still_a_fork() {
    let shop = open().await;
    let number = shop.open_pull_request(of_mallory());
    let sha = shop.head_of(number);
    shop.platform.github.delete_fork(SHOP, number);
    shop.assert_is_not_built(number, &sha, "waiting", json!("approval_required")).await;
    // Its commits are in the base repository.
    shop.approve(&shop.alice, number, &sha).await.expect(200);
    shop.running_preview(number, &sha).await;
    shop.close().await;
}

/// Branches, titles and messages are chosen by anybody.
#[tokio::test]
async fn hostile_names_and_texts_are_only_texts() {
    let shop = open().await;
    let title = "${{ secrets.TOKEN }} <script>alert(1)</script>\u{202e}\n::set-output name=x::y mallory@example.com";
    let branch = "x$(touch${IFS}evil);`id`&&--upload-pack=evil";
    let commit = Commit::new("[ci run] ${{ github.token }}\n\nbody", &["web/cart.js"])
        .by_unknown("\u{1b}[31mroot <b>", "root@example.com");
    let new = PullRequest::from_branch(branch).of_fork("mallory").title(title).with(commit);
    let number = shop.open_pull_request(new);
    let sha = shop.head_of(number);
    shop.assert_is_not_built(number, &sha, "waiting", json!("approval_required")).await;
    shop.approve(&shop.alice, number, &sha).await.expect(200);
    let (preview, build) = shop.running_preview(number, &sha).await;
    let shown = preview["title"].as_str().unwrap();
    assert!(
        !shown.contains(['\u{202e}', '\n']) && !shown.contains("mallory@example.com"),
        "{shown:?}"
    );
    assert!(!preview["commit"].to_string().contains("\\u001b"), "{preview:#}");
    let run = shop.platform.github.run_for_build(build["build_id"].as_str().unwrap()).unwrap();
    for (name, value) in &run.inputs {
        assert!(!value.contains("evil") && !value.contains("${{"), "{name}: {value}");
    }
    let objects = shop.platform.cluster.all_objects_in(PREVIEWS);
    assert!(!json!(objects).to_string().contains("touch"), "{objects:#?}");
    shop.close().await;
}

/// A branch of the repository itself needs no approval, also if it is called like one of a fork.
#[tokio::test]
async fn the_same_branch_of_the_repository_and_of_a_fork_are_two_things() {
    let shop = open().await;
    let fork = shop.open_pull_request(pull_request("feature").of_fork("mallory"));
    let own = shop.open_and_wait("feature").await;
    let sha = shop.head_of(fork);
    assert_ne!(sha, shop.head_of(own));
    shop.assert_is_not_built(fork, &sha, "waiting", json!("approval_required")).await;
    shop.close().await;
}

impl Shop {
    /// The numbers of pull requests that have pods.
    pub(super) fn deployed_previews(&self) -> Vec<String> {
        let deployments = self.platform.cluster.objects("deployments", PREVIEWS);
        let names =
            deployments.iter().map(|it| it["metadata"]["name"].as_str().unwrap().to_owned());
        names.collect()
    }
}
