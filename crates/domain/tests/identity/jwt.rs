//! Which JWTs are accepted and rejected.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use nokube_domain::jwt::{Audience, Claims, JwtError, Validation, sign, verify};
use serde_json::{Value, json};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef-secret";
const NOW: i64 = 1_800_000_100;

/// Created with openssl: base64url of header and claims, `openssl dgst -sha256 -hmac` over both.
const FOREIGN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.\
    eyJzdWIiOiJ0ZXN0dXNlciIsImlzcyI6Imh0dHBzOi8vaWQuZXhhbXBsZSIsImF1ZCI6WyJvdGhlciIsIm5va3ViZSJdLCJ\
    pYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDYwMCwic2NvcGUiOiJidWlsZHMifQ.\
    Ux_4jja13uSpenZBdSGhS7Mn2QME0Lcmm61Zh1-SHyg";

fn validation(now: i64) -> Validation<'static> {
    let (issuer, audience) = ("https://id.example", "nokube");
    Validation { issuer, audience, leeway: 30, now }
}

fn claims() -> Claims {
    Claims {
        iss: "https://id.example".into(),
        sub: "testuser".into(),
        aud: Audience::One("nokube".into()),
        exp: 1_800_000_600,
        nbf: None,
        iat: Some(1_800_000_000),
    }
}

