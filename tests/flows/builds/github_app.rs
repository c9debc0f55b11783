//! The platform as a GitHub App: signature, tokens for one repository, private repositories.

use nokube_sim::{AppKey, RepositorySettings};
use nokube_tests::{GITHUB_TOKEN, TestConfig, TestPlatform};
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use serde_json::json;

fn generate_key() -> String {
    PrivateKey::generate().to_pkcs1_pem(LineEnding::LF).unwrap().to_string()
}

/// A platform that authenticates as a GitHub App. `github_key` is the App's key at GitHub.
fn app_config(github_key: String, platform_key: &str) -> TestConfig {
    TestPlatform::config()
        .variable("github_token", "")
        .variable("github_app_client_id", "Iv1.app")
        .variable("github_app_private_key", &platform_key.replace('\n', "\\n"))
        .github(|o| {
            o.token = None;
            o.app = Some(AppKey { client_id: "Iv1.app".into(), private_key_pem: github_key });
        })
}

#[tokio::test]
async fn an_app_builds_public_and_private_repositories_with_tokens_for_one_repository() {
    let pem = generate_key();
    let platform = app_config(pem.clone(), &pem).start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = alice.start_build(project).await;
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");

    let mut request_body = alice.build_request(project, "frontend").await;
    request_body["repository_url"] = json!("https://github.com/alice/private-thing");
    alice.post("/api/v1/builds", &request_body).await.expect(202);
    // The App is not installed there, so the repository looks like one that does not exist.
    request_body["repository_url"] = json!("https://github.com/noapp/private-thing");
    alice.post("/api/v1/builds", &request_body).await.field_errors();

    let requests = platform.github.requests();
    for request in requests.iter().filter(|r| r.path.ends_with("/access_tokens")) {
        assert_eq!(request.body["repositories"].as_array().unwrap().len(), 1);
        assert_ne!(request.body["permissions"].get("contents"), Some(&json!("write")));
    }
    assert!(!requests.iter().any(|r| r.auth == "personal"), "{GITHUB_TOKEN} is not used");
    platform.finish().await;
}

#[tokio::test]
async fn a_revoked_installation_token_is_replaced() {
    let pem = generate_key();
    let platform = app_config(pem.clone(), &pem).start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    alice.start_build(project).await;
    platform.github.revoke_tokens();
    let path = alice.start_build(project).await;
    assert_eq!(alice.wait_for_end(&path).await["status"], "success");
    platform.finish().await;
}

#[tokio::test]
async fn a_wrong_private_key_is_reported_by_ready_and_by_the_build() {
    let platform = app_config(generate_key(), &generate_key()).start().await;
    let ready = platform.operator().get("/ready").await.expect(503);
    assert!(ready.to_string().contains("credentials"), "{ready}");
    let alice = platform.user("alice");
    let body = alice.build_request(alice.create_project("myapp").await, "frontend").await;
    assert!(alice.post("/api/v1/builds", &body).await.expect_problem(502).contains("credentials"));
    platform.finish().await;
}

#[tokio::test]
async fn ready_reports_that_the_app_is_not_installed_on_the_builder() {
    let pem = generate_key();
    let platform = app_config(pem.clone(), &pem).start().await;
    let settings = RepositorySettings { app_installed: Some(false), ..Default::default() };
    platform.github.set_repository(nokube_tests::BUILDER_REPOSITORY, settings);
    let ready = platform.operator().get("/ready").await.expect(503);
    assert!(ready.to_string().contains("not installed on platform/builder"), "{ready}");
    platform.finish().await;
}
