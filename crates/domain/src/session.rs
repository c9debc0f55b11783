//! What the platform says of a signed-in person to itself: the session's cookie, the short-lived
//! bearer token, the state of a sign-in under way, and the record that renews a session.

use crate::{
    Person, Timestamp,
    access::AtGitHub,
    admission::Standing,
    jwt::{Refused, open, sign_any},
    name::Username,
    scope::Scopes,
};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// Seconds that a session's cookie and a bearer token of ours live.
pub const LIFE: i64 = 600;
/// Seconds that a sign-in may take.
pub const SIGN_IN: i64 = 600;
/// Seconds by which the clocks of our own machines may differ.
const LEEWAY: i64 = 5;

/// What a signed text of ours is for. One is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    Session,
    Bearer,
    SignIn,
    Operator,
}

/// Seconds that an operator's proof lives.
const OPERATOR: i64 = 60;

/// What an operator's proof says: that whoever sends it has the platform's secret.
#[derive(Serialize, Deserialize)]
struct Operator {}

/// A signed text: by whom, what for, until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sealed<T> {
    iss: String,
    aud: Use,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    says: T,
}

/// The keys of one platform: its address, the present secret and, during a rotation, the one before.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    pub issuer: &'a str,
    pub secret: &'a str,
    pub previous: &'a str,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub person: Person,
    pub login: Username,
    pub at_github: AtGitHub,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// What a short-lived bearer token of ours says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bearer {
    #[serde(flatten)]
    pub identity: Identity,
    /// What it is good for; all that a person may, unless less was asked for.
    #[serde(default = "Scopes::all")]
    pub scopes: Scopes,
}

/// A sign-in under way: it lies in the browser that began it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    pub state: String,
    /// Where the browser goes afterwards.
    pub to: String,
}

/// A sign-in, as it is kept: read when a session is renewed, and then only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    pub identity: Identity,
    pub began: Timestamp,
    pub ends: Timestamp,
}

impl Keys<'_> {
    /// # Errors
    /// Only if it cannot be written as JSON.
    pub fn seal(
        &self,
        aud: Use,
        says: &impl Serialize,
        now: i64,
        exp: i64,
    ) -> Result<String, Refused> {
        if self.secret.is_empty() {
            return Err(Refused::NotOurs);
        }
        let iss = self.issuer.to_owned();
        sign_any(&Sealed { iss, aud, iat: now, exp, says }, self.secret.as_bytes())
    }

    /// What a sealed text says, and when it ends.
    ///
    /// # Errors
    /// It is not ours, for something else, over, or from the future.
    pub fn unseal<T: DeserializeOwned>(
        &self,
        aud: Use,
        text: &str,
        now: i64,
    ) -> Result<(T, i64), Refused> {
        let (_, payload) = open(text, &[self.secret.as_bytes(), self.previous.as_bytes()])?;
        let sealed: Sealed<T> = serde_json::from_slice(&payload).map_err(|_| Refused::NotOurs)?;
        if sealed.iss != self.issuer || sealed.aud != aud {
            Err(Refused::Elsewhere)
        } else if sealed.exp <= now {
            Err(Refused::Expired)
        } else if sealed.iat > now.saturating_add(LEEWAY) {
            Err(Refused::NotYet)
        } else {
            Ok((sealed.says, sealed.exp))
        }
    }

    /// By what `make doctor` proves that it has the platform's settings, and so may be told what is wrong.
    ///
    /// # Errors
    /// There is no secret.
    pub fn operator(&self, now: i64) -> Result<String, Refused> {
        self.seal(Use::Operator, &Operator {}, now, now + OPERATOR)
    }

    /// Is this such a proof?
    pub fn is_operator(&self, text: &str, now: i64) -> bool {
        self.unseal::<Operator>(Use::Operator, text, now).is_ok()
    }

    /// The PKCE verifier that belongs to a sign-in's state (RFC 7636): derived, so it lies nowhere.
    /// With `previous`, by the secret before.
    pub fn verifier(&self, state: &str, previous: bool) -> String {
        let secret = if previous { self.previous } else { self.secret };
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
            return String::new();
        };
        let bytes = mac.chain_update(b"pkce ").chain_update(state.as_bytes()).finalize();
        data_encoding::BASE64URL_NOPAD.encode(&bytes.into_bytes())
    }

    /// Was this text sealed with the secret before?
    pub fn is_previous(&self, text: &str) -> bool {
        open(text, &[self.secret.as_bytes()]).is_err()
            && open(text, &[self.previous.as_bytes()]).is_ok()
    }
}

/// The challenge of a PKCE verifier (S256).
pub fn challenge(verifier: &str) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(verifier))
}

/// Are two texts the same? Takes as long for any two of the same length.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}