/// Signs a token with any header and claims.
fn token(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn verify_claims(claims: &Value) -> Result<Claims, JwtError> {
    verify(&token(&json!({ "alg": "HS256" }), claims, SECRET), SECRET, &validation(NOW))
}

fn claims_with(changes: Value) -> Value {
    let mut claims = json!(claims());
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims
}

#[test]
fn a_signed_token_is_verified() {
    let token = sign(&claims(), SECRET).unwrap();
    assert_eq!(verify(&token, SECRET, &validation(NOW)), Ok(claims()));
}

#[test]
fn a_token_of_another_implementation_is_verified() {
    let claims = verify(FOREIGN, SECRET, &validation(NOW)).unwrap();
    assert_eq!(claims.sub, "testuser");
    assert_eq!(claims.aud, Audience::Many(vec!["other".into(), "nokube".into()]));
    assert_eq!(verify(FOREIGN, SECRET, &validation(1_800_000_700)), Err(JwtError::Expired));
}

#[test]
fn a_token_cannot_choose_its_algorithm() {
    let valid = json!(claims());
    for alg in ["none", "None", "", "hs256", "HS512", "RS256", "ES256"] {
        let token = token(&json!({ "alg": alg }), &valid, SECRET);
        assert_eq!(verify(&token, SECRET, &validation(NOW)), Err(JwtError::Invalid), "{alg}");
    }
    let headers = [
        json!({}),
        json!({ "alg": null }),
        json!({ "alg": ["HS256"] }),
        json!("HS256"),
        json!({ "alg": "HS256", "crit": [] }),
        json!({ "alg": "HS256", "crit": ["b64"], "b64": false }),
    ];
    for header in headers {
        let token = token(&header, &valid, SECRET);
        assert_eq!(verify(&token, SECRET, &validation(NOW)), Err(JwtError::Invalid), "{header}");
    }
    let unsigned = token(&json!({ "alg": "none" }), &valid, SECRET);
    let unsigned = unsigned.rsplit_once('.').unwrap().0;
    assert_eq!(verify(&format!("{unsigned}."), SECRET, &validation(NOW)), Err(JwtError::Invalid));
}

#[test]
fn tokens_signed_with_another_or_an_empty_secret_are_rejected() {
    let forged = sign(&claims(), b"another secret of some thirty bytes").unwrap();
    assert_eq!(verify(&forged, SECRET, &validation(NOW)), Err(JwtError::Invalid));
    let unsigned = sign(&claims(), b"").unwrap();
    assert_eq!(
        verify(&unsigned, b"", &validation(NOW)),
        Err(JwtError::Invalid),
        "the secret is not configured"
    );
}

#[test]
fn exp_nbf_and_iat_are_checked_to_the_second_with_leeway() {
    let (exp, leeway) = (claims().exp, 30);
    for (now, expected_result) in [
        (exp - 1, Ok(())),
        (exp + leeway - 1, Ok(())),
        (exp + leeway, Err(JwtError::Expired)),
        (i64::MAX, Err(JwtError::Expired)),
    ] {
        let result = verify(&sign(&claims(), SECRET).unwrap(), SECRET, &validation(now));
        assert_eq!(result.map(|_| ()), expected_result, "at {now}");
    }
    for (later, expected_result) in [
        (NOW + leeway, Ok(())),
        (NOW + leeway + 1, Err(JwtError::NotYetValid)),
        (i64::MAX, Err(JwtError::NotYetValid)),
    ] {
        for claim in ["nbf", "iat"] {
            let result = verify_claims(&claims_with(json!({ claim: later })));
            assert_eq!(result.map(|_| ()), expected_result, "{claim} {later}");
        }
    }
    assert_eq!(verify_claims(&claims_with(json!({ "exp": i64::MIN }))), Err(JwtError::Expired));
    assert!(verify(FOREIGN, SECRET, &validation(i64::MIN)).is_err(), "no overflow");
}

#[test]
fn tokens_of_another_issuer_or_audience_are_rejected() {
    let cases = [
        (json!({ "aud": "nokube" }), true),
        (json!({ "aud": ["nokube"] }), true),
        (json!({ "aud": ["a", "nokube"] }), true),
        (json!({ "aud": "nokube2" }), false),
        (json!({ "aud": "Nokube" }), false),
        (json!({ "aud": "" }), false),
        (json!({ "aud": [] }), false),
        (json!({ "aud": ["nokube "] }), false),
        (json!({ "iss": "https://id.example/" }), false),
        (json!({ "iss": "" }), false),
    ];
    for (changes, is_valid) in cases {
        let result = verify_claims(&claims_with(changes.clone())).map(|_| ());
        assert_eq!(
            result,
            if is_valid { Ok(()) } else { Err(JwtError::WrongIssuerOrAudience) },
            "{changes}"
        );
    }
}

#[test]
fn missing_and_malformed_claims_are_rejected() {
    for missing in ["iss", "sub", "aud", "exp"] {
        let mut claims = json!(claims());
        claims.as_object_mut().unwrap().remove(missing);
        assert_eq!(verify_claims(&claims), Err(JwtError::Invalid), "{missing}");
    }
    let invalid = [
        json!({ "exp": "1800000600" }),
        json!({ "exp": null }),
        json!({ "exp": 1e300 }),
        json!({ "sub": 1 }),
        json!({ "aud": { "nokube": true } }),
        json!({ "nbf": "soon" }),
    ];
    for changes in invalid {
        assert_eq!(
            verify_claims(&claims_with(changes.clone())),
            Err(JwtError::Invalid),
            "{changes}"
        );
    }
    assert_eq!(verify_claims(&json!([])), Err(JwtError::Invalid));
}

#[test]
fn every_modified_token_is_rejected() {
    let token = sign(&claims(), SECRET).unwrap();
    for end in 0..token.len() {
        assert!(verify(&token[..end], SECRET, &validation(NOW)).is_err(), "cut at {end}");
    }
    for position in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(verify(&changed, SECRET, &validation(NOW)).is_err(), "changed at {position}");
    }
    let (signed, mac) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    for invalid in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        format!(".{token}"),
        format!("{token}."),
        format!("{token}.{mac}"),
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{header}..{mac}"),
        format!("{header}.{payload}.{payload}.{mac}"),
        format!("{payload}.{header}.{mac}"),
        "é.é.é".into(),
        "a".repeat(100_000),
    ] {
        assert_eq!(verify(&invalid, SECRET, &validation(NOW)), Err(JwtError::Invalid));
    }
}

/// A forger must not learn how the claims are judged.
#[test]
fn the_signature_is_checked_before_the_claims() {
    let claims = claims_with(json!({ "exp": 1, "aud": "elsewhere" }));
    let forged = token(&json!({ "alg": "HS256" }), &claims, b"another");
    assert_eq!(verify(&forged, SECRET, &validation(NOW)), Err(JwtError::Invalid));
}
