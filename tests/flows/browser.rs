//! A browser that signs in with the simulated GitHub: cookies as they were set, redirects step by step.

use nokube_tests::{Answer, PLATFORM, World};
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
    pub fn new(world: &World) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, base: world.host().url(), cookies: BTreeMap::new() }
    }

    /// Signed in as `login`, through the whole web flow.
    pub async fn signed_in(world: &World, login: &str) -> Self {
        let mut browser = Self::new(world);
        let answer = browser.sign_in(login).await;
        assert_eq!(answer.status, 302, "{}", answer.text);
        browser
    }

    /// The answer of the callback.
    pub async fn sign_in(&mut self, login: &str) -> Answer {
        let back = self.authorize(login).await;
        self.get(&back).await
    }

    /// Begins to sign in and goes to GitHub; returns the path that GitHub sends the browser back to.
    pub async fn authorize(&mut self, login: &str) -> String {
        let there = self.get(&format!("/api/v1/auth/login?login={login}")).await;
        let there = location(&there);
        let back = location(&Answer::of(self.client.get(there)).await);
        back.strip_prefix(PLATFORM).expect("GitHub sends the browser back here").to_owned()
    }

    /// A request as a page of the platform's own sends it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.bare(method.clone(), path);
        if method == Method::GET { request } else { request.header("origin", PLATFORM) }
    }

    /// A request with the cookies and nothing else.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.base));
        if pairs.is_empty() { request } else { request.header("cookie", pairs.join("; ")) }
    }

    /// Sends a request and keeps the cookies of the answer.
    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let answer = Answer::of(request).await;
        for cookie in answer.headers.get_all("set-cookie") {
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
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&mut self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn project(&mut self, name: &str) -> Value {
        self.post("/api/v1/projects", &json!({ "name": name })).await.expect(201)
    }

    /// Makes an API token and returns its number and text.
    pub async fn token(&mut self, scopes: &[&str]) -> (u64, String) {
        let body = json!({ "name": "machine", "scopes": scopes });
        let made = self.post("/api/v1/auth/tokens", &body).await.expect(201);
        (made["id"].as_u64().unwrap(), made["token"].as_str().unwrap().to_owned())
    }

    pub async fn username(&mut self) -> String {
        let me = self.get("/api/v1/auth/me").await.expect(200);
        me["username"].as_str().unwrap().to_owned()
    }
}

pub fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{}", answer.text);
    answer.headers["location"].to_str().unwrap().to_owned()
}
