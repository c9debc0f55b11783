//! A GitHub App, and what it signs.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use nokube_sim::{AppKey, Options};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::LineEnding;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::{Generate, PrivateKey};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{World, world_with};

fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(PrivateKey::generate)
}

pub fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let signature = SigningKey::<Sha256>::new(key().clone()).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// Seconds from now until it was issued and until it ends.
pub fn app_jwt(iat: i64, exp: i64) -> String {
    let now = Timestamp::now().as_second();
    jwt(&json!({"iss": "Iv23client", "iat": now + iat, "exp": now + exp}))
}

/// The App's private key in PEM.
pub fn app_key() -> String {
    key().to_pkcs1_pem(LineEnding::LF).unwrap().to_string()
}

pub async fn app_world() -> World {
    app_world_with(Options::default()).await
}

pub async fn app_world_with(options: Options) -> World {
    let app = Some(AppKey { client_id: "Iv23client".to_owned(), private_key_pem: app_key() });
    world_with(Options { app, ..options }).await
}
