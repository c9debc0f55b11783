//! The platform as a GitHub App: signature, tokens for one repository, private repositories.

use nokube_sim::{AppKey, RepositorySettings};
use nokube_tests::{GITHUB_TOKEN, Response, TestConfig, TestPlatform};
use reqwest::Method;
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

/// Neither the response nor what the platform asks GitHub, and so not the time, shows that a repository exists.
#[tokio::test]
async fn strangers_cause_the_same_requests_for_private_and_for_missing_repositories() {
    let pem = generate_key();
    let platform = app_config(pem.clone(), &pem).start().await;
    let bob = platform.user("bob");
    let project = bob.create_project("myapp").await;
    let mut request = bob.build_request(project, "frontend").await;
    bob.post("/api/v1/builds", &request).await.expect(202);
    platform.settle().await;
    platform.github.rename_repository("alice/private-old", "alice/private-new");
    let mut expected = None;
    for name in ["acme/missing", "alice/private-thing", "noapp/private-thing", "alice/private-old"]
    {
        for _ in 0..2 {
            request["repository_url"] = json!(format!("https://github.com/{name}"));
            let before = platform.github.requests().len();
            let errors = bob.post("/api/v1/builds", &request).await.field_errors();
            let requests = platform.github.requests();
            // A repository has another path after it was renamed.
            let kind = |path: &str| {
                let last = path.rsplit('/').next().unwrap_or_default().to_owned();
                let is_known = ["installation", "access_tokens", "permission"].contains(&&*last);
                if is_known { last } else { "repository".to_owned() }
            };
            let kinds = requests[before..].iter().map(|request| kind(&request.path));
            let seen = (errors, kinds.collect::<Vec<_>>());
            assert_eq!(expected.get_or_insert_with(|| seen.clone()), &seen, "{name}");
        }
    }
    platform.finish().await;
}

#[tokio::test]
async fn an_app_builds_a_saved_private_repository_after_it_was_renamed() {
    let pem = generate_key();
    let platform = app_config(pem.clone(), &pem).start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = format!("/api/v1/projects/{project}/services/frontend");
    let source = json!({ "repository_url": "https://github.com/alice/private-thing" });
    let save = alice.request(Method::PUT, &path).json(&source);
    let saved = Response::send(save).await.expect(201);
    platform.github.rename_repository("alice/private-thing", "alice/private-other");
    let one_click = json!({ "project_id": project, "service_name": "frontend" });
    let build = alice.post("/api/v1/builds", &one_click).await.expect(202);
    let build = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
    let build = alice.wait_for_end(&build).await;
    assert_eq!((&build["status"], &build["branch"]), (&json!("success"), &json!("main")));
    assert_eq!(build["repository"], "alice/private-other");
    assert_eq!(alice.get(&path).await.expect(200)["source"], saved["source"], "nothing is changed");
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
