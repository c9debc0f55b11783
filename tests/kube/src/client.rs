//! Somebody who calls the API server.

use anyhow::{Context, Result, bail};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The field manager of what the tests apply.
pub const MANAGER: &str = "nokube-tests";

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(25);

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    /// Nobody in particular, at the server with this address.
    pub fn new(http: reqwest::Client, base: &str) -> Self {
        Self { http, base: base.into(), token: None }
    }

    /// Somebody else at the same server.
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

    pub async fn get(&self, path: &str) -> Result<Answer> {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// The items of a list.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let mut list = self.get(path).await?.ok()?;
        match list["items"].take() {
            Value::Array(items) => Ok(items),
            _ => bail!("{path} is no list"),
        }
    }

    pub async fn create(&self, path: &str, object: &Value) -> Result<Answer> {
        Answer::of(self.request(Method::POST, path).json(object)).await
    }

    /// Server-side apply, strict and forced, at the place where the object belongs.
    pub async fn apply(&self, object: &Value) -> Result<Answer> {
        let path = self.path_of(object).await?;
        let path = format!("{path}?fieldManager={MANAGER}&force=true&fieldValidation=Strict");
        self.patch(&path, "application/apply-patch+yaml", object).await
    }

    /// Applies the documents of a manifest in their order, and waits for resource definitions to
    /// be served.
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
                self.until(&path, |crd| condition(crd, "Established") == Some("True")).await?;
            }
            applied.push(object);
        }
        Ok(applied)
    }

    pub async fn merge(&self, path: &str, change: &Value) -> Result<Answer> {
        self.patch(path, "application/merge-patch+json", change).await
    }

    /// Changes the status of the object at this path, as its controller or node does.
    pub async fn patch_status(&self, path: &str, status: &Value) -> Result<Answer> {
        self.merge(&format!("{path}/status"), &json!({ "status": status })).await
    }

    async fn patch(&self, path: &str, kind: &str, change: &Value) -> Result<Answer> {
        let request = self.request(Method::PATCH, path).header("content-type", kind);
        Answer::of(request.body(serde_json::to_vec(change)?)).await
    }

    /// Deletes what is at this path; `options` as `propagationPolicy` are sent as the body.
    pub async fn delete(&self, path: &str, options: &Value) -> Result<Answer> {
        Answer::of(self.request(Method::DELETE, path).json(options)).await
    }

    /// Reads an object until it is as wanted; longest 30 s.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let answer = self.get(path).await?;
            if answer.status == 200 && wanted(&answer.body) {
                return Ok(answer.body);
            }
            if begun.elapsed() > PATIENCE {
                bail!("{path} never became as wanted: {}", answer.body);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until nothing is at this path; longest 30 s.
    pub async fn until_gone(&self, path: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            let answer = self.get(path).await?;
            if answer.status == 404 {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("{path} is still there: {}", answer.body);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until rights that were just given have effect; longest 30 s. The attributes are those of
    /// a SelfSubjectAccessReview: `namespace`, `verb`, `group`, `resource`.
    pub async fn until_may(&self, attributes: &Value) -> Result<()> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": attributes },
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let begun = Instant::now();
        while self.create(path, &review).await?.ok()?["status"]["allowed"] != true {
            if begun.elapsed() > PATIENCE {
                bail!("never allowed: {attributes}");
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Where an object belongs, as the server's own discovery says.
    pub async fn path_of(&self, object: &Value) -> Result<String> {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
        let version = text("/apiVersion").context("no apiVersion")?;
        let kind = text("/kind").context("no kind")?;
        let name = text("/metadata/name").context("no metadata.name")?;
        let group = if version.contains('/') { "apis" } else { "api" };
        let discovery = self.get(&format!("/{group}/{version}")).await?.ok()?;
        let resources = discovery["resources"].as_array().into_iter().flatten();
        let plain = |found: &&Value| {
            found["kind"] == kind && found["name"].as_str().is_some_and(|name| !name.contains('/'))
        };
        let found = resources.into_iter().find(plain);
        let found = found.with_context(|| format!("the server knows no {kind} of {version}"))?;
        let plural = found["name"].as_str().unwrap_or_default();
        let namespace = match found["namespaced"].as_bool() {
            Some(true) => format!(
                "/namespaces/{}",
                text("/metadata/namespace").with_context(|| format!("{kind} {name}: namespace"))?
            ),
            _ => String::new(),
        };
        Ok(format!("/{group}/{version}{namespace}/{plural}/{name}"))
    }
}

/// The status of a condition in `status.conditions`.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    conditions.iter().find(|condition| condition["type"] == kind)?["status"].as_str()
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub warnings: Vec<String>,
    /// The body; a text that is no JSON is a JSON string.
    pub body: Value,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Result<Self> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let warnings = answer.headers().get_all("warning").iter();
        let warnings = warnings.map(|value| String::from_utf8_lossy(value.as_bytes()).into());
        let warnings = warnings.collect();
        let text = answer.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Self { status, warnings, body })
    }

    /// The body of an answer that must have succeeded.
    pub fn ok(self) -> Result<Value> {
        match self.status {
            200..=299 => Ok(self.body),
            status => bail!("{status}: {}", self.body),
        }
    }

    /// The body of an answer that must have this status.
    pub fn expect(self, status: u16) -> Result<Value> {
        if self.status != status {
            bail!("{} instead of {status}: {}", self.status, self.body);
        }
        Ok(self.body)
    }
}
