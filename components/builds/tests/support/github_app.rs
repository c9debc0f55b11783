//! A platform with a GitHub App.

use nokube_test_host::TestHost;
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use serde_json::json;
use std::sync::LazyLock;

/// The platform uses a GitHub App in place of a token. The App is installed on the builder repository, and gets a token
/// for each installation.
pub fn use_github_app(host: &TestHost) {
    static KEY: LazyLock<String> =
        LazyLock::new(|| PrivateKey::generate().to_pkcs1_pem(LineEnding::LF).unwrap().to_string());
    host.set("github_token", "");
    host.set("github_app_client_id", "Iv1.app");
    host.set("github_app_private_key", &KEY);
    let api = "https://api.github.com";
    let builder = format!("{api}/repos/platform/builder/installation");
    host.respond("GET", &builder, 200, &json!({ "id": 1 }));
    let token = json!({ "token": "sentinel-app-token", "expires_at": "2099-01-01T00:00:00Z" });
    host.respond("POST", &format!("{api}/app/installations/"), 201, &token);
}
