//! A client of the API server, for tests.
#![allow(clippy::indexing_slicing)] // of JSON only, where a missing field is null

use anyhow::{Context, Result, bail};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The field manager of objects that tests apply.
pub const FIELD_MANAGER: &str = "nokube-tests";

const WAIT_TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(25);

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    /// A client without a token.
    pub fn new(http: reqwest::Client, base: &str) -> Self {
        Self { http, base: base.into(), token: None }
    }

    /// A client of the same server with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Result<Response> {
        Response::from_request(self.request(Method::GET, path)).await
    }

    /// The items of a list.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let mut list = self.get(path).await?.ok()?;
        match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => bail!("{path} is not a list"),
        }
    }

    pub async fn create(&self, path: &str, object: &Value) -> Result<Response> {
        Response::from_request(self.request(Method::POST, path).json(object)).await
    }

    /// Server-side apply with force and strict field validation. The path follows from the object.
    pub async fn apply(&self, object: &Value) -> Result<Response> {
        let path = self.path_of(object).await?;
        let path = format!("{path}?fieldManager={FIELD_MANAGER}&force=true&fieldValidation=Strict");
        self.patch(&path, "application/apply-patch+yaml", object).await
    }

    /// Applies all documents of a YAML manifest in order. Waits until CustomResourceDefinitions are
    /// served.
    pub async fn apply_yaml(&self, text: &str) -> Result<Vec<Value>> {
        let mut applied = Vec::new();
        for document in serde_yaml_ng::Deserializer::from_str(text) {
            let object = Value::deserialize(document)?;
            if object.is_null() {
                continue;
            }
            let object = self.apply(&object).await?.ok()?;
            if object["kind"] == "CustomResourceDefinition" {
                let path = self.path_of(&object).await?;
                self.wait_until(&path, |crd| condition_status(crd, "Established") == Some("True"))
                    .await?;
            }
            applied.push(object);
        }
        Ok(applied)
    }

    /// JSON merge patch.
    pub async fn merge_patch(&self, path: &str, change: &Value) -> Result<Response> {
        self.patch(path, "application/merge-patch+json", change).await
    }

    /// Strategic merge patch by kubectl, which finds containers and their variables by name.
    pub async fn kubectl_patch(&self, path: &str, change: &Value) -> Result<Response> {
        let path = format!("{path}?fieldManager=kubectl");
        self.patch(&path, "application/strategic-merge-patch+json", change).await
    }

    /// Changes an object's status, as its controller or node does.
    pub async fn patch_status(&self, path: &str, status: &Value) -> Result<Response> {
        self.merge_patch(&format!("{path}/status"), &json!({ "status": status })).await
    }

    async fn patch(&self, path: &str, content_type: &str, change: &Value) -> Result<Response> {
        let request = self.request(Method::PATCH, path).header("content-type", content_type);
        Response::from_request(request.body(serde_json::to_vec(change)?)).await
    }

    /// Deletes an object. `options` are the body: `DeleteOptions`, such as `propagationPolicy`.
    pub async fn delete(&self, path: &str, options: &Value) -> Result<Response> {
        Response::from_request(self.request(Method::DELETE, path).json(options)).await
    }

    /// Reads an object until the condition holds. Fails after 30 s.
    pub async fn wait_until(
        &self,
        path: &str,
        condition: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        self.wait_longer(path, WAIT_TIMEOUT, condition).await
    }

    /// As [`Self::wait_until`], with another timeout.
    pub async fn wait_longer(
        &self,
        path: &str,
        timeout: Duration,
        condition: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let started_at = Instant::now();
        loop {
            let response = self.get(path).await?;
            if response.status == 200 && condition(&response.body) {
                return Ok(response.body);
            }
            if started_at.elapsed() > timeout {
                bail!("{path} did not meet the condition: {}", response.body);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Waits until the object does not exist. Fails after 30 s.
    pub async fn wait_until_deleted(&self, path: &str) -> Result<()> {
        let started_at = Instant::now();
        loop {
            let response = self.get(path).await?;
            if response.status == 404 {
                return Ok(());
            }
            if started_at.elapsed() > WAIT_TIMEOUT {
                bail!("{path} still exists: {}", response.body);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Waits until permissions that were just given have effect. Fails after 30 s. The attributes are
    /// those of a SelfSubjectAccessReview: `namespace`, `verb`, `group`, `resource`.
    pub async fn wait_until_allowed(&self, attributes: &Value) -> Result<()> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": attributes },
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let started_at = Instant::now();
        while self.create(path, &review).await?.ok()?["status"]["allowed"] != true {
            if started_at.elapsed() > WAIT_TIMEOUT {
                bail!("still not allowed: {attributes}");
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// The path of an object, found by discovery.
    pub async fn path_of(&self, object: &Value) -> Result<String> {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
        let version = text("/apiVersion").context("no apiVersion")?;
        let kind = text("/kind").context("no kind")?;
        let name = text("/metadata/name").context("no metadata.name")?;
        let group = if version.contains('/') { "apis" } else { "api" };
        let discovery = self.get(&format!("/{group}/{version}")).await?.ok()?;
        let resources = discovery["resources"].as_array().into_iter().flatten();
        let is_kind = |resource: &&Value| {
            let is_subresource = resource["name"].as_str().is_none_or(|name| name.contains('/'));
            resource["kind"] == kind && !is_subresource
        };
        let resource = resources.into_iter().find(is_kind);
        let resource =
            resource.with_context(|| format!("the server has no {kind} of {version}"))?;
        let plural = resource["name"].as_str().unwrap_or_default();
        let namespace = match resource["namespaced"].as_bool() {
            Some(true) => format!(
                "/namespaces/{}",
                text("/metadata/namespace").with_context(|| format!("{kind} {name}: namespace"))?
            ),
            _ => String::new(),
        };
        Ok(format!("/{group}/{version}{namespace}/{plural}/{name}"))
    }
}

/// The status of a condition: `True`, `False` or `Unknown`. None if there is no such condition.
pub fn condition_status<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    conditions.iter().find(|condition| condition["type"] == kind)?["status"].as_str()
}

/// A complete response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub warnings: Vec<String>,
    /// The body. If it is not JSON, a string with the text.
    pub body: Value,
}

impl Response {
    pub async fn from_request(request: RequestBuilder) -> Result<Self> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let warnings = response.headers().get_all("warning").iter();
        let warnings = warnings.map(|value| String::from_utf8_lossy(value.as_bytes()).into());
        let warnings = warnings.collect();
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Self { status, warnings, body })
    }

    /// The body of a successful response. Otherwise an error.
    pub fn ok(self) -> Result<Value> {
        match self.status {
            200..=299 => Ok(self.body),
            status => bail!("{status}: {}", self.body),
        }
    }

    /// The body of a response with this status. Otherwise an error.
    pub fn expect(self, status: u16) -> Result<Value> {
        if self.status != status {
            bail!("{} instead of {status}: {}", self.status, self.body);
        }
        Ok(self.body)
    }
}
