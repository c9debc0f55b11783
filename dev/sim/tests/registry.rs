//! Digests from the registry, with and without credentials.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::GitHubOptions;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use support::app::{request_token, start_with_app_and};
use support::{TestGitHub, start, start_with};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "/v2/n/a/manifests/latest";

async fn token(github: &TestGitHub, login: Option<(&str, &str)>) -> Response {
    let path = "/token?service=registry&scope=repository:n/a:pull";
    let request = github.request(Method::GET, path);
    let request = match login {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    };
    request.send().await.unwrap()
}

async fn bearer(github: &TestGitHub, login: Option<(&str, &str)>) -> String {
    let token: Value = token(github, login).await.json().await.unwrap();
    token["token"].as_str().unwrap().to_owned()
}

async fn head(github: &TestGitHub, path: &str, token: &str, accept: &str) -> Response {
    let request = github.request(Method::HEAD, path).bearer_auth(token);
    request.header("accept", accept).send().await.unwrap()
}

#[tokio::test]
async fn the_digest_of_a_public_image_needs_no_credentials() {
    let github = start().await;
    github.build("b1", "ghcr.io/n/a").await;
    github.sim.wait_until_idle().await.unwrap();

    let challenge = github.request(Method::HEAD, MANIFEST).send().await.unwrap();
    assert_eq!(challenge.status(), 401);
    let challenge = challenge.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains(r#"scope="repository:n/a:pull""#), "{challenge}");

    let token = bearer(&github, None).await;
    let response = head(&github, MANIFEST, &token, INDEX).await;
    assert_eq!(response.status(), 200);
    let digest = response.headers()["docker-content-digest"].to_str().unwrap().to_owned();
    assert_eq!(Some(&digest), github.sim.digest("n/a", "build-b1").as_ref());
    let by_digest = format!("/v2/n/a/manifests/{digest}");
    let body = github.request(Method::GET, &by_digest).bearer_auth(&token).header("accept", INDEX);
    let body = body.send().await.unwrap();
    assert_eq!(body.headers()["content-type"], INDEX);
    let body = body.bytes().await.unwrap();
    assert_eq!(digest, format!("sha256:{}", nokube_sim::sha256(&body)));

    let not_an_index = "application/vnd.docker.distribution.manifest.v2+json";
    assert_eq!(head(&github, MANIFEST, &token, not_an_index).await.status(), 404);
    assert_eq!(head(&github, "/v2/n/a/manifests/other", &token, INDEX).await.status(), 404);
    assert_eq!(head(&github, "/v2/n/b/manifests/latest", &token, INDEX).await.status(), 401);
    assert_eq!(head(&github, "/v2/N/A/manifests/latest", &token, INDEX).await.status(), 400);
}

#[tokio::test]
async fn a_private_image_needs_the_readers_credentials() {
    let registry_credentials = Some(("reader".to_owned(), "classic".to_owned()));
    let options =
        GitHubOptions { registry_credentials, private_packages: true, ..GitHubOptions::default() };
    let github = start_with(options).await;
    github.build("b1", "ghcr.io/n/a").await;
    github.sim.wait_until_idle().await.unwrap();

    assert_eq!(token(&github, None).await.status(), 401);
    assert_eq!(token(&github, Some(("reader", "wrong"))).await.status(), 403);
    let reader = bearer(&github, Some(("reader", "classic"))).await;
    assert_eq!(head(&github, MANIFEST, &reader, INDEX).await.status(), 200);
    assert_eq!(head(&github, "/v2/n/a/manifests/other", &reader, INDEX).await.status(), 404);
}

#[tokio::test]
async fn an_apps_token_can_log_in_but_not_pull_a_private_image() {
    let options = GitHubOptions { private_packages: true, ..GitHubOptions::default() };
    let github = start_with_app_and(options).await;
    github.build("b1", "ghcr.io/n/a").await;
    github.sim.wait_until_idle().await.unwrap();

    let created = request_token(&github, "nokube/builder", json!({})).await;
    let created: Value = created.json().await.unwrap();
    let login = ("x-access-token", created["token"].as_str().unwrap());
    let app = bearer(&github, Some(login)).await;
    assert_eq!(head(&github, MANIFEST, &app, INDEX).await.status(), 403);
}
