//! Which tokens of an outside issuer are taken: those signed by a key that it publishes, in the way
//! that the key is for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use nokube_domain::jwt::{Refused, sign_any};
use nokube_oidc::{Expected, KeySet, NotTaken};
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

fn verify(set: &KeySet, token: &str) -> Result<String, NotTaken> {
    let expected = Expected {
        issuer: "https://idp.test",
        audience: "nokube",
        leeway: 10,
        now: NOW,
        login_claim: "preferred_username",
    };
    set.verify(token, &expected).map(|(claims, login)| format!("{} {}", claims.sub, login.unwrap()))
}

fn rs_header() -> Value {
    json!({ "alg": "RS256", "kid": "r", "typ": "JWT" })
}

#[test]
fn good_tokens_of_both_kinds_are_taken() {
    let set = set(&[rsa_jwk("r"), ec_jwk("e", 7)]);
    assert_eq!(verify(&set, &rs256(&rs_header(), &claims())), Ok("u-17 alice".into()));
    let header = json!({ "alg": "ES256", "kid": "e" });
    assert_eq!(verify(&set, &es256(&header, &claims(), 7)), Ok("u-17 alice".into()));
}

#[test]
fn what_is_wrong_in_any_way_is_not() {
    let set = set(&[rsa_jwk("r"), ec_jwk("e", 7)]);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        rs256(&rs_header(), &claims)
    };
    // The public key is no secret: a MAC made with it proves nothing.
    let public = rsa_jwk("r").to_string();
    let confused = sign_any(&claims(), public.as_bytes()).unwrap();
    let none = format!("{}.{}.", B64.encode(r#"{"alg":"none"}"#), B64.encode(claims().to_string()));
    let crit = json!({ "alg": "RS256", "kid": "r", "crit": ["b64"] });
    let bad = [
        (confused, Refused::NotOurs),
        (none, Refused::NotOurs),
        ("a.b".into(), Refused::NotOurs),
        // The algorithm of another kind of key, a key of another kind, another key.
        (rs256(&json!({ "alg": "ES256", "kid": "r" }), &claims()), Refused::NotOurs),
        (rs256(&json!({ "alg": "RS256", "kid": "e" }), &claims()), Refused::NotOurs),
        (rs256(&json!({ "alg": "RS512", "kid": "r" }), &claims()), Refused::NotOurs),
        (es256(&json!({ "alg": "ES256", "kid": "e" }), &claims(), 8), Refused::NotOurs),
        (rs256(&crit, &claims()), Refused::NotOurs),
        (with("exp", json!(NOW - 11)), Refused::Expired),
        (with("iat", json!(NOW + 11)), Refused::NotYet),
        (with("nbf", json!(NOW + 11)), Refused::NotYet),
        (with("aud", json!("other")), Refused::Elsewhere),
        (with("iss", json!("https://idp.test/")), Refused::Elsewhere),
    ];
    for (number, (token, why)) in bad.into_iter().enumerate() {
        assert_eq!(verify(&set, &token), Err(NotTaken::Refused(why)), "case {number}");
    }
    // A signature over other claims.
    let good = rs256(&rs_header(), &claims());
    let (_, signature) = good.rsplit_once('.').unwrap();
    let (signed, _) = with("sub", json!("root"))
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert_eq!(
        verify(&set, &format!("{signed}.{signature}")),
        Err(NotTaken::Refused(Refused::NotOurs))
    );
}

#[test]
fn an_unknown_key_is_told_apart_so_that_new_ones_are_fetched() {
    let token = rs256(&rs_header(), &claims());
    assert_eq!(verify(&set(&[ec_jwk("e", 7)]), &token), Err(NotTaken::UnknownKey));
    assert_eq!(verify(&set(&[rsa_jwk("old"), rsa_jwk("r")]), &token), Ok("u-17 alice".into()));
    // Without a `kid` there must be no choice.
    let nameless = rs256(&json!({ "alg": "RS256" }), &claims());
    assert!(verify(&set(&[rsa_jwk("r")]), &nameless).is_ok());
    assert_eq!(verify(&set(&[rsa_jwk("r"), ec_jwk("e", 7)]), &nameless), Err(NotTaken::UnknownKey));
}

#[test]
fn keys_that_are_for_something_else_or_too_weak_are_left_out() {
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
