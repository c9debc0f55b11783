//! The authorization code of the command line: which requests are accepted, and which client gets the sign-in.

use crate::time;
use nokube_domain::{
    Timestamp,
    authorization::{AuthorizationRecord, AuthorizationRequest},
    fields::Fields,
    grant::{AuthorizationCodeGrant, TokenRequest},
    token::{AUTHORIZATION_CODE_PREFIX, OpaqueToken, REFRESH_TOKEN_PREFIX},
};
use serde_json::{Value, json};

const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn request() -> Value {
    json!({
        "client_id": "nokube-cli", "redirect_uri": REDIRECT_URI, "code_challenge": CHALLENGE,
        "code_challenge_method": "S256", "state": "af0ifjsldkj",
    })
}

/// The fields with an error.
fn faults(body: &Value) -> Vec<String> {
    let fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
    let problem = AuthorizationRequest::parse(fields).err();
    problem.into_iter().flat_map(|problem| problem.errors).map(|error| error.field).collect()
}

fn faults_with(field: &str, value: impl Into<Value>) -> Vec<String> {
    let mut body = request();
    body[field] = value.into();
    faults(&body)
}

#[test]
fn only_the_loopback_callback_is_a_redirect_uri() {
    for valid in [
        REDIRECT_URI,
        "http://[::1]:49152/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
    ] {
        assert_eq!(faults_with("redirect_uri", valid), [""; 0], "{valid}");
    }
    for invalid in [
        "",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:00080/callback",
        "http://127.0.0.1:080/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:99999999999999999999/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:-1/callback",
        "http://127.0.0.1: 80/callback",
        "http://127.0.0.1:８０/callback",
        "http://127.0.0.1:80/callback/",
        "http://127.0.0.1:80//callback",
        "http://127.0.0.1:80/Callback",
        "http://127.0.0.1:80/other/callback",
        "http://127.0.0.1:80/callback?next=/callback",
        "http://127.0.0.1:80/callback#/callback",
        "http://127.0.0.1:80/callback\n",
        " http://127.0.0.1:80/callback",
        "http://127.0.0.1:80@evil.test/callback",
        "http://alice@127.0.0.1:80/callback",
        "http://127.0.0.1:80@evil.test:80/callback",
        "http://evil.test/http://127.0.0.1:80/callback",
        "http://localhost:80/callback",
        "http://127.0.0.2:80/callback",
        "http://127.1:80/callback",
        "http://0.0.0.0:80/callback",
        "http://2130706433:80/callback",
        "http://127.0.0.1.evil.test:80/callback",
        "http://[::1]@evil.test:80/callback",
        "http://[0:0:0:0:0:0:0:1]:80/callback",
        "http://[::ffff:127.0.0.1]:80/callback",
        "http://::1:80/callback",
        "HTTP://127.0.0.1:80/callback",
        "https://127.0.0.1:80/callback",
        "javascript:alert(1)//http://127.0.0.1:80/callback",
        "nokube://127.0.0.1:80/callback",
    ] {
        assert_eq!(faults_with("redirect_uri", invalid), ["redirect_uri"], "{invalid}");
    }
}

#[test]
fn every_request_has_a_challenge_with_s256() {
    for field in ["client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state"] {
        let mut body = request();
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(faults(&body), [field], "missing");
        assert_eq!(faults_with(field, Value::Null), [field]);
        assert_eq!(faults_with(field, ""), [field]);
        assert_eq!(faults_with(field, 1), [field]);
        assert_eq!(faults_with(field, json!([REDIRECT_URI])), [field]);
    }
    for method in ["plain", "s256", "S256 ", "S512", "none"] {
        assert_eq!(faults_with("code_challenge_method", method), ["code_challenge_method"]);
    }
    let with_padding = format!("{CHALLENGE}=");
    let too_long = format!("{CHALLENGE}A");
    let too_short = CHALLENGE.get(1..).unwrap();
    // The last character has two bits more than the hash needs.
    let not_canonical = CHALLENGE.replace("-cM", "-cN");
    let in_base64 = CHALLENGE.replace('-', "+");
    for challenge in [&with_padding, &too_long, too_short, &not_canonical, &in_base64, VERIFIER] {
        let expected: &[&str] = if challenge == VERIFIER { &[] } else { &["code_challenge"] };
        assert_eq!(faults_with("code_challenge", challenge), expected, "{challenge}");
    }
    for client in ["nokube", "nokube-cli ", "NOKUBE-CLI", "other"] {
        assert_eq!(faults_with("client_id", client), ["client_id"]);
    }
    let unknown = faults_with("scope", "account");
    assert_eq!(unknown, ["scope"]);
}

