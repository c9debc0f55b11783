//! Callers of the API.

use crate::{JWT_SECRET, Response};
use nokube_domain::jwt::{Audience, Claims, sign};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;

/// A caller of the API, with or without a bearer token.
#[derive(Clone)]
pub struct User {
    pub(crate) client: Client,
    pub(crate) base: String,
    pub(crate) token: Option<String>,
}

impl User {
    /// A user of a platform at `base_url` that is not a [`crate::TestPlatform`].
    pub fn at(base_url: &str, login: &str) -> Self {
        Self::with_client(Client::new(), base_url, login)
    }

    /// As [`Self::at`], over a client that knows how the platform is reached.
    pub fn with_client(client: Client, base_url: &str, login: &str) -> Self {
        let token = sign(&claims(login), JWT_SECRET.as_bytes()).unwrap();
        Self { client, base: base_url.into(), token: Some(token) }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        Response::send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        Response::send(self.request(Method::POST, path).json(body)).await
    }

    /// Sends a POST request with an idempotency key.
    pub async fn post_with_key(&self, path: &str, body: &Value, key: &str) -> Response {
        let request = self.request(Method::POST, path).header("idempotency-key", key);
        Response::send(request.json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Response {
        Response::send(self.request(Method::DELETE, path)).await
    }

    /// Creates a project and returns its id.
    pub async fn create_project(&self, name: &str) -> u64 {
        let response = self.post("/api/v1/projects", &json!({ "name": name })).await;
        response.expect(201)["id"].as_u64().unwrap()
    }

    /// Invites somebody to a project, who accepts. `username` is that of `person`.
    pub async fn add_member(&self, project: u64, person: &Self, username: &str, role: &str) {
        let path = format!("/api/v1/projects/{project}/members/{username}");
        let invitation = self.request(Method::PUT, &path).json(&json!({ "role": role }));
        Response::send(invitation).await.expect(201);
        let path = format!("/api/v1/invitations/{project}/accept");
        person.post(&path, &json!({})).await.expect(200);
    }

    /// Requests a build of the service `frontend` and returns its path.
    pub async fn start_build(&self, project: u64) -> String {
        self.start_build_of(project, "frontend").await
    }

    /// Requests a build and returns its path.
    pub async fn start_build_of(&self, project: u64, service: &str) -> String {
        let body = self.build_request(project, service).await;
        let response = self.post("/api/v1/builds", &body).await;
        format!("/api/v1/builds/{}", response.expect(202)["build_id"].as_str().unwrap())
    }

    /// The body of a request for a build, with the required fields only.
    pub async fn build_request(&self, project: u64, service: &str) -> Value {
        let project_view = self.get(&format!("/api/v1/projects/{project}")).await.expect(200);
        json!({
            "project_id": project,
            "repository_url": "https://github.com/acme/shop",
            "image_name": project_view["name"],
            "service_name": service,
        })
    }

    /// Polls a build or a deployment until it has one of these statuses. Returns its body.
    pub async fn wait_for_status(&self, path: &str, statuses: &[&str]) -> Value {
        for _ in 0..500 {
            let body = self.get(path).await.expect(200);
            if statuses.contains(&body["status"].as_str().unwrap()) {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} never became {statuses:?}: {}", self.get(path).await.text);
    }

    /// Polls a deployment until it has one of these statuses and this error code.
    pub async fn wait_for_error(&self, path: &str, statuses: &[&str], code: &str) -> Value {
        for _ in 0..500 {
            let body = self.wait_for_status(path, statuses).await;
            if body["error_code"] == code {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} never had the error {code}: {}", self.get(path).await.text);
    }

    /// Polls a build until it has ended.
    pub async fn wait_for_end(&self, path: &str) -> Value {
        self.wait_for_status(path, &["success", "failed", "cancelled"]).await
    }

    /// The body of a request for a deployment, with the required fields only.
    pub async fn deployment_request(&self, project: u64, service: &str, image: &str) -> Value {
        let project = self.get(&format!("/api/v1/projects/{project}")).await.expect(200);
        json!({
            "project_id": project["id"],
            "project_name": project["name"],
            "username": project["owner"],
            "service_name": service,
            "image_name": image,
        })
    }

    /// Deploys a service and returns the path of the deployment.
    pub async fn deploy(&self, body: &Value) -> String {
        let response = self.post("/api/v1/deploy", body).await.expect(202);
        format!("/api/v1/deployments/{}", response["deployment_id"].as_str().unwrap())
    }

    /// Polls a deployment until it has at least `min` pods. Returns its body.
    pub async fn wait_for_pods(&self, path: &str, min: usize) -> Value {
        for _ in 0..500 {
            let body = self.get(path).await.expect(200);
            if body["pods"].as_array().is_some_and(|pods| pods.len() >= min) {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} never had {min} pods: {}", self.get(path).await.text);
    }
}

/// The claims of a valid JWT.
pub fn claims(login: &str) -> Claims {
    let now = jiff::Timestamp::now().as_second();
    Claims {
        iss: "nokube".into(),
        sub: login.into(),
        aud: Audience::One("nokube".into()),
        exp: now + 600,
        nbf: None,
        iat: Some(now),
    }
}
