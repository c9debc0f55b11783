//! A browser that can sign in with the simulated GitHub. It keeps cookies and does not follow redirects.

use crate::{PLATFORM_URL, Response, TestPlatform};
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Clone)]
pub struct Browser {
    client: Client,
    pub base: String,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(platform: &TestPlatform) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, base: platform.host().url(), cookies: BTreeMap::new() }
    }

    /// A browser that has signed in as `login`.
    pub async fn signed_in(platform: &TestPlatform, login: &str) -> Self {
        let mut browser = Self::new(platform);
        let response = browser.sign_in(login).await;
        assert_eq!(response.status, 302, "{}", response.text);
        browser
    }

    /// Signs in and returns the response of the callback.
    pub async fn sign_in(&mut self, login: &str) -> Response {
        let callback = self.authorize(login).await;
        self.get(&callback).await
    }

    /// Starts a sign-in and authorizes it at GitHub. Returns the path that GitHub redirects to.
    pub async fn authorize(&mut self, login: &str) -> String {
        let login = self.get(&format!("/api/v1/auth/login?login={login}")).await;
        let authorized = Response::send(self.client.get(location(&login))).await;
        let callback = location(&authorized);
        callback.strip_prefix(PLATFORM_URL).expect("GitHub redirects to the platform").to_owned()
    }

    /// A request like one from the platform's own page.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.request_without_origin(method.clone(), path);
        if method == Method::GET { request } else { request.header("origin", PLATFORM_URL) }
    }

    /// A request with cookies, but without an `Origin` header.
    pub fn request_without_origin(&self, method: Method, path: &str) -> RequestBuilder {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.base));
        if pairs.is_empty() { request } else { request.header("cookie", pairs.join("; ")) }
    }

    /// Sends a request and stores the cookies of the response.
    pub async fn send(&mut self, request: RequestBuilder) -> Response {
        let response = Response::send(request).await;
        for cookie in response.headers.get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            assert!(
                attributes.contains("HttpOnly") && attributes.contains("SameSite="),
                "{attributes}"
            );
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                _ => self.cookies.insert(name.into(), value.into()),
            };
        }
        response
    }

    pub async fn get(&mut self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Response {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&mut self, path: &str, body: &Value) -> Response {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> Response {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn create_project(&mut self, name: &str) -> Value {
        self.post("/api/v1/projects", &json!({ "name": name })).await.expect(201)
    }

    /// Invites somebody to a project, who accepts.
    pub async fn add_member(&mut self, project: &Value, person: &mut Self, role: &str) {
        let username = person.username().await;
        let path = format!("/api/v1/projects/{project}/members/{username}");
        self.put(&path, &json!({ "role": role })).await.expect(201);
        person.accept_invitation(project).await.expect(200);
    }

    pub async fn accept_invitation(&mut self, project: &Value) -> Response {
        self.post(&format!("/api/v1/invitations/{project}/accept"), &json!({})).await
    }

    /// Creates an API token. Returns its number and the token itself.
    pub async fn create_token(&mut self, scopes: &[&str]) -> (u64, String) {
        let body = json!({ "name": "machine", "scopes": scopes });
        let token = self.post("/api/v1/auth/tokens", &body).await.expect(201);
        (token["id"].as_u64().unwrap(), token["token"].as_str().unwrap().to_owned())
    }

    /// The user's name on the platform.
    pub async fn username(&mut self) -> String {
        let me = self.get("/api/v1/auth/me").await.expect(200);
        me["username"].as_str().unwrap().to_owned()
    }
}

/// The target of a redirect.
pub fn location(response: &Response) -> String {
    assert_eq!(response.status, 302, "{}", response.text);
    response.headers["location"].to_str().unwrap().to_owned()
}