#[test]
fn a_state_can_add_nothing_to_the_url_that_the_browser_opens() {
    let longest = "a".repeat(200);
    for valid in ["a", "A-z_0.9~", &longest] {
        assert_eq!(faults_with("state", valid), [""; 0], "{valid}");
    }
    let too_long = "a".repeat(201);
    for invalid in ["a&code=x", "a b", "a#", "a%26", "ä", "a\r\nx: y", "a=", "a/", "a+", &too_long]
    {
        assert_eq!(faults_with("state", invalid), ["state"], "{invalid}");
    }
    let fields = Fields::from_json(request().to_string().as_bytes()).unwrap();
    let Ok(request) = AuthorizationRequest::parse(fields) else { panic!("valid") };
    let code = OpaqueToken::from_random_bytes(AUTHORIZATION_CODE_PREFIX, &[7; 32]);
    let redirect_to = request.redirect_to(&code, "https://nokube.example.org:8443");
    let issuer = "https%3A%2F%2Fnokube.example.org%3A8443";
    let expected = format!("{REDIRECT_URI}?code={}&state=af0ifjsldkj&iss={issuer}", code.reveal());
    assert_eq!(redirect_to, expected);
    let escaped: String = url::Url::parse(&redirect_to).unwrap().into();
    assert_eq!(escaped, redirect_to, "nothing is escaped");
}

fn record(now: Timestamp) -> AuthorizationRecord {
    let fields = Fields::from_json(request().to_string().as_bytes()).unwrap();
    let Ok(request) = AuthorizationRequest::parse(fields) else { panic!("valid") };
    let sign_in = OpaqueToken::from_random_bytes(REFRESH_TOKEN_PREFIX, &[1; 32]);
    AuthorizationRecord::new(sign_in.hash(), request, now)
}

fn grant(redirect_uri: &str, verifier: &str) -> AuthorizationCodeGrant {
    let body = json!({
        "grant_type": "authorization_code", "code": "x", "client_id": "nokube-cli",
        "redirect_uri": redirect_uri, "code_verifier": verifier,
    });
    let fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
    match TokenRequest::parse(fields) {
        Ok(TokenRequest::AuthorizationCode(grant)) => grant,
        _ => panic!("an authorization code"),
    }
}

#[test]
fn a_code_is_valid_for_less_than_a_minute() {
    let start = time(1_800_000_000);
    let record = record(start);
    let grant = grant(REDIRECT_URI, VERIFIER);
    let after = |milliseconds: i64| {
        Timestamp::from_millisecond(start.as_millisecond() + milliseconds).unwrap()
    };
    assert!(record.accepts(&grant, start) && record.accepts(&grant, after(59_999)));
    assert!(!record.accepts(&grant, after(60_000)) && !record.accepts(&grant, after(86_400_000)));
}

#[test]
fn only_the_client_that_asked_for_a_code_can_use_it() {
    let now = time(1_800_000_000);
    let record = record(now);
    let accepts = |uri: &str, verifier: &str| record.accepts(&grant(uri, verifier), now);
    assert!(accepts(REDIRECT_URI, VERIFIER));
    for uri in ["", "http://127.0.0.1:49153/callback", "http://[::1]:49152/callback"] {
        assert!(!accepts(uri, VERIFIER), "{uri}");
    }
    let (padded, longer) = (format!("{VERIFIER}="), format!("{VERIFIER}A"));
    // Somebody who has only seen the URLs knows the challenge.
    for verifier in ["", CHALLENGE, &padded, &longer, &VERIFIER.to_lowercase(), " "] {
        assert!(!accepts(REDIRECT_URI, verifier), "{verifier}");
    }
}

/// RFC 7636, section 4.1: 43 to 128 unreserved characters.
#[test]
fn a_verifier_that_is_too_short_to_be_secret_is_not_accepted() {
    let now = time(1_800_000_000);
    let accepts = |verifier: &str| {
        let mut body = request();
        body["code_challenge"] = nokube_domain::session::pkce_challenge(verifier).into();
        let fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
        let Ok(request) = AuthorizationRequest::parse(fields) else { panic!("valid") };
        let sign_in = OpaqueToken::from_random_bytes(REFRESH_TOKEN_PREFIX, &[1; 32]).hash();
        let record = AuthorizationRecord::new(sign_in, request, now);
        record.accepts(&grant(REDIRECT_URI, verifier), now)
    };
    assert!(accepts(&"a".repeat(43)) && accepts(&"~".repeat(128)));
    assert!(!accepts(&"a".repeat(42)) && !accepts(&"a".repeat(129)));
    assert!(!accepts(&"a b".repeat(20)) && !accepts(&"ä".repeat(43)) && !accepts(""));
}
