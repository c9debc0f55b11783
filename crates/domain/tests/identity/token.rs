//! API tokens and refresh tokens.

use crate::time;
use nokube_domain::{
    fields::Fields,
    token::{API_TOKEN_PREFIX, ApiTokenRequest, OpaqueToken, REFRESH_TOKEN_PREFIX},
};
use serde_json::json;

#[test]
fn an_api_tokens_lifetime_is_limited() {
    let now = time(1_800_000_000);
    let in_days = |days: i64| time(now.as_second() + days * 86_400);
    let expiry = |max_days: i64, days: Option<i64>| {
        let body = json!({ "name": "ci", "scopes": ["read"], "expires_at": days.map(in_days) });
        let fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
        ApiTokenRequest::parse(fields, max_days, now).map(|token| token.expires_at)
    };
    for (max_days, requested, expected) in
        [(366, None, 90), (7, None, 7), (366, Some(366), 366), (7, Some(7), 7), (7, Some(1), 1)]
    {
        assert_eq!(expiry(max_days, requested), Ok(in_days(expected)));
    }
    for (max_days, requested) in [(366, 367), (7, 8), (7, -1)] {
        assert!(expiry(max_days, Some(requested)).is_err());
    }
}

#[test]
fn a_token_is_parsed_only_with_its_prefix_and_hidden_from_debug_output() {
    let token = OpaqueToken::from_random_bytes(API_TOKEN_PREFIX, &[7; 32]);
    let text = token.reveal().to_owned();
    assert_eq!(OpaqueToken::parse(API_TOKEN_PREFIX, &text).unwrap().hash(), token.hash());
    assert!(OpaqueToken::parse(REFRESH_TOKEN_PREFIX, &text).is_none());
    assert!(OpaqueToken::parse(API_TOKEN_PREFIX, &text.to_uppercase()).is_none());
    assert!(OpaqueToken::parse(API_TOKEN_PREFIX, &format!("{text}a")).is_none());
    assert!(!format!("{token:?}").contains(&text[4..]));
}
