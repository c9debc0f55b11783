//! Sign-in with GitHub: the web flow with PKCE, the device flow, and the user's account and memberships.
//!
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app>

use crate::{Request, Response, USER_AGENT, bearer, lenient, retry::rate_limit_wait};
use http::header;
use serde::{Deserialize, de::DeserializeOwned};
use url::{Url, form_urlencoded::Serializer};

/// The platform's registration at GitHub for sign-in.
#[derive(Clone)]
pub struct OAuth {
    /// The origin of the sign-in pages: `https://github.com`.
    pub web: Url,
    /// The API's base URL, without a slash at the end.
    pub api: String,
    pub client_id: String,
    pub client_secret: String,
}

/// A token of the user, used only during the sign-in.
#[derive(Deserialize)]
pub struct UserToken {
    pub access_token: String,
}

/// An OAuth error; GitHub sends it with status 200.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OAuthError {
    pub error: String,
    #[serde(default, deserialize_with = "lenient::count")]
    pub interval: Option<u32>,
}

/// A GitHub account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    pub id: u64,
    pub login: String,
}

impl OAuth {
    /// The URL at which the browser signs in. `read:org` is for OAuth apps; a GitHub App has its own permissions.
    pub fn authorize_url(
        &self,
        redirect_uri: &str,
        state: &str,
        challenge: &str,
        login: Option<&str>,
    ) -> String {
        let mut url = self.web.clone();
        url.set_path("/login/oauth/authorize");
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", state)
            .append_pair("scope", "read:org")
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256");
        if let Some(login) = login {
            url.query_pairs_mut().append_pair("login", login);
        }
        url.into()
    }

    pub fn exchange_code(&self, code: &str, redirect_uri: &str, verifier: &str) -> Request {
        let form = [
            ("client_id", self.client_id.as_str()),
            ("client_secret", &self.client_secret),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        self.post("/login/oauth/access_token", &form)
    }

    pub fn request_device_code(&self) -> Request {
        let form = [("client_id", self.client_id.as_str()), ("scope", "read:org")];
        self.post("/login/device/code", &form)
    }

    pub fn exchange_device_code(&self, device_code: &str) -> Request {
        let form = [
            ("client_id", self.client_id.as_str()),
            ("device_code", device_code),
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ];
        self.post("/login/oauth/access_token", &form)
    }

    pub fn user(&self, token: &UserToken) -> Request {
        self.get("/user", token)
    }

    /// Asks whether the user belongs to an organisation.
    pub fn membership(&self, organisation: &str, token: &UserToken) -> Request {
        self.get(&format!("/user/memberships/orgs/{organisation}"), token)
    }

    pub fn team_membership(
        &self,
        organisation: &str,
        team: &str,
        login: &str,
        token: &UserToken,
    ) -> Request {
        self.get(&format!("/orgs/{organisation}/teams/{team}/memberships/{login}"), token)
    }

    fn get(&self, path: &str, token: &UserToken) -> Request {
        http::Request::get(format!("{}{path}", self.api))
            .header(header::ACCEPT, "application/vnd.github+json")
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::AUTHORIZATION, bearer(&token.access_token))
            .body(Vec::new())
            .unwrap_or_default()
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> Request {
        let mut url = self.web.clone();
        url.set_path(path);
        let body = Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
        http::Request::post(url.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONTENT_LENGTH, body.len())
            .body(body)
            .unwrap_or_default()
    }
}

/// Parses a response of the OAuth endpoints; `None` if it is neither a `T` nor an OAuth error.
pub fn parse<T: DeserializeOwned>(response: &Response) -> Option<Result<T, OAuthError>> {
    if let Ok(error) = serde_json::from_slice(response.body()) {
        return Some(Err(error));
    }
    let is_success = response.status().is_success();
    let value = is_success.then(|| serde_json::from_slice(response.body()).ok());
    value.flatten().map(Ok)
}

/// Parses the user's account.
pub fn parse_account(response: &Response) -> Option<Account> {
    response.status().is_success().then(|| serde_json::from_slice(response.body()).ok()).flatten()
}

/// Whether the user is an active member (an invitation is `pending`). `None` if the response does not say.
pub fn parse_membership(response: &Response) -> Option<bool> {
    #[derive(Deserialize)]
    struct Membership {
        state: String,
    }
    match response.status().as_u16() {
        _ if rate_limit_wait(response, 0).is_some() => None,
        200 => {
            let membership: Membership = serde_json::from_slice(response.body()).ok()?;
            Some(membership.state == "active")
        }
        // Not a member; or the organisation denies the platform access, which counts as the same.
        403 | 404 => Some(false),
        _ => None,
    }
}
