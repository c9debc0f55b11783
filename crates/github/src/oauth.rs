//! Signing in with GitHub: the web flow with PKCE, the device flow, and who somebody is.
//!
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app>

use crate::{Request, Response};
use http::{Method, header};
use serde::{Deserialize, de::DeserializeOwned};
use url::{Url, form_urlencoded::Serializer};

/// How the platform is registered at GitHub, for people to sign in.
#[derive(Clone)]
pub struct OAuth {
    /// Where people sign in: `https://github.com`.
    pub web: Url,
    /// The API, without a slash at the end.
    pub api: String,
    pub client_id: String,
    pub client_secret: String,
}

/// A token that speaks for the user, for as long as the sign-in takes.
#[derive(Deserialize)]
pub struct UserToken {
    pub access_token: String,
}

/// GitHub's refusals come with status 200, in words of OAuth.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    pub error: String,
    pub interval: Option<u32>,
}

/// What a device shows its user.
#[derive(Deserialize)]
pub struct DeviceCode {
    pub device_code: String,
    pub user_code: String,
    pub verification_uri: String,
    pub expires_in: u32,
    pub interval: u32,
}

/// Somebody's account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    pub id: u64,
    pub login: String,
}

impl OAuth {
    /// Where the browser goes to sign in. `read:org` is for OAuth apps; a GitHub App has its own rights.
    pub fn authorize(
        &self,
        back: &str,
        state: &str,
        challenge: &str,
        login: Option<&str>,
    ) -> String {
        let mut url = self.web.clone();
        url.set_path("/login/oauth/authorize");
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", back)
            .append_pair("state", state)
            .append_pair("scope", "read:org")
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256");
        if let Some(login) = login {
            url.query_pairs_mut().append_pair("login", login);
        }
        url.into()
    }

    pub fn exchange(&self, code: &str, back: &str, verifier: &str) -> Request {
        self.post("/login/oauth/access_token", |form| {
            form.append_pair("client_id", &self.client_id)
                .append_pair("client_secret", &self.client_secret)
                .append_pair("code", code)
                .append_pair("redirect_uri", back)
                .append_pair("code_verifier", verifier);
        })
    }

    pub fn device(&self) -> Request {
        self.post("/login/device/code", |form| {
            form.append_pair("client_id", &self.client_id).append_pair("scope", "read:org");
        })
    }

    pub fn device_token(&self, device_code: &str) -> Request {
        self.post("/login/oauth/access_token", |form| {
            form.append_pair("client_id", &self.client_id)
                .append_pair("device_code", device_code)
                .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
        })
    }

    pub fn user(&self, token: &UserToken) -> Request {
        self.get("/user", token)
    }

    /// Does the user belong to an organisation?
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
        let mut request = request(Method::GET, &format!("{}{path}", self.api), Vec::new());
        if let Ok(value) = format!("Bearer {}", token.access_token).parse() {
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        let kind = header::HeaderValue::from_static("application/vnd.github+json");
        request.headers_mut().insert(header::ACCEPT, kind);
        request
    }

    fn post(&self, path: &str, fill: impl FnOnce(&mut Serializer<'_, String>)) -> Request {
        let mut url = self.web.clone();
        url.set_path(path);
        let mut form = Serializer::new(String::new());
        fill(&mut form);
        let mut request = request(Method::POST, url.as_str(), form.finish().into_bytes());
        let length = header::HeaderValue::from(request.body().len());
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length);
        let form = header::HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        request
    }
}

fn request(method: Method, url: &str, body: Vec<u8>) -> Request {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = url.parse().unwrap_or_default();
    let json = header::HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::ACCEPT, json);
    request.headers_mut().insert(header::USER_AGENT, header::HeaderValue::from_static("nokube"));
    request
}

/// What was asked for, or why not; `None` for an answer that is neither.
pub fn read<T: DeserializeOwned>(answer: &Response) -> Option<Result<T, Refusal>> {
    if let Ok(refusal) = serde_json::from_slice(answer.body()) {
        return Some(Err(refusal));
    }
    let value = answer.status().is_success().then(|| serde_json::from_slice(answer.body()).ok());
    value.flatten().map(Ok)
}

/// Whose account it is.
pub fn account(answer: &Response) -> Option<Account> {
    answer.status().is_success().then(|| serde_json::from_slice(answer.body()).ok()).flatten()
}

/// Is it a membership that is in force? (An invitation is `pending`.) `None` for an answer that does
/// not say.
pub fn is_member(answer: &Response) -> Option<bool> {
    #[derive(Deserialize)]
    struct Membership {
        state: String,
    }
    match answer.status().as_u16() {
        200 => {
            let membership: Membership = serde_json::from_slice(answer.body()).ok()?;
            Some(membership.state == "active")
        }
        // Not a member; or the organisation lets the platform see nothing, which is as good as not.
        403 | 404 => Some(false),
        _ => None,
    }
}
