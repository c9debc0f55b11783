//! The sign-in of the command line with the browser: OAuth's authorization code for native apps (RFC 8252), with PKCE
//! (RFC 7636).

#[cfg(feature = "schema")]
use crate::schema::string;
use crate::{
    Timestamp, UnknownFields,
    field_types::text_fields,
    fields::Fields,
    grant::AuthorizationCodeGrant,
    problem::Problem,
    request,
    session::pkce_challenge,
    text::{InvalidText, checked_text},
    token::{OpaqueToken, TokenHash},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use url::form_urlencoded::byte_serialize;

/// The only client that people can sign in. It is public: it has no secret.
pub const CLIENT_ID: &str = "nokube-cli";

/// Lifetime of an authorization code, in seconds.
pub const CODE_LIFETIME: i64 = 60;

/// The redirect URIs that there are, without the port. No name is among them: `localhost` may be another host.
const LOOPBACK: [&str; 2] = ["http://127.0.0.1:", "http://[::1]:"];
const CALLBACK: &str = "/callback";

request! {
    /// A person's consent to sign in the command line (RFC 6749, section 4.1.1; RFC 7636, section 4.3).
    pub struct NewAuthorization {
        #[schema(pattern = format!("^{CLIENT_ID}$"))]
        client_id: ClientId, required;
        /// Where the command line waits for the code.
        #[schema(pattern = r"^http://(127\.0\.0\.1|\[::1\]):[1-9][0-9]{0,4}/callback$")]
        redirect_uri: RedirectUri, required;
        /// The SHA-256 hash of the code verifier, in base64url without padding.
        #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
        code_challenge: CodeChallenge, required;
        #[schema(pattern = "^S256$")]
        code_challenge_method: ChallengeMethod, required;
        /// Returned to the command line with the code.
        #[schema(pattern = "^[A-Za-z0-9._~-]{1,200}$")]
        state: ClientState, required;
    }
}

/// [`CLIENT_ID`].
pub struct ClientId;

/// `S256`. With `plain`, a challenge that somebody has seen would be the verifier.
pub struct ChallengeMethod;

checked_text!(
    /// The callback of a command line, at a port of its own machine. Nothing is normalized: another spelling of the same
    /// URI is another URI.
    RedirectUri,
    |text: &str| {
        let port = LOOPBACK.iter().find_map(|prefix| text.strip_prefix(prefix));
        let port = port.and_then(|rest| rest.strip_suffix(CALLBACK));
        match port.is_some_and(is_port) {
            true => Ok(text.to_owned()),
            false => Err(InvalidText(
                "must be http://127.0.0.1:PORT/callback or http://[::1]:PORT/callback",
            )),
        }
    }
);

/// A port from 1 to 65535 as it is written: digits only, and no zero at the beginning.
fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
        && !text.starts_with('0')
        && text.parse::<u16>().is_ok()
}

checked_text!(
    /// A code challenge with the method `S256`: 32 bytes in base64url without padding.
    CodeChallenge,
    |text: &str| {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(hash) if hash.len() == 32 => Ok(text.to_owned()),
            _ => Err(InvalidText("must be a SHA-256 hash in base64url, which has 43 characters")),
        }
    }
);

checked_text!(
    /// The `state` of the command line. It needs no escaping in a URL.
    ClientState,
    |text: &str| {
        match is_unreserved(text, 1..=200) {
            true => Ok(text.to_owned()),
            false => {
                Err(InvalidText("must have 1 to 200 letters, digits, hyphens, dots, _ and ~"))
            }
        }
    }
);

text_fields! {
    ClientId, |text| exactly(text, CLIENT_ID, Self, "must be nokube-cli"), string;
    ChallengeMethod, |text| exactly(text, "S256", Self, "must be S256"), string;
    RedirectUri, str::parse, string;
    CodeChallenge, str::parse, string;
    ClientState, str::parse, string;
}

fn exactly<T>(text: &str, expected: &str, value: T, error: &'static str) -> Result<T, InvalidText> {
    if text == expected { Ok(value) } else { Err(InvalidText(error)) }
}

/// Whether a text has so many characters, all of them unreserved in URLs (RFC 3986, section 2.3).
fn is_unreserved(text: &str, length: RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

/// A validated [`NewAuthorization`].
pub struct AuthorizationRequest {
    pub redirect_uri: RedirectUri,
    pub code_challenge: CodeChallenge,
    pub state: ClientState,
}

impl AuthorizationRequest {
    /// # Errors
    /// All invalid fields at once.
    pub fn parse(mut fields: Fields) -> Result<Self, Problem> {
        let new = NewAuthorization::read(&mut fields);
        let request = new.redirect_uri.zip(new.code_challenge).zip(new.state);
        fields.finish(request.map(|((redirect_uri, code_challenge), state)| Self {
            redirect_uri,
            code_challenge,
            state,
        }))
    }

    /// Where the browser brings the code to the command line. Neither code nor state needs escaping. `issuer` is the
    /// platform's own origin: the command line sends the code nowhere else (RFC 9207).
    pub fn redirect_to(&self, code: &OpaqueToken, issuer: &str) -> String {
        let issuer: String = byte_serialize(issuer.as_bytes()).collect();
        format!("{}?code={}&state={}&iss={issuer}", self.redirect_uri, code.reveal(), self.state)
    }
}

/// The stored record of an authorization code, under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRecord {
    /// The hash of the refresh token of the browser's sign-in. The code is worth nothing after that sign-in has ended.
    pub sign_in: TokenHash,
    pub redirect_uri: RedirectUri,
    pub code_challenge: CodeChallenge,
    /// The code is not valid at this time any more.
    pub expires_at: Timestamp,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl AuthorizationRecord {
    pub fn new(sign_in: TokenHash, request: AuthorizationRequest, now: Timestamp) -> Self {
        let expires_at = now.checked_add(SignedDuration::from_secs(CODE_LIFETIME));
        Self {
            sign_in,
            redirect_uri: request.redirect_uri,
            code_challenge: request.code_challenge,
            expires_at: expires_at.unwrap_or(now),
            unknown_fields: UnknownFields::default(),
        }
    }

    /// Whether the client that sends `grant` is the one that asked for the code, and is in time.
    pub fn accepts(&self, grant: &AuthorizationCodeGrant, now: Timestamp) -> bool {
        let redirect_uri = grant.redirect_uri.as_deref().unwrap_or_default();
        let verifier = grant.code_verifier.as_deref().unwrap_or_default();
        now < self.expires_at
            && redirect_uri == self.redirect_uri.as_str()
            && is_unreserved(verifier, 43..=128)
            && pkce_challenge(verifier) == self.code_challenge.as_str()
    }
}
