//! Sessions: the JWTs that the platform issues to itself (session cookie, short-lived bearer token, state
//! of a pending sign-in) and the stored record from which a session is renewed.

use crate::{
    Person, Timestamp,
    access::GitHubIdentity,
    allowlist::GitHubMembership,
    jwt::{JwtError, sign, verify_signature},
    name::Login,
    scope::Scopes,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// Lifetime of session cookies and of the platform's bearer tokens, in seconds.
pub const SESSION_LIFETIME: i64 = 600;
/// How long a sign-in may take, in seconds.
pub const SIGN_IN_TIMEOUT: i64 = 600;
/// Tolerated clock difference between the platform's machines, in seconds.
const LEEWAY: i64 = 5;

/// The audience of a JWT that the platform issues to itself. A token of one purpose is never accepted for
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    Session,
    Bearer,
    SignIn,
    Operator,
}

/// Lifetime of an operator proof, in seconds.
const OPERATOR_PROOF_LIFETIME: i64 = 60;

/// The empty content of an operator proof: the signature alone proves knowledge of the platform's secret.
#[derive(Serialize, Deserialize)]
struct Operator {}

/// A JWT payload: the claims that the platform checks, and the content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Signed<T> {
    iss: String,
    aud: Purpose,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    content: T,
}

/// The issuer (the platform's URL), the current secret and, during a rotation, the previous one; empty
/// secrets are unset.
#[derive(Clone, Copy)]
pub struct SigningKeys<'a> {
    pub issuer: &'a str,
    pub secret: &'a str,
    pub previous_secret: &'a str,
}

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub person: Person,
    pub login: Login,
    #[serde(rename = "at_github")]
    pub github_identity: GitHubIdentity,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "standing")]
    pub github_membership: Option<GitHubMembership>,
}

/// The content of a short-lived bearer token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BearerToken {
    #[serde(flatten)]
    pub identity: Identity,
    /// All scopes, unless the client requested fewer.
    #[serde(default = "Scopes::all")]
    pub scopes: Scopes,
}

/// A sign-in in progress. It is stored in a cookie of the browser that started it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSignIn {
    pub state: String,
    /// The path to redirect to afterwards.
    #[serde(rename = "to")]
    pub return_to: String,
}

/// The stored record of a sign-in. It is read only when a session is renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInRecord {
    pub identity: Identity,
    #[serde(rename = "began")]
    pub signed_in_at: Timestamp,
    #[serde(rename = "ends")]
    pub expires_at: Timestamp,
}

impl SigningKeys<'_> {
    /// Signs a JWT. `now` and `exp` are Unix times in seconds.
    ///
    /// # Errors
    /// There is no secret, or the content cannot be serialized.
    pub fn sign(
        &self,
        aud: Purpose,
        content: &impl Serialize,
        now: i64,
        exp: i64,
    ) -> Result<String, JwtError> {
        if self.secret.is_empty() {
            return Err(JwtError::Invalid);
        }
        let iss = self.issuer.to_owned();
        sign(&Signed { iss, aud, iat: now, exp, content }, self.secret.as_bytes())
    }

    /// Verifies a JWT. Returns its content and its expiry (Unix time in seconds).
    ///
    /// # Errors
    /// The platform did not sign it, it is for another purpose, expired, or issued in the future.
    pub fn verify<T: DeserializeOwned>(
        &self,
        aud: Purpose,
        text: &str,
        now: i64,
    ) -> Result<(T, i64), JwtError> {
        let (_, payload) = verify_signature(text, &self.secrets())?;
        let token: Signed<T> = serde_json::from_slice(&payload).map_err(|_| JwtError::Invalid)?;
        if token.iss != self.issuer || token.aud != aud {
            Err(JwtError::WrongIssuerOrAudience)
        } else if token.exp <= now {
            Err(JwtError::Expired)
        } else if token.iat > now.saturating_add(LEEWAY) {
            Err(JwtError::NotYetValid)
        } else {
            Ok((token.content, token.exp))
        }
    }

    /// Signs the proof by which `nokube doctor --operator` shows that it has the platform's secret, so that health
    /// responses include details.
    ///
    /// # Errors
    /// There is no secret.
    pub fn sign_operator_proof(&self, now: i64) -> Result<String, JwtError> {
        self.sign(Purpose::Operator, &Operator {}, now, now + OPERATOR_PROOF_LIFETIME)
    }

    /// Whether `text` is a valid operator proof.
    pub fn is_valid_operator_proof(&self, text: &str, now: i64) -> bool {
        self.verify::<Operator>(Purpose::Operator, text, now).is_ok()
    }

    /// The secret that `token` was signed with, if it is the previous one; else the current one.
    pub fn secret_of(&self, token: &str) -> &str {
        match verify_signature(token, &self.secrets()) {
            Ok((1, _)) => self.previous_secret,
            _ => self.secret,
        }
    }

    /// The current secret and the previous one.
    fn secrets(&self) -> [&[u8]; 2] {
        [self.secret.as_bytes(), self.previous_secret.as_bytes()]
    }
}

/// The PKCE verifier (RFC 7636) for a sign-in's state. It is derived from the secret, so it need not be
/// stored.
pub fn pkce_verifier(secret: &str, state: &str) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    let bytes = mac.chain_update(b"pkce ").chain_update(state.as_bytes()).finalize();
    URL_SAFE_NO_PAD.encode(bytes.into_bytes())
}

/// The PKCE code challenge for a verifier (method S256).
pub fn pkce_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}
