//! What GitHub refuses is told in words that name what to change.

use nokube_sim::{RepositorySettings, WorkflowState};
use nokube_tests::World;
use serde_json::json;

#[tokio::test]
async fn an_unknown_branch_or_repository_is_told_at_its_field() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;

    let mut branch = wanted.clone();
    branch["branch"] = json!("missing");
    let faults = alice.post("/api/v1/builds", &branch).await.faults();
    assert_eq!(faults["branch"], "acme/shop has no branch, tag or commit 'missing'");

    let mut repository = wanted.clone();
    repository["repository_url"] = json!("https://github.com/acme/missing");
    let faults = alice.post("/api/v1/builds", &repository).await.faults();
    assert!(faults["repository_url"].contains("no such repository"), "{faults:?}");
    assert_eq!(world.sim.dispatches(), 0);
    let list = alice.get("/api/v1/builds").await.expect(200);
    assert_eq!(list["total"], 0, "nothing is left of a refused request");
    world.end().await;
}

#[tokio::test]
async fn a_private_repository_is_built_for_those_who_may_read_it() {
    let world = World::new().await;
    let collaborators = [("alice".to_owned(), "read".to_owned())].into();
    let private = RepositorySettings {
        private: Some(true),
        collaborators: Some(collaborators),
        ..RepositorySettings::default()
    };
    world.sim.set_repository("acme/secret", private);
    let mut answers = Vec::new();
    for login in ["alice", "mallory"] {
        let user = world.user(login);
        let mut wanted = user.wanted(user.project("myapp").await, "frontend").await;
        wanted["repository_url"] = json!("https://github.com/acme/secret");
        answers.push(user.post("/api/v1/builds", &wanted).await);
    }
    answers[0].expect(202);
    let seen = world.sim.requests();
    let dispatch = seen.iter().find(|seen| seen.path.ends_with("/dispatches")).unwrap();
    assert_eq!(dispatch.body["inputs"]["private"], "true");
    assert!(answers[1].faults()["repository_url"].contains("mallory may not read it"));

    // One who may not read it cannot even tell that it exists.
    let mallory = world.user("mallory");
    let mut wanted = mallory.wanted(3 - 1, "frontend").await;
    wanted["repository_url"] = json!("https://github.com/acme/missing");
    let nothing = mallory.post("/api/v1/builds", &wanted).await.faults();
    assert_eq!(nothing, answers[1].faults());
    world.end().await;
}

#[tokio::test]
async fn without_the_issuers_word_for_logins_only_public_repositories_are_built() {
    let world = World::plan().set("auth_jwt_subjects_are_github_logins", "false").start().await;
    let alice = world.user("alice");
    let mut wanted = alice.wanted(alice.project("myapp").await, "frontend").await;
    alice.post("/api/v1/builds", &wanted).await.expect(202);
    wanted["repository_url"] = json!("https://github.com/alice/private-thing");
    alice.post("/api/v1/builds", &wanted).await.faults();
    world.end().await;
}

#[tokio::test]
async fn a_builder_that_is_not_set_up_fails_the_build_with_the_reason() {
    for (state, words) in [
        (WorkflowState::Missing, "knows no workflow build.yml"),
        (WorkflowState::NoDispatch, "no trigger 'workflow_dispatch'"),
        (WorkflowState::Disabled, "disabled"),
    ] {
        let world = World::new().await;
        let settings = RepositorySettings { workflow: Some(state), ..Default::default() };
        world.sim.set_repository(nokube_tests::BUILDER, settings);
        let alice = world.user("alice");
        let wanted = alice.wanted(alice.project("myapp").await, "frontend").await;
        let told = alice.post("/api/v1/builds", &wanted).await.expect(202);
        assert_eq!(told["status"], "failed");
        let message = told["error_message"].as_str().unwrap();
        assert!(message.contains(words) && message.contains("administrator"), "{message}");
        world.end().await;
    }
}

#[tokio::test]
async fn a_builder_branch_that_is_missing_is_named() {
    let world = World::plan().set("github_builder_ref", "missing-branch").start().await;
    let alice = world.user("alice");
    let wanted = alice.wanted(alice.project("myapp").await, "frontend").await;
    let told = alice.post("/api/v1/builds", &wanted).await.expect(202);
    assert!(told["error_message"].as_str().unwrap().contains("no branch missing-branch"), "{told}");
    world.end().await;
}

#[tokio::test]
async fn credentials_that_github_does_not_accept_are_the_administrators_matter() {
    let world = World::plan().set("github_token", "sentinel-of-last-year").start().await;
    let alice = world.user("alice");
    let wanted = alice.wanted(alice.project("myapp").await, "frontend").await;
    let told = alice.post("/api/v1/builds", &wanted).await.problem(502);
    assert!(told.contains("credentials") && told.contains("administrator"), "{told}");
    world.end().await;
}
