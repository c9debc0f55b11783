//! Bearer tokens: what is accepted, and everything that is not.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used)]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use nokube_domain::jwt::{Audience, Claims, Expected, Refused, sign, verify};
use serde_json::{Value, json};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef-secret";
const NOW: i64 = 1_800_000_100;

/// Made by openssl: base64url of header and claims, `openssl dgst -sha256 -hmac` over both.
const FOREIGN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.\
    eyJzdWIiOiJ0ZXN0dXNlciIsImlzcyI6Imh0dHBzOi8vaWQuZXhhbXBsZSIsImF1ZCI6WyJvdGhlciIsIm5va3ViZSJdLCJ\
    pYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDYwMCwic2NvcGUiOiJidWlsZHMifQ.\
    Ux_4jja13uSpenZBdSGhS7Mn2QME0Lcmm61Zh1-SHyg";

fn expected(now: i64) -> Expected<'static> {
    let (issuer, audience) = ("https://id.example", "nokube");
    Expected { secret: SECRET, issuer, audience, leeway: 30, now }
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

/// A token with this header and these claims, its MAC made with `secret`.
fn token(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn said(claims: &Value) -> Result<Claims, Refused> {
    verify(&token(&json!({ "alg": "HS256" }), claims, SECRET), &expected(NOW))
}

fn claimed(more: Value) -> Value {
    let mut claims = json!(claims());
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

#[test]
fn what_was_signed_is_read_again() {
    let token = sign(&claims(), SECRET).unwrap();
    assert_eq!(verify(&token, &expected(NOW)), Ok(claims()));
}

#[test]
fn a_token_of_another_implementation_is_read() {
    let read = verify(FOREIGN, &expected(NOW)).unwrap();
    assert_eq!(read.sub, "testuser");
    assert_eq!(read.aud, Audience::Many(vec!["other".into(), "nokube".into()]));
    assert_eq!(verify(FOREIGN, &expected(1_800_000_700)), Err(Refused::Expired));
}

#[test]
fn the_algorithm_is_never_the_tokens_choice() {
    let good = json!(claims());
    for alg in ["none", "None", "", "hs256", "HS512", "RS256", "ES256"] {
        let token = token(&json!({ "alg": alg }), &good, SECRET);
        assert_eq!(verify(&token, &expected(NOW)), Err(Refused::NotOurs), "{alg}");
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
        let token = token(&header, &good, SECRET);
        assert_eq!(verify(&token, &expected(NOW)), Err(Refused::NotOurs), "{header}");
    }
    let unsigned = token(&json!({ "alg": "none" }), &good, SECRET);
    let unsigned = unsigned.rsplit_once('.').unwrap().0;
    assert_eq!(verify(&format!("{unsigned}."), &expected(NOW)), Err(Refused::NotOurs));
}

#[test]
fn another_key_signs_nothing_and_no_key_accepts_nothing() {
    let forged = sign(&claims(), b"another secret of some thirty bytes").unwrap();
    assert_eq!(verify(&forged, &expected(NOW)), Err(Refused::NotOurs));
    let keyless = sign(&claims(), b"").unwrap();
    let open = Expected { secret: b"", ..expected(NOW) };
    assert_eq!(verify(&keyless, &open), Err(Refused::NotOurs), "a setting that is missing");
}

#[test]
fn time_counts_to_the_second_with_the_leeway_on_our_side() {
    let (exp, leeway) = (claims().exp, 30);
    for (now, expected_result) in [
        (exp - 1, Ok(())),
        (exp + leeway - 1, Ok(())),
        (exp + leeway, Err(Refused::Expired)),
        (i64::MAX, Err(Refused::Expired)),
    ] {
        let result = verify(&sign(&claims(), SECRET).unwrap(), &expected(now));
        assert_eq!(result.map(|_| ()), expected_result, "at {now}");
    }
    for (later, expected_result) in [
        (NOW + leeway, Ok(())),
        (NOW + leeway + 1, Err(Refused::NotYet)),
        (i64::MAX, Err(Refused::NotYet)),
    ] {
        for claim in ["nbf", "iat"] {
            let result = said(&claimed(json!({ claim: later })));
            assert_eq!(result.map(|_| ()), expected_result, "{claim} {later}");
        }
    }
    assert_eq!(said(&claimed(json!({ "exp": i64::MIN }))), Err(Refused::Expired));
    assert!(verify(FOREIGN, &expected(i64::MIN)).is_err(), "and no overflow");
}

#[test]
fn a_token_for_somebody_else_is_not_for_us() {
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
    for (more, good) in cases {
        let result = said(&claimed(more.clone())).map(|_| ());
        assert_eq!(result, if good { Ok(()) } else { Err(Refused::Elsewhere) }, "{more}");
    }
}

#[test]
fn claims_that_are_missing_or_no_claims_are_refused() {
    for missing in ["iss", "sub", "aud", "exp"] {
        let mut claims = json!(claims());
        claims.as_object_mut().unwrap().remove(missing);
        assert_eq!(said(&claims), Err(Refused::NotOurs), "{missing}");
    }
    let odd = [
        json!({ "exp": "1800000600" }),
        json!({ "exp": null }),
        json!({ "exp": 1e300 }),
        json!({ "sub": 1 }),
        json!({ "aud": { "nokube": true } }),
        json!({ "nbf": "soon" }),
    ];
    for more in odd {
        assert_eq!(said(&claimed(more.clone())), Err(Refused::NotOurs), "{more}");
    }
    assert_eq!(said(&json!([])), Err(Refused::NotOurs));
}

#[test]
fn every_change_of_a_token_breaks_it() {
    let good = sign(&claims(), SECRET).unwrap();
    for end in 0..good.len() {
        assert!(verify(&good[..end], &expected(NOW)).is_err(), "cut at {end}");
    }
    for place in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(verify(&changed, &expected(NOW)).is_err(), "changed at {place}");
    }
    let (signed, mac) = good.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    for odd in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        format!(".{good}"),
        format!("{good}."),
        format!("{good}.{mac}"),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{header}..{mac}"),
        format!("{header}.{payload}.{payload}.{mac}"),
        format!("{payload}.{header}.{mac}"),
        "é.é.é".into(),
        "a".repeat(100_000),
    ] {
        assert_eq!(verify(&odd, &expected(NOW)), Err(Refused::NotOurs));
    }
}

/// Who cannot sign learns nothing of how we would judge the claims.
#[test]
fn the_signature_comes_first() {
    let claims = claimed(json!({ "exp": 1, "aud": "elsewhere" }));
    let forged = token(&json!({ "alg": "HS256" }), &claims, b"another");
    assert_eq!(verify(&forged, &expected(NOW)), Err(Refused::NotOurs));
}
