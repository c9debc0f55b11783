//! A token of an OIDC issuer is accepted if one of the issuer's keys signed it with that key's algorithm.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use nokube_domain::jwt::{JwtError, Validation, sign};
use nokube_oidc::{KeySet, VerifyError};
use p256::ecdsa::{self, signature::Signer};
use rsa::{
    Generate, PrivateKey, pkcs1v15, sha2::Sha256, signature::SignatureEncoding,
    traits::PublicKeyParts,
};
use serde_json::{Value, json};
use std::sync::OnceLock;

const NOW: i64 = 1_800_000_000;

fn rsa() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| PrivateKey::try_generate().unwrap())
}

fn ec(seed: u8) -> ecdsa::SigningKey {
    ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap()
}

fn rsa_jwk(kid: &str) -> Value {
    let part = |bytes: &[u8]| B64.encode(bytes);
    let (n, e) = (rsa().n().to_be_bytes_trimmed_vartime(), rsa().e().to_be_bytes_trimmed_vartime());
    json!({ "kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": part(&n), "e": part(&e) })
}

fn ec_jwk(kid: &str, seed: u8) -> Value {
    let point = ec(seed).verifying_key().to_sec1_point(false);
    let (x, y) = (B64.encode(&point.as_bytes()[1..33]), B64.encode(&point.as_bytes()[33..]));
    json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y })
}

fn claims() -> Value {
    json!({ "iss": "https://idp.test", "sub": "u-17", "aud": ["nokube", "x"], "exp": NOW + 60,
            "iat": NOW - 5, "preferred_username": "alice" })
}

fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let text = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
    let signature = sign(text.as_bytes());
    format!("{text}.{}", B64.encode(signature))
}

fn rs256(header: &Value, claims: &Value) -> String {
    let key = pkcs1v15::SigningKey::<Sha256>::new(rsa().clone());
    signed(header, claims, |text| rsa::signature::Signer::sign(&key, text).to_bytes().to_vec())
}

fn es256(header: &Value, claims: &Value, seed: u8) -> String {
    signed(header, claims, |text| {
        let signature: ecdsa::Signature = ec(seed).sign(text);
        signature.to_bytes().to_vec()
    })
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn verify(set: &KeySet, token: &str) -> Result<String, VerifyError> {
    let (issuer, audience) = ("https://idp.test", "nokube");
    let validation = Validation { issuer, audience, leeway: 10, now: NOW };
    set.verify(token, &validation, "preferred_username")
        .map(|(claims, login)| format!("{} {}", claims.sub, login.unwrap()))
}

fn rs_header() -> Value {
    json!({ "alg": "RS256", "kid": "r", "typ": "JWT" })
}

#[test]
fn valid_tokens_of_both_algorithms_are_accepted() {
    let set = set(&[rsa_jwk("r"), ec_jwk("e", 7)]);
    assert_eq!(verify(&set, &rs256(&rs_header(), &claims())), Ok("u-17 alice".into()));
    let header = json!({ "alg": "ES256", "kid": "e" });
    assert_eq!(verify(&set, &es256(&header, &claims(), 7)), Ok("u-17 alice".into()));
}

#[test]
fn invalid_tokens_are_rejected() {
    let set = set(&[rsa_jwk("r"), ec_jwk("e", 7)]);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        rs256(&rs_header(), &claims)
    };
    // HS256 with the public key as secret: anybody can compute it.
    let public = rsa_jwk("r").to_string();
    let confused = sign(&claims(), public.as_bytes()).unwrap();
    let none = format!("{}.{}.", B64.encode(r#"{"alg":"none"}"#), B64.encode(claims().to_string()));
    let crit = json!({ "alg": "RS256", "kid": "r", "crit": ["b64"] });
    let cases = [
        (confused, JwtError::Invalid),
        (none, JwtError::Invalid),
        ("a.b".into(), JwtError::Invalid),
        // Another key's algorithm, a key of another kind, an unsupported algorithm, another key.
        (rs256(&json!({ "alg": "ES256", "kid": "r" }), &claims()), JwtError::Invalid),
        (rs256(&json!({ "alg": "RS256", "kid": "e" }), &claims()), JwtError::Invalid),
        (rs256(&json!({ "alg": "RS512", "kid": "r" }), &claims()), JwtError::Invalid),
        (es256(&json!({ "alg": "ES256", "kid": "e" }), &claims(), 8), JwtError::Invalid),
        (rs256(&crit, &claims()), JwtError::Invalid),
        (with("exp", json!(NOW - 11)), JwtError::Expired),
        (with("iat", json!(NOW + 11)), JwtError::NotYetValid),
        (with("nbf", json!(NOW + 11)), JwtError::NotYetValid),
        (with("aud", json!("other")), JwtError::WrongIssuerOrAudience),
        (with("iss", json!("https://idp.test/")), JwtError::WrongIssuerOrAudience),
    ];
    for (number, (token, error)) in cases.into_iter().enumerate() {
        assert_eq!(verify(&set, &token), Err(VerifyError::Jwt(error)), "case {number}");
    }
    // A valid signature of other claims.
    let good = rs256(&rs_header(), &claims());
    let (_, signature) = good.rsplit_once('.').unwrap();
    let (signed, _) = with("sub", json!("root"))
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert_eq!(
        verify(&set, &format!("{signed}.{signature}")),
        Err(VerifyError::Jwt(JwtError::Invalid))
    );
}

#[test]
fn an_unknown_key_is_a_different_error_so_that_keys_are_fetched_again() {
    let token = rs256(&rs_header(), &claims());
    assert_eq!(verify(&set(&[ec_jwk("e", 7)]), &token), Err(VerifyError::UnknownKey));
    assert_eq!(verify(&set(&[rsa_jwk("old"), rsa_jwk("r")]), &token), Ok("u-17 alice".into()));
    // A token without a `kid` is accepted only if the set has one key.
    let without_kid = rs256(&json!({ "alg": "RS256" }), &claims());
    assert!(verify(&set(&[rsa_jwk("r")]), &without_kid).is_ok());
    assert_eq!(
        verify(&set(&[rsa_jwk("r"), ec_jwk("e", 7)]), &without_kid),
        Err(VerifyError::UnknownKey)
    );
}

#[test]
fn keys_for_other_uses_or_too_weak_are_left_out() {
    let change = |mut key: Value, name: &str, value: Value| {
        key[name] = value;
        key
    };
    let keys = [
        change(rsa_jwk("a"), "use", json!("enc")),
        change(rsa_jwk("b"), "alg", json!("HS256")),
        change(rsa_jwk("c"), "n", json!(B64.encode([0xc3; 128]))), // 1,024 bits
        change(ec_jwk("d", 7), "crv", json!("P-384")),
        change(ec_jwk("e", 7), "y", json!(B64.encode([1; 32]))), // Not on the curve.
        json!({ "kty": "oct", "kid": "f", "k": "c2VjcmV0" }),
        json!("nonsense"),
    ];
    assert!(set(&keys).is_empty());
    assert!(KeySet::parse(b"{}").is_none());
}
