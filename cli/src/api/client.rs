//! The HTTP client: bearer token, timeouts, repeated reads, problems as errors.

use super::{
    retry,
    sse::{self, Events},
};
use crate::{Error, Exit, Result, config::Origin, output::Output, text};
use reqwest::{Method, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{ops::Deref, time::Duration};
use tokio::time::{Instant, sleep};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For a whole response. A deployment waits for the cluster, a build for GitHub.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The longest time without a byte of a stream.
const STREAM_IDLE_TIMEOUT: Duration = Duration::from_secs(120);
/// The most bytes of a whole response. The largest ones are logs of builds.
const MAX_BODY: usize = 256 << 20;
const USER_AGENT: &str = concat!("nokube/", env!("CARGO_PKG_VERSION"));

/// Sends requests to one platform. The token belongs to its origin: redirects are not followed.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    origin: Origin,
    token: Option<String>,
    output: Output,
}

impl Client {
    pub fn new(origin: Origin, token: Option<String>, output: Output) -> Result<Self> {
        let mut http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        if origin.is_loopback() {
            // A proxy could not reach this computer, and would read the token.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| Error::failed(error.to_string()))?;
        Ok(Self { http, origin, token, output })
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The same client with another token.
    pub fn with_token(&self, token: Option<String>) -> Self {
        Self { token, ..self.clone() }
    }

    pub fn get(&self, path: impl Into<String>) -> Request<'_> {
        self.request(Method::GET, path.into())
    }

    pub fn post(&self, path: impl Into<String>) -> Request<'_> {
        self.request(Method::POST, path.into())
    }

    pub fn put(&self, path: impl Into<String>) -> Request<'_> {
        self.request(Method::PUT, path.into())
    }

    pub fn patch(&self, path: impl Into<String>) -> Request<'_> {
        self.request(Method::PATCH, path.into())
    }

    pub fn delete(&self, path: impl Into<String>) -> Request<'_> {
        self.request(Method::DELETE, path.into())
    }

    fn request(&self, method: Method, path: String) -> Request<'_> {
        Request { client: self, method, path, query: Vec::new(), headers: Vec::new(), body: None }
    }
}

/// A request. `path` is absolute: `/api/v1/projects`.
#[derive(Debug)]
#[must_use]
pub struct Request<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    /// With its media type.
    body: Option<(&'static str, String)>,
}

