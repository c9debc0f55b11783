//! A GitHub App with a generated key, its JWTs and its installation tokens.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use nokube_sim::{AppKey, GitHubOptions};
use reqwest::{Method, RequestBuilder, Response};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::LineEnding;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::{Generate, PrivateKey};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{TestGitHub, start_with};

fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(PrivateKey::generate)
}

pub fn jwt(claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed_part =
        format!("{}.{}", encode(&json!({"alg": "RS256", "typ": "JWT"})), encode(claims));
    let signature = SigningKey::<Sha256>::new(key().clone()).sign(signed_part.as_bytes());
    format!("{signed_part}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// `iat` and `exp` are in seconds from now.
pub fn app_jwt(iat: i64, exp: i64) -> String {
    let now = Timestamp::now().as_second();
    jwt(&json!({"iss": "Iv23client", "iat": now + iat, "exp": now + exp}))
}

/// The App's private key in PEM.
pub fn app_key() -> String {
    key().to_pkcs1_pem(LineEnding::LF).unwrap().to_string()
}

pub async fn start_with_app() -> TestGitHub {
    start_with_app_and(GitHubOptions::default()).await
}

pub async fn start_with_app_and(options: GitHubOptions) -> TestGitHub {
    let app = Some(AppKey { client_id: "Iv23client".to_owned(), private_key_pem: app_key() });
    start_with(GitHubOptions { app, ..options }).await
}

/// Requests an installation access token for the installation that covers the repository.
pub async fn request_token(github: &TestGitHub, repository: &str, body: Value) -> Response {
    let send = async |request: RequestBuilder| {
        request.bearer_auth(app_jwt(-60, 500)).send().await.unwrap()
    };
    let path = format!("/repos/{repository}/installation");
    let installation = send(github.request(Method::GET, &path)).await;
    let id = installation.json::<Value>().await.unwrap()["id"].clone();
    let path = format!("/app/installations/{id}/access_tokens");
    send(github.request(Method::POST, &path).json(&body)).await
}
