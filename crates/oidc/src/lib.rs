//! Verifies tokens of an OIDC issuer that publishes its keys (RFC 7515, 7517, 7518): RS256 and ES256.
//!
//! Only the component `auth` depends on this crate. The algorithm is a property of the *key*: a token that
//! names another algorithm is rejected, so a public key is never used as an HMAC secret.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use nokube_domain::jwt::{Claims, Jws, JwtError, Validation};
use p256::ecdsa::{self, signature::Verifier as _};
use rsa::{BoxedUint, PublicKey, pkcs1v15, sha2::Sha256, traits::PublicKeyParts};
use serde::Deserialize;
use serde_json::Value;

/// The accepted sizes of RSA keys in bits. The minimum is that of NIST SP 800-131A; the maximum limits the
/// time of a verification.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2_048..=8_192;

/// The keys that an issuer publishes, as far as they can be used here.
pub struct KeySet(Vec<Key>);

struct Key {
    id: Option<String>,
    public_key: VerifyingKey,
}

enum VerifyingKey {
    Rs256(Box<pkcs1v15::VerifyingKey<Sha256>>),
    Es256(Box<ecdsa::VerifyingKey>),
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// Why a token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyError {
    /// No key in the set has the token's `kid`. The issuer may have published new keys since.
    UnknownKey,
    Jwt(JwtError),
}

impl From<JwtError> for VerifyError {
    fn from(error: JwtError) -> Self {
        Self::Jwt(error)
    }
}

impl KeySet {
    /// Parses a JWKS document. Keys for other uses or of other kinds are left out.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let set: Value = serde_json::from_slice(json).ok()?;
        let keys =
            set.get("keys")?.as_array()?.iter().filter_map(|key| RawKey::deserialize(key).ok());
        Some(Self(keys.filter_map(parse_key).collect()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Verifies a token. Returns its claims and the string in the claim `login_claim`, if there is one.
    ///
    /// # Errors
    /// As [`VerifyError`]. The signature is checked before the claims.
    pub fn verify(
        &self,
        token: &str,
        validation: &Validation<'_>,
        login_claim: &str,
    ) -> Result<(Claims, Option<String>), VerifyError> {
        let token = Jws::decode(token)?;
        if !matches!(token.alg.as_str(), "RS256" | "ES256") {
            return Err(JwtError::Invalid.into());
        }
        let key = match (&token.key_id, self.0.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_ref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        if !key.ok_or(VerifyError::UnknownKey)?.public_key.verifies(&token) {
            return Err(JwtError::Invalid.into());
        }
        let claims = Claims::parse(&token.payload, validation)?;
        let all: Value = serde_json::from_slice(&token.payload).map_err(|_| JwtError::Invalid)?;
        let login = all.get(login_claim).and_then(Value::as_str).map(str::to_owned);
        Ok((claims, login))
    }
}

impl VerifyingKey {
    fn verifies(&self, token: &Jws<'_>) -> bool {
        let (signed, signature) = (token.signed.as_bytes(), token.signature.as_slice());
        match (self, token.alg.as_str()) {
            (Self::Rs256(key), "RS256") => pkcs1v15::Signature::try_from(signature)
                .is_ok_and(|signature| key.verify(signed, &signature).is_ok()),
            // The two numbers concatenated, not DER (RFC 7518, section 3.4).
            (Self::Es256(key), "ES256") => ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(signed, &signature).is_ok()),
            _ => false,
        }
    }
}

/// `None` for a key that cannot be used here.
fn parse_key(raw: RawKey) -> Option<Key> {
    if raw.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
    let alg = raw.alg.as_deref();
    let public_key = match raw.kty.as_str() {
        "RSA" if alg.is_none_or(|alg| alg == "RS256") => {
            let n = BoxedUint::from_be_slice_vartime(&bytes(&raw.n)?);
            let e = BoxedUint::from_be_slice_vartime(&bytes(&raw.e)?);
            let key = PublicKey::new(n, e).ok()?;
            if !RSA_BITS.contains(&key.n().bit_width_vartime()) {
                return None;
            }
            VerifyingKey::Rs256(Box::new(pkcs1v15::VerifyingKey::new(key)))
        }
        "EC" if alg.is_none_or(|alg| alg == "ES256") && raw.crv.as_deref() == Some("P-256") => {
            let (x, y) = (bytes(&raw.x)?, bytes(&raw.y)?);
            if x.len() != 32 || y.len() != 32 {
                return None;
            }
            let point = [&[4][..], &x, &y].concat();
            VerifyingKey::Es256(Box::new(ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?))
        }
        _ => return None,
    };
    Some(Key { id: raw.kid, public_key })
}