impl Request<'_> {
    pub fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Adds the parameter if there is a value.
    pub fn optional_query(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Adds the parameter with the value `true` if it is set.
    pub fn flag(self, name: &'static str, is_set: bool) -> Self {
        self.optional_query(name, is_set.then_some(true))
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn json(mut self, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_string(body).map_err(|error| Error::failed(error.to_string()))?;
        self.body = Some(("application/json", body));
        Ok(self)
    }

    /// A form, as in OAuth. `fields` is an object of texts.
    pub fn form(mut self, fields: &impl Serialize) -> Result<Self> {
        let fields =
            serde_json::to_value(fields).map_err(|error| Error::failed(error.to_string()))?;
        let fields = fields.as_object().into_iter().flatten();
        let pairs = fields.filter_map(|(name, value)| Some((name, value.as_str()?)));
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.body = Some(("application/x-www-form-urlencoded", body));
        Ok(self)
    }

    /// Sends it, and reads the whole response. A response with an error status is an [`Error`].
    pub async fn send(self) -> Result<Answer> {
        let response = self.respond(Some(TIMEOUT)).await?;
        let answer = self.read(response).await?;
        if answer.status.is_success() || answer.status == StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        Err(self.rejected(&answer))
    }

    /// Sends it, and reads the response as `T`.
    pub async fn receive<T: DeserializeOwned>(self) -> Result<Received<T>> {
        self.send().await?.receive()
    }

    /// Sends it, and reads server-sent events.
    pub async fn events(self) -> Result<Events> {
        let request = self.header("accept", "text/event-stream");
        let response = request.respond(None).await?;
        if response.status().is_success() {
            return Ok(sse::Events::new(response, STREAM_IDLE_TIMEOUT));
        }
        let answer = request.read(response).await?;
        Err(request.rejected(&answer))
    }

    async fn read(&self, response: reqwest::Response) -> Result<Answer> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_at_most(response, MAX_BODY).await;
        let body = body.map_err(|error| self.unreachable(&error))?;
        let body = body.ok_or_else(|| {
            let origin = &self.client.origin;
            Error::new(
                Exit::Unavailable,
                text!(
                    "{origin} has answered with too much.",
                    "La réponse de {origin} est trop longue."
                ),
            )
        })?;
        Ok(Answer { status, headers, body })
    }

    /// Sends it, again if it is a read that did not succeed for a while.
    async fn respond(&self, timeout: Option<Duration>) -> Result<reqwest::Response> {
        if self.client.has_token() {
            self.client.origin.require_private()?;
        }
        let url = self.client.origin.url(&self.path, &self.query);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let started = Instant::now();
            let result = self.build(&url, timeout).send().await;
            self.trace(&url, &result, started.elapsed());
            let pause = self.pause(&result, attempt);
            match (pause, result) {
                (Some(pause), _) => sleep(pause).await,
                (None, Ok(response)) => return Ok(response),
                (None, Err(error)) => return Err(self.unreachable(&error)),
            }
        }
    }

    fn build(&self, url: &url::Url, timeout: Option<Duration>) -> reqwest::RequestBuilder {
        let mut request = self.client.http.request(self.method.clone(), url.clone());
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        if let Some(token) = &self.client.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some((media_type, body)) = &self.body {
            request = request.header(header::CONTENT_TYPE, *media_type).body(body.clone());
        }
        request
    }

    fn pause(
        &self,
        result: &Result<reqwest::Response, reqwest::Error>,
        attempt: u32,
    ) -> Option<Duration> {
        if self.method != Method::GET {
            return None;
        }
        match result {
            Ok(response) => {
                let retry_after = response.headers().get(header::RETRY_AFTER);
                let retry_after = retry_after.and_then(|value| value.to_str().ok());
                retry::pause(Some(response.status().as_u16()), retry_after, attempt)
            }
            // Nobody listens, or the host is unknown: the next attempt would have the same result.
            Err(error) if error.is_connect() || error.is_builder() => None,
            Err(_) => retry::pause(None, None, attempt),
        }
    }

    /// One line with `--verbose`. URLs have no secrets, headers and bodies have.
    fn trace(
        &self,
        url: &url::Url,
        result: &Result<reqwest::Response, reqwest::Error>,
        elapsed: Duration,
    ) {
        let outcome = match result {
            Ok(response) => response.status().as_u16().to_string(),
            Err(error) => innermost_cause(error),
        };
        let (method, milliseconds) = (&self.method, elapsed.as_millis());
        self.client.output.verbose(|| format!("{method} {url} {outcome} {milliseconds} ms"));
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let (origin, reason) = (&self.client.origin, innermost_cause(error));
        let error = if error.is_timeout() {
            text!("{origin} does not answer in time.", "{origin} ne répond pas à temps.")
        } else {
            text!("{origin} cannot be reached: {reason}.", "{origin} est injoignable : {reason}.")
        };
        Error::new(Exit::Unavailable, error).next(text!(
            "Check the address and the network. `nokube platforms` lists the addresses.",
            "Vérifiez l’adresse et le réseau. `nokube platforms` liste les adresses."
        ))
    }

    fn rejected(&self, answer: &Answer) -> Error {
        super::problem::error(&self.client.origin, self.client.has_token(), answer)
    }
}

/// The body, or `None` if it has more bytes.
pub(super) async fn read_at_most(
    mut response: reqwest::Response,
    max: usize,
) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > max {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// The error that has caused all others, which say less.
fn innermost_cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

/// A whole response.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).map_err(|error| unexpected(&error))
    }

    pub fn receive<T: DeserializeOwned>(&self) -> Result<Received<T>> {
        Received::of(self.json()?)
    }
}

/// A response as this program understands it, and as it was received, for `--json`.
#[derive(Clone, Debug)]
pub struct Received<T> {
    pub typed: T,
    pub json: Value,
}

impl<T: DeserializeOwned> Received<T> {
    pub fn of(json: Value) -> Result<Self> {
        let typed = T::deserialize(&json).map_err(|error| unexpected(&error))?;
        Ok(Self { typed, json })
    }
}

impl<T> Deref for Received<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.typed
    }
}

fn unexpected(error: &serde_json::Error) -> Error {
    let message = text!(
        "The platform's answer is not what this version of nokube expects: {error}.",
        "La réponse de la plateforme n’est pas celle que cette version de nokube attend : {error}."
    );
    Error::new(Exit::Unavailable, message).next(text!(
        "Check that the address is a NoKube platform, and that nokube is as new as the platform.",
        "Vérifiez que l’adresse est une plateforme NoKube, et que nokube est aussi récent qu’elle."
    ))
}
