//! The headers of a request that say who is calling, one a line, as `name: value`.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use nokube_domain::{
    audit::parse_client_address,
    jwt::{Jws, Validation, verify},
    origin::check_same_origin,
    session::{BearerToken, Identity, Purpose, SigningKeys},
    token::{API_TOKEN_PREFIX, OpaqueToken, REFRESH_TOKEN_PREFIX},
};
use nokube_edge::{
    auth::{bearer_token, cookie_value},
    conditional::client_has,
    telemetry::trace_context,
};

const NOW: i64 = 1_764_000_000;
const KEYS: SigningKeys = SigningKeys {
    issuer: "https://nokube.example.org",
    secret: "a secret of at least 32 characters",
    previous_secret: "another secret of 32 characters",
};

fuzz_target!(|input: &[u8]| {
    let headers = headers(input);
    if let Some(token) = bearer_token(&headers) {
        check_token(token);
    }
    for name in ["nokube_session", "__Host-nokube_session", "nokube_renewal", "nokube_sign_in"] {
        if let Some(value) = cookie_value(&headers, name) {
            assert!(!value.is_empty() && !value.contains(';'), "{value:?}");
            check_token(value);
        }
    }
    client_has(&headers, "\"0123456789abcdef\"");
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (origin, site) = (header("origin"), header("sec-fetch-site"));
    if check_same_origin(origin, site, KEYS.issuer).is_ok() {
        assert!(origin.is_none_or(|origin| origin == KEYS.issuer), "{origin:?}");
        assert!(origin.is_some() || site == Some("same-origin"), "{site:?}");
    }
    if let Some(text) = header("x-forwarded-for") {
        parse_client_address(text);
    }
    if let Some(text) = header("x-request-id") {
        trace_context::parse_request_id(text);
    }
});

/// Nobody has signed the token, so it identifies nobody.
fn check_token(text: &str) {
    let _ = Jws::decode(text);
    assert!(KEYS.verify::<Identity>(Purpose::Session, text, NOW).is_err(), "{text}");
    assert!(KEYS.verify::<BearerToken>(Purpose::Bearer, text, NOW).is_err(), "{text}");
    let validation = Validation { issuer: "nokube", audience: "nokube", leeway: 60, now: NOW };
    assert!(verify(text, KEYS.secret.as_bytes(), &validation).is_err(), "{text}");
    for prefix in [API_TOKEN_PREFIX, REFRESH_TOKEN_PREFIX] {
        if let Some(token) = OpaqueToken::parse(prefix, text) {
            assert_eq!(token.reveal(), text);
        }
    }
}

fn headers(input: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in input.split(|byte| *byte == b'\n').take(50) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (line.get(..colon), line.get(colon + 1..).map(<[u8]>::trim_ascii));
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.unwrap_or_default()),
            HeaderValue::from_bytes(value.unwrap_or_default()),
        ) {
            headers.append(name, value);
        }
    }
    headers
}
