//! Somebody who calls the API, and the answers.

use crate::{
    JWT_SECRET, claims,
    contract::{Asked, Contract},
};
use nokube_domain::jwt::sign;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// Somebody who calls the API.
#[derive(Clone)]
pub struct User {
    pub(crate) client: Client,
    pub(crate) base: String,
    pub(crate) token: Option<String>,
}

impl User {
    /// Somebody who calls a platform that is not a [`World`]'s.
    pub fn of(base: &str, login: &str) -> Self {
        let token = sign(&claims(login), JWT_SECRET.as_bytes()).unwrap();
        Self { client: Client::new(), base: base.into(), token: Some(token) }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    pub async fn post_with_key(&self, path: &str, body: &Value, key: &str) -> Answer {
        let request = self.request(Method::POST, path).header("idempotency-key", key);
        Answer::of(request.json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// Creates a project and returns its number.
    pub async fn project(&self, name: &str) -> u64 {
        let answer = self.post("/api/v1/projects", &json!({ "name": name })).await;
        answer.expect(201)["id"].as_u64().unwrap()
    }

    /// Asks for a build of the service `frontend` and returns its path.
    pub async fn build(&self, project: u64) -> String {
        self.build_of(project, "frontend").await
    }

    /// Asks for a build and returns its path.
    pub async fn build_of(&self, project: u64, service: &str) -> String {
        let answer = self.post("/api/v1/builds", &self.wanted(project, service).await).await;
        format!("/api/v1/builds/{}", answer.expect(202)["build_id"].as_str().unwrap())
    }

    /// The least that a request for a build says.
    pub async fn wanted(&self, project: u64, service: &str) -> Value {
        let name =
            self.get(&format!("/api/v1/projects/{project}")).await.expect(200)["name"].clone();
        json!({
            "project_id": project,
            "repository_url": "https://github.com/acme/shop",
            "image_name": name,
            "service_name": service,
        })
    }

    /// Polls a build until its status is one of these, and returns it.
    pub async fn until(&self, path: &str, statuses: &[&str]) -> Value {
        for _ in 0..500 {
            let build = self.get(path).await.expect(200);
            if statuses.contains(&build["status"].as_str().unwrap()) {
                return build;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} never became {statuses:?}: {}", self.get(path).await.text);
    }

    /// The least that a request for a deployment says.
    pub async fn wanted_deployment(&self, project: u64, service: &str, image: &str) -> Value {
        let project = self.get(&format!("/api/v1/projects/{project}")).await.expect(200);
        json!({
            "project_id": project["id"],
            "project_name": project["name"],
            "username": project["owner"],
            "service_name": service,
            "image_name": image,
        })
    }

    /// Asks for a deployment and returns its path.
    pub async fn deploy(&self, wanted: &Value) -> String {
        let answer = self.post("/api/v1/deploy", wanted).await.expect(202);
        format!("/api/v1/deployments/{}", answer["deployment_id"].as_str().unwrap())
    }

    /// Looks at a deployment until it has so many pods, and returns it.
    pub async fn until_pods(&self, path: &str, least: usize) -> Value {
        for _ in 0..500 {
            let seen = self.get(path).await.expect(200);
            if seen["pods"].as_array().is_some_and(|pods| pods.len() >= least) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} never had {least} pods: {}", self.get(path).await.text);
    }

    pub async fn until_ended(&self, path: &str) -> Value {
        self.until(path, &["success", "failed", "cancelled"]).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        Self::if_any(request).await.unwrap()
    }

    /// The answer, unless the connection is refused or cut. It is as the contract says.
    pub async fn if_any(request: RequestBuilder) -> reqwest::Result<Self> {
        let (client, request) = request.build_split();
        let request = request?;
        let asked = Asked::of(&request);
        let answer = client.execute(request).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let is_theirs = *answer.url() == asked.url; // And not of where it sent us.
        let text = answer.text().await?;
        let told = Contract::published().check(&asked, status, &headers, &text);
        if let (true, Err(what)) = (is_theirs, told) {
            panic!("{what}");
        }
        Ok(Self { status, headers, text })
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|_| json!(self.text))
    }

    /// The sentence of a problem that must have this status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(body["status"], status);
        body["detail"].as_str().unwrap().to_owned()
    }

    /// As [`Self::problem`]; for programs, it says which of its kind it is.
    #[track_caller]
    pub fn refused(&self, status: u16, reason: &str) -> String {
        let detail = self.problem(status);
        assert_eq!(self.expect(status)["reason"], reason, "{detail}");
        detail
    }

    /// The faulty fields of a 422, with what is wrong.
    #[track_caller]
    pub fn faults(&self) -> BTreeMap<String, String> {
        let body = self.expect(422);
        let faults = body["errors"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        faults.map(|fault| (text(&fault["field"]), text(&fault["detail"]))).collect()
    }
}
