//! The App's own token, and the key that signs it.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::panic)]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use nokube_github::app::{App, KeyError};
use rsa::{
    Generate, PrivateKey, PublicKey,
    pkcs1::EncodeRsaPrivateKey,
    pkcs1v15::{Signature, VerifyingKey},
    pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding},
    sha2::Sha256,
    signature::Verifier,
};
use serde_json::{Value, json};
use std::sync::OnceLock;

const NOW: i64 = 1_800_000_000;

/// Generated for each run: no private key belongs in a repository, not even a test's.
fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(PrivateKey::generate)
}

fn pkcs1() -> String {
    key().to_pkcs1_pem(LineEnding::LF).unwrap().to_string()
}

fn decode(text: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

/// The header and claims of a token, after verifying its signature.
fn verified(token: &str) -> (Value, Value) {
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("{token}") };
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let signature = Signature::try_from(signature.as_slice()).unwrap();
    let public = VerifyingKey::<Sha256>::new(PublicKey::from(key()));
    public.verify(format!("{header}.{claims}").as_bytes(), &signature).unwrap();
    (decode(header), decode(claims))
}

#[test]
fn the_apps_token_is_what_github_requires() {
    let token = App::new("Iv23client", &pkcs1()).unwrap().token(NOW).unwrap();
    let (header, claims) = verified(&token);
    assert_eq!(header, json!({ "alg": "RS256", "typ": "JWT" }));
    assert_eq!(claims["iss"], "Iv23client");
    let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert_eq!(iat, NOW - 60, "GitHub's clock may be behind ours");
    assert!(exp - iat <= 600, "GitHub accepts at most ten minutes");
    assert!(exp > NOW + 60 && exp <= NOW + 600);
    assert_eq!(claims.as_object().unwrap().len(), 3);
}

#[test]
fn several_formats_of_the_key_are_accepted() {
    let pkcs1 = pkcs1();
    let pkcs8 = key().to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
    let formats = [
        pkcs1.clone(),
        pkcs8.clone(),
        pkcs1.replace('\n', "\\n"),
        pkcs8.trim().replace('\n', "\\n"),
        pkcs1.replace('\n', "\r\n"),
        format!("\n  {pkcs1}  \n"),
        format!("{}\n\n", pkcs8.trim()),
    ];
    for (index, pem) in formats.iter().enumerate() {
        let app = App::new("Iv23client", pem).unwrap_or_else(|error| panic!("{index}: {error}"));
        verified(&app.token(NOW).unwrap());
    }
}

#[test]
fn other_texts_are_rejected_as_keys() {
    let pem = pkcs1();
    let body = pem.lines().nth(1).unwrap();
    let public = PublicKey::from(key()).to_public_key_pem(LineEnding::LF).unwrap();
    let other_label = pem.replace("RSA PRIVATE", "EC PRIVATE");
    let truncated = &pem[..pem.len() / 2];
    let without_a_line = pem.replacen(&format!("{body}\n"), "", 1);
    for text in [
        "",
        "x",
        "-----BEGIN RSA PRIVATE KEY-----",
        body,
        &public,
        &other_label,
        truncated,
        &without_a_line,
    ] {
        assert_eq!(App::new("Iv23client", text).err(), Some(KeyError::NotPem));
    }
}

#[test]
fn the_key_is_never_shown() {
    let app = App::new("Iv23client", &pkcs1()).unwrap();
    assert_eq!(format!("{app:?}"), "App { client_id: \"Iv23client\", .. }");
    assert!(!KeyError::NotPem.to_string().contains("MII"));
}
