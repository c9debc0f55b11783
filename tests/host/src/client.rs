//! Callers of a component's routes.

use crate::{JWT_SECRET, TestHost};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use nokube_domain::{
    Timestamp,
    jwt::{Audience, Claims, sign},
};
use nokube_edge::{BoxBody, Route, body::full_body, serve, serve_unauthenticated};
use serde_json::Value;
use std::rc::Rc;

#[derive(Clone)]
pub struct Client {
    host: Rc<TestHost>,
    routes: &'static [Route],
    headers: Vec<(String, String)>,
}

pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Client {
    pub(crate) fn new(host: Rc<TestHost>, routes: &'static [Route]) -> Self {
        Self { host, routes, headers: Vec::new() }
    }

    /// The same caller, who also sends this header.
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.into(), value.into()));
        client
    }

    pub fn get(&self, path: &str) -> Response {
        self.host.run(self.start("GET", path, None))
    }

    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.host.run(self.start("POST", path, Some(body)))
    }

    pub fn put(&self, path: &str, body: &Value) -> Response {
        self.host.run(self.start("PUT", path, Some(body)))
    }

    pub fn delete(&self, path: &str) -> Response {
        self.host.run(self.start("DELETE", path, None))
    }

    /// A request to be run by [`TestHost::run`], so that several can be under way.
    pub fn start(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> impl Future<Output = Response> + 'static + use<> {
        let request = match body {
            Some(body) => self.with_header("content-type", "application/json").request(
                method,
                path,
                body.to_string(),
            ),
            None => self.request(method, path, String::new()),
        };
        let routes = self.routes;
        async move { read(serve("test", routes, request.map(full_body)).await).await }
    }

    /// Sends a request to a component that authenticates no callers.
    pub fn send_unauthenticated(&self, method: &str, path: &str, body: &str) -> Response {
        self.stream_unauthenticated(method, path, full_body(body.to_owned()))
    }

    /// As [`Self::send_unauthenticated`], with a body that arrives bit by bit.
    pub fn stream_unauthenticated(&self, method: &str, path: &str, body: BoxBody) -> Response {
        let (routes, request) = (self.routes, self.request(method, path, body));
        self.host
            .run(async move { read(serve_unauthenticated("test", routes, request).await).await })
    }

    fn request<B>(&self, method: &str, path: &str, body: B) -> Request<B> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(body).unwrap()
    }
}

async fn read(response: http::Response<BoxBody>) -> Response {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let text = String::from_utf8(body).unwrap();
    Response { status: parts.status.as_u16(), headers: parts.headers, text }
}

impl Response {
    /// The JSON body of a response with this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A token of the platform's JWT issuer.
pub fn issuer_token(login: &str, now: Timestamp) -> String {
    let now = now.as_second();
    let claims = Claims {
        iss: "nokube".into(),
        sub: login.into(),
        aud: Audience::One("nokube".into()),
        exp: now + 24 * 3600,
        nbf: None,
        iat: Some(now),
    };
    sign(&claims, JWT_SECRET.as_bytes()).unwrap()
}
