//! People who sign in: their numbers, codes and tokens, and what they are members of. Any login exists.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::ids;

/// A code that the browser carries back, good for one exchange.
#[derive(Debug, Clone)]
struct Code {
    login: String,
    redirect_uri: String,
    challenge: Option<String>,
    ends: Timestamp,
}

/// A device that waits for its user.
#[derive(Debug, Clone)]
struct Device {
    user_code: String,
    login: Option<String>,
    ends: Timestamp,
}

#[derive(Debug)]
pub struct People {
    seed: [u8; 32],
    issued: u64,
    codes: BTreeMap<String, Code>,
    devices: BTreeMap<String, Device>,
    tokens: BTreeMap<String, (String, Timestamp)>,
    members: BTreeSet<(String, String)>,
    /// How often a login has gone to somebody else.
    hands: BTreeMap<String, u32>,
}

/// The organisation that everybody belongs to.
const EVERYBODY: &str = "everybody-org";

/// Why there is no token, in GitHub's words.
pub type Refused = &'static str;

impl People {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            issued: 0,
            codes: BTreeMap::new(),
            devices: BTreeMap::new(),
            tokens: BTreeMap::new(),
            members: BTreeSet::new(),
            hands: BTreeMap::new(),
        }
    }

    fn random(&mut self, what: &str) -> String {
        self.issued += 1;
        ids::sha256([&self.seed, format!("{what}{}", self.issued).as_bytes()].concat())
    }

    /// The number of the account that a login belongs to now.
    #[must_use]
    pub fn number(&self, login: &str) -> u64 {
        let login = login.to_ascii_lowercase();
        match self.hands.get(&login) {
            None => ids::number(1_000_000, &login),
            Some(times) => ids::number(1_000_000, &format!("{login}#{times}")),
        }
    }

    pub fn change_hands(&mut self, login: &str) {
        *self.hands.entry(login.to_ascii_lowercase()).or_default() += 1;
    }

    pub fn add_member(&mut self, of: &str, login: &str) {
        self.members.insert((of.to_ascii_lowercase(), login.to_ascii_lowercase()));
    }

    pub fn remove_member(&mut self, of: &str, login: &str) {
        self.members.remove(&(of.to_ascii_lowercase(), login.to_ascii_lowercase()));
    }

    #[must_use]
    pub fn is_member(&self, of: &str, login: &str) -> bool {
        of.eq_ignore_ascii_case(EVERYBODY)
            || self.members.contains(&(of.to_ascii_lowercase(), login.to_ascii_lowercase()))
    }

    /// The code that a browser is sent back with; it lives ten minutes.
    pub fn authorize(
        &mut self,
        login: &str,
        redirect_uri: &str,
        challenge: Option<String>,
        now: Timestamp,
    ) -> String {
        let code = self.random("code").chars().take(20).collect::<String>();
        let (login, redirect_uri) = (login.to_owned(), redirect_uri.to_owned());
        self.codes
            .insert(code.clone(), Code { login, redirect_uri, challenge, ends: later(now, 600) });
        code
    }

    /// A user's token for a code, once.
    ///
    /// # Errors
    /// The code is not known, over, or was given for another address or verifier.
    pub fn exchange(
        &mut self,
        code: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
        now: Timestamp,
    ) -> Result<String, Refused> {
        let known = self.codes.remove(code).filter(|known| known.ends > now);
        let known = known.ok_or("bad_verification_code")?;
        if redirect_uri.is_some_and(|uri| uri != known.redirect_uri) {
            return Err("redirect_uri_mismatch");
        }
        if let Some(challenge) = known.challenge {
            let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.unwrap_or_default()));
            if hash != challenge {
                return Err("bad_verification_code");
            }
        }
        Ok(self.token(known.login, now))
    }

    /// Device code and user code of a device that wants to sign in.
    pub fn device(&mut self, now: Timestamp) -> (String, String) {
        let device_code = self.random("device").chars().take(40).collect::<String>();
        let code = self.random("user").to_uppercase();
        let part = |from, to| code.get(from..to).unwrap_or_default();
        let user_code = format!("{}-{}", part(0, 4), part(4, 8));
        let device = Device { user_code: user_code.clone(), login: None, ends: later(now, 900) };
        self.devices.insert(device_code.clone(), device);
        (device_code, user_code)
    }

    /// Somebody enters a device's code. False for one that is not known.
    pub fn approve(&mut self, user_code: &str, login: &str) -> bool {
        let found = self.devices.values_mut().find(|device| device.user_code == user_code);
        found.map(|device| device.login = Some(login.to_owned())).is_some()
    }

    /// A user's token for a device, once its user has entered the code.
    ///
    /// # Errors
    /// They have not, or the code is not known or over.
    pub fn device_token(&mut self, device_code: &str, now: Timestamp) -> Result<String, Refused> {
        let device = self.devices.get(device_code).ok_or("incorrect_device_code")?.clone();
        if device.ends <= now {
            return Err("expired_token");
        }
        let login = device.login.ok_or("authorization_pending")?;
        self.devices.remove(device_code);
        Ok(self.token(login, now))
    }

    fn token(&mut self, login: String, now: Timestamp) -> String {
        let token = format!("ghu_{}", self.random("token"));
        self.tokens.insert(token.clone(), (login, later(now, 8 * 3_600)));
        token
    }

    /// Whose token it is.
    #[must_use]
    pub fn of_token(&self, token: &str, now: Timestamp) -> Option<String> {
        self.tokens.get(token).filter(|(_, ends)| *ends > now).map(|(login, _)| login.clone())
    }
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}
