//! The shop's services in the cluster.

use super::browser::Browser;
use super::shop::{LOOK_INTERVAL, MAIN, MAX_LOOKS, Shop};
use nokube_domain::jwt::Claims;
use nokube_sim::Commit;
use nokube_tests::{Response, USER_SECRET_VALUE, User, claims};
use reqwest::Method;
use serde_json::{Value, json};

/// The namespace of the project's services.
pub const NAMESPACE: &str = "nk-alice-myapp";

impl Shop {
    /// A shop whose service `frontend` is built by pushes, with a configuration to deploy it with. `more` are further
    /// fields of the service.
    pub async fn with_configured_service(self, more: &Value) -> Self {
        self.configure("frontend", &json!({ "replicas": 1, "env_vars": { "COLOUR": "red" } }))
            .await;
        self.link("frontend", more).await;
        self
    }

    /// Saves a configuration for deployments of a service.
    pub async fn configure(&self, service: &str, fields: &Value) {
        let path = format!("{}/deployment", self.path(service));
        let response = Response::send(self.alice.request(Method::PUT, &path).json(fields)).await;
        assert!([200, 201].contains(&response.status), "{}", response.text);
    }

    /// Saves secrets of a service under these names. Each value has the name in it.
    pub async fn save_secrets(&self, service: &str, names: &[&str]) {
        let path = format!("{}/secrets", self.path(service));
        let values = names.iter().map(|name| (*name, format!("{USER_SECRET_VALUE} {name}")));
        let body = json!({ "secrets": values.collect::<std::collections::BTreeMap<_, _>>() });
        Response::send(self.alice.request(Method::PUT, &path).json(&body)).await.expect(200);
    }

    /// Changes fields of a service.
    pub async fn change_service(&self, service: &str, fields: &Value) -> Value {
        let request = self.alice.request(Method::PATCH, &self.path(service)).json(fields);
        Response::send(request).await.expect(200)
    }

    pub async fn service(&self, service: &str) -> Value {
        self.alice.get(&self.path(service)).await.expect(200)
    }

    /// Pushes a commit and waits for the end of its build.
    pub async fn build_of_push(&self, message: &str) -> Value {
        let commit = Commit::new(message, &["web/cart.js"]);
        let sha = self.platform.github.push(super::shop::SHOP, MAIN, commit);
        let build = self.ended_builds_of(&sha, 1).await.remove(0);
        assert_eq!(build["status"], "success", "{build}");
        build
    }

    /// The image of a Deployment in the cluster.
    pub fn image_in_cluster(&self, namespace: &str, name: &str) -> Option<String> {
        let object = self.platform.cluster.object("deployments", namespace, name)?;
        let image = object["spec"]["template"]["spec"]["containers"][0]["image"].as_str();
        image.map(str::to_owned)
    }

    /// Waits until a Deployment in the cluster has the image of a build. This asks the platform nothing.
    pub async fn wait_for_image(&self, namespace: &str, name: &str, build: &Value) {
        let digest = build["image_digest"].as_str().unwrap();
        for _ in 0..MAX_LOOKS {
            let image = self.image_in_cluster(namespace, name);
            if image.is_some_and(|image| image.ends_with(digest)) {
                return;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        let image = self.image_in_cluster(namespace, name);
        panic!("{name} never has {digest}: {image:?}\n{}", self.console());
    }

    /// The path of a service's deployment.
    pub async fn deployment_path(&self, service: &str) -> String {
        let service = self.service(service).await;
        format!("/api/v1/deployments/{}", service["deployment_id"].as_str().expect("deployed"))
    }

    /// Waits until a build runs. Returns the deployment. Reads of the service and of the deployment may do what is left.
    pub async fn running(&self, service: &str, build: &Value) -> Value {
        let mut last = json!(null);
        for _ in 0..MAX_LOOKS {
            let id = self.service(service).await["deployment_id"].clone();
            if let Some(id) = id.as_str() {
                last = self.alice.get(&format!("/api/v1/deployments/{id}")).await.expect(200);
                if last["status"] == "running" && last["build_id"] == build["build_id"] {
                    return last;
                }
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        panic!("{} never runs: {last:#}\n{}", build["build_id"], self.console());
    }

    /// The revisions of a service's deployment, the newest first.
    pub async fn revisions(&self, service: &str) -> Vec<Value> {
        let path = format!("{}/revisions", self.deployment_path(service).await);
        self.alice.get(&path).await.expect(200)["revisions"].as_array().unwrap().clone()
    }

    /// The variables that the pods of a Deployment get, without secrets.
    pub fn variables_in_cluster(&self, namespace: &str, name: &str) -> Value {
        let mut variables = json!({});
        for from in self.env_from(namespace, name) {
            let Some(config_map) = from["configMapRef"]["name"].as_str() else { continue };
            let object = self.platform.cluster.object("configmaps", namespace, config_map).unwrap();
            for (name, value) in object["data"].as_object().unwrap() {
                variables[name] = value.clone();
            }
        }
        variables
    }

    /// The names of the secrets that the pods of a Deployment get.
    pub fn secrets_in_cluster(&self, namespace: &str, name: &str) -> Vec<String> {
        let mut names = Vec::new();
        for from in self.env_from(namespace, name) {
            let Some(secret) = from["secretRef"]["name"].as_str() else { continue };
            let object = self.platform.cluster.object("secrets", namespace, secret).unwrap();
            names.extend(object["data"].as_object().unwrap().keys().cloned());
        }
        names
    }

    fn env_from(&self, namespace: &str, name: &str) -> Vec<Value> {
        let object = self.platform.cluster.object("deployments", namespace, name).unwrap();
        let container = &object["spec"]["template"]["spec"]["containers"][0];
        container["envFrom"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until nothing happens any more by itself: at GitHub, in the cluster, and after the responses to requests.
    pub async fn wait_for_quiet(&self) {
        self.platform.github.wait_until_idle().await.unwrap();
        self.platform.wait_until_all_is_logged().await;
        self.platform.cluster.wait_until_idle().await.unwrap();
        self.platform.wait_until_all_is_logged().await;
    }

    /// Makes somebody who has signed in a member.
    pub async fn add_member(&self, login: &str, role: &str) -> User {
        let mut browser = Browser::signed_in(&self.platform, login).await;
        let path = format!("/api/v1/projects/{}/members/{login}", self.project);
        let invitation = self.alice.request(Method::PUT, &path).json(&json!({ "role": role }));
        Response::send(invitation).await.expect(201);
        browser.accept_invitation(&json!(self.project)).await.expect(200);
        let (_, token) = browser.create_token(&["read", "build", "deploy"]).await;
        self.platform.user_with_token(&token)
    }

    /// Restarts the platform with its clock and GitHub's so many seconds ahead.
    pub async fn restart_at(&mut self, seconds: i64) {
        self.restart_limited_at(None, seconds).await;
    }

    /// As [`Self::restart_at`]. After the response to a request, so many calls of it may be made.
    pub async fn restart_limited_at(&mut self, calls_after_response: Option<u32>, seconds: i64) {
        self.platform.github.set_clock_offset(seconds);
        self.restart_with(calls_after_response, seconds).await;
        let claims = claims("alice");
        self.alice = self.platform.user_with_claims(Claims { exp: claims.exp + seconds, ..claims });
    }
}
