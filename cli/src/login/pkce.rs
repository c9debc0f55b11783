//! The secrets of one sign-in in a browser (RFC 7636).

use crate::{Error, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A random text of 43 characters, which is sent in an address or a form as it is.
fn random_text() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::failed(error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

pub struct Pkce {
    /// Only this program knows it. It proves that who redeems the code has asked for it.
    pub verifier: String,
    /// Comes back with the code, so that no other page can have this program redeem a code.
    pub state: String,
}

impl Pkce {
    pub fn new() -> Result<Self> {
        Ok(Self { verifier: random_text()?, state: random_text()? })
    }

    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let pkce = Pkce { verifier, state: String::new() };
        assert_eq!(pkce.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn secrets_are_never_the_same() {
        let (one, other) = (Pkce::new().unwrap(), Pkce::new().unwrap());
        assert_eq!([one.verifier.len(), one.state.len()], [43, 43]);
        assert_ne!(one.verifier, other.verifier);
        assert_ne!(one.state, one.verifier);
    }
}
