//! Errors of GitHub are reported with what to change.

use nokube_sim::{RepositorySettings, WorkflowState};
use nokube_tests::TestPlatform;
use serde_json::json;

#[tokio::test]
async fn an_unknown_branch_or_repository_is_an_error_of_its_field() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;

    let mut branch = body.clone();
    branch["branch"] = json!("missing");
    let errors = alice.post("/api/v1/builds", &branch).await.field_errors();
    assert_eq!(errors["branch"], "acme/shop has no branch, tag or commit 'missing'");

    let mut repository = body.clone();
    repository["repository_url"] = json!("https://github.com/acme/missing");
    let errors = alice.post("/api/v1/builds", &repository).await.field_errors();
    assert!(errors["repository_url"].contains("no such repository"), "{errors:?}");
    assert_eq!(platform.github.dispatch_count(), 0);
    let list = alice.get("/api/v1/builds").await.expect(200);
    assert_eq!(list["total"], 0, "a rejected request stores nothing");
    platform.finish().await;
}

#[tokio::test]
async fn a_private_repository_is_only_built_for_users_who_can_read_it() {
    let platform = TestPlatform::start().await;
    let collaborators = [("alice".to_owned(), "read".to_owned())].into();
    let private = RepositorySettings {
        private: Some(true),
        collaborators: Some(collaborators),
        ..RepositorySettings::default()
    };
    platform.github.set_repository("acme/secret", private);
    let mut responses = Vec::new();
    for login in ["alice", "mallory"] {
        let user = platform.user(login);
        let mut request_body =
            user.build_request(user.create_project("myapp").await, "frontend").await;
        request_body["repository_url"] = json!("https://github.com/acme/secret");
        responses.push(user.post("/api/v1/builds", &request_body).await);
    }
    responses[0].expect(202);
    let requests = platform.github.requests();
    let dispatch = requests.iter().find(|r| r.path.ends_with("/dispatches")).unwrap();
    assert_eq!(dispatch.body["inputs"]["private"], "true");
    assert!(responses[1].field_errors()["repository_url"].contains("mallory may not read it"));

    // For users who cannot read it, it looks like a repository that does not exist.
    let mallory = platform.user("mallory");
    let mut request_body = mallory.build_request(2, "frontend").await;
    request_body["repository_url"] = json!("https://github.com/acme/missing");
    let missing = mallory.post("/api/v1/builds", &request_body).await.field_errors();
    assert_eq!(missing, responses[1].field_errors());
    platform.finish().await;
}

#[tokio::test]
async fn if_subjects_are_not_github_logins_only_public_repositories_are_built() {
    let platform = TestPlatform::config()
        .variable("auth_jwt_subjects_are_github_logins", "false")
        .start()
        .await;
    let alice = platform.user("alice");
    let mut body = alice.build_request(alice.create_project("myapp").await, "frontend").await;
    alice.post("/api/v1/builds", &body).await.expect(202);
    body["repository_url"] = json!("https://github.com/alice/private-thing");
    alice.post("/api/v1/builds", &body).await.field_errors();
    platform.finish().await;
}

#[tokio::test]
async fn a_build_fails_with_the_reason_if_the_builder_is_not_set_up() {
    for (state, expected) in [
        (WorkflowState::Missing, "knows no workflow build.yml"),
        (WorkflowState::NoDispatch, "no trigger 'workflow_dispatch'"),
        (WorkflowState::Disabled, "disabled"),
    ] {
        let platform = TestPlatform::start().await;
        let settings = RepositorySettings { workflow: Some(state), ..Default::default() };
        platform.github.set_repository(nokube_tests::BUILDER_REPOSITORY, settings);
        let alice = platform.user("alice");
        let body = alice.build_request(alice.create_project("myapp").await, "frontend").await;
        let build = alice.post("/api/v1/builds", &body).await.expect(202);
        assert_eq!(build["status"], "failed");
        let message = build["error_message"].as_str().unwrap();
        assert!(message.contains(expected) && message.contains("administrator"), "{message}");
        platform.finish().await;
    }
}

#[tokio::test]
async fn a_missing_builder_branch_is_named() {
    let platform =
        TestPlatform::config().variable("github_builder_ref", "missing-branch").start().await;
    let alice = platform.user("alice");
    let body = alice.build_request(alice.create_project("myapp").await, "frontend").await;
    let build = alice.post("/api/v1/builds", &body).await.expect(202);
    let message = build["error_message"].as_str().unwrap();
    assert!(message.contains("no branch missing-branch"), "{message}");
    platform.finish().await;
}

#[tokio::test]
async fn rejected_github_credentials_are_reported_with_a_hint_to_the_administrator() {
    let platform =
        TestPlatform::config().variable("github_token", "sentinel-of-last-year").start().await;
    let alice = platform.user("alice");
    let body = alice.build_request(alice.create_project("myapp").await, "frontend").await;
    let detail = alice.post("/api/v1/builds", &body).await.expect_problem(502);
    assert!(detail.contains("credentials") && detail.contains("administrator"), "{detail}");
    platform.finish().await;
}
