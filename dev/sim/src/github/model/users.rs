//! Users: their ids, OAuth codes, device codes, access tokens and memberships. Every valid login
//! exists.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::hash;

/// An OAuth authorization code. It can be exchanged once.
#[derive(Debug, Clone)]
struct AuthorizationCode {
    login: String,
    redirect_uri: String,
    /// PKCE: the S256 hash of the verifier.
    code_challenge: Option<String>,
}

/// A sign-in with GitHub's device flow.
#[derive(Debug, Clone)]
struct DeviceSignIn {
    user_code: String,
    /// Set when the user has entered the code.
    login: Option<String>,
}

#[derive(Debug, Default)]
pub struct Users {
    codes: BTreeMap<String, AuthorizationCode>,
    /// By device code.
    devices: BTreeMap<String, DeviceSignIn>,
    /// Login by token.
    tokens: BTreeMap<String, String>,
    /// Pairs of an organisation or `organisation/team` and a login, in lower case.
    members: BTreeSet<(String, String)>,
    /// How often a login was reassigned to another account.
    reassignments: BTreeMap<String, u32>,
}

/// Every user is a member of this organisation.
const EVERYBODY_ORGANISATION: &str = "everybody-org";

/// The `error` of a response of GitHub's OAuth endpoints.
pub type OAuthError = &'static str;

impl Users {
    /// The id of the account that has this login now.
    pub fn id_of(&self, login: &str) -> u64 {
        let login = login.to_ascii_lowercase();
        match self.reassignments.get(&login) {
            None => hash::id_from_name(1_000_000, &login),
            Some(times) => hash::id_from_name(1_000_000, &format!("{login}#{times}")),
        }
    }

    /// From now on the login belongs to another account, with another id.
    pub fn reassign_login(&mut self, login: &str) {
        *self.reassignments.entry(login.to_ascii_lowercase()).or_default() += 1;
    }

    /// `of` is an organisation or a team (`organisation/team`).
    pub fn add_member(&mut self, of: &str, login: &str) {
        self.members.insert((of.to_ascii_lowercase(), login.to_ascii_lowercase()));
    }

    pub fn is_member(&self, of: &str, login: &str) -> bool {
        of.eq_ignore_ascii_case(EVERYBODY_ORGANISATION)
            || self.members.contains(&(of.to_ascii_lowercase(), login.to_ascii_lowercase()))
    }

    /// Issues an authorization code.
    pub fn issue_code(
        &mut self,
        login: &str,
        redirect_uri: &str,
        code_challenge: Option<String>,
    ) -> String {
        let code = hash::random().chars().take(20).collect::<String>();
        let details = AuthorizationCode {
            login: login.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            code_challenge,
        };
        self.codes.insert(code.clone(), details);
        code
    }

    /// Exchanges an authorization code for a user access token.
    ///
    /// # Errors
    /// If the code is unknown, or was issued for another redirect URI or PKCE verifier.
    pub fn exchange_code(
        &mut self,
        code: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
    ) -> Result<String, OAuthError> {
        let found = self.codes.remove(code).ok_or("bad_verification_code")?;
        if redirect_uri.is_some_and(|uri| uri != found.redirect_uri) {
            return Err("redirect_uri_mismatch");
        }
        if let Some(challenge) = found.code_challenge {
            let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.unwrap_or_default()));
            if hash != challenge {
                return Err("bad_verification_code");
            }
        }
        Ok(self.issue_token(found.login))
    }

    /// Starts a sign-in with the device flow. Returns the device code and the user code.
    pub fn start_device_flow(&mut self) -> (String, String) {
        let device_code = hash::random().chars().take(40).collect::<String>();
        let random = hash::random().to_uppercase();
        let part = |from, to| random.get(from..to).unwrap_or_default();
        let user_code = format!("{}-{}", part(0, 4), part(4, 8));
        let device = DeviceSignIn { user_code: user_code.clone(), login: None };
        self.devices.insert(device_code.clone(), device);
        (device_code, user_code)
    }

    /// Records that the user has entered the user code. Returns false if the code is unknown.
    pub fn approve_device(&mut self, user_code: &str, login: &str) -> bool {
        let found = self.devices.values_mut().find(|device| device.user_code == user_code);
        found.map(|device| device.login = Some(login.to_owned())).is_some()
    }

    /// Exchanges a device code for a user access token.
    ///
    /// # Errors
    /// If the user has not entered the user code yet, or the device code is unknown.
    pub fn exchange_device_code(&mut self, device_code: &str) -> Result<String, OAuthError> {
        let device = self.devices.get(device_code).ok_or("incorrect_device_code")?;
        let login = device.login.clone().ok_or("authorization_pending")?;
        self.devices.remove(device_code);
        Ok(self.issue_token(login))
    }

    fn issue_token(&mut self, login: String) -> String {
        let token = format!("ghu_{}", hash::random());
        self.tokens.insert(token.clone(), login);
        token
    }

    /// The logins of all who have signed in.
    pub fn signed_in(&self) -> impl Iterator<Item = &String> {
        self.tokens.values()
    }

    pub fn login_of_token(&self, token: &str) -> Option<String> {
        self.tokens.get(token).cloned()
    }
}
