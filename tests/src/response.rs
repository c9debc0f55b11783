//! Responses of the platform and assertions on them.

use crate::openapi::{ApiDocument, SentRequest};
use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A response with its complete body.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Response {
    /// Sends a request and checks the exchange against the published OpenAPI document.
    pub async fn send(request: RequestBuilder) -> Self {
        Self::try_send(request).await.unwrap()
    }

    /// Like [`Self::send`].
    ///
    /// # Errors
    /// The connection was refused or dropped.
    pub async fn try_send(request: RequestBuilder) -> reqwest::Result<Self> {
        let (client, request) = request.build_split();
        let request = request?;
        let sent = SentRequest::from(&request);
        let response = client.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // After a redirect the response is another server's.
        let was_redirected = *response.url() != sent.url;
        let text = response.text().await?;
        let result = ApiDocument::published().check_exchange(&sent, status, &headers, &text);
        if let (false, Err(error)) = (was_redirected, result) {
            panic!("{error}");
        }
        Ok(Self { status, headers, text })
    }

    /// Asserts the status and returns the body: parsed if it is JSON, otherwise as a string.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|_| json!(self.text))
    }

    /// Asserts that this is a problem with this status and returns its `detail`.
    #[track_caller]
    pub fn expect_problem(&self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(body["status"], status);
        body["detail"].as_str().unwrap().to_owned()
    }

    /// Like [`Self::expect_problem`], and asserts its `reason`.
    #[track_caller]
    pub fn expect_problem_with_reason(&self, status: u16, reason: &str) -> String {
        let detail = self.expect_problem(status);
        assert_eq!(self.expect(status)["reason"], reason, "{detail}");
        detail
    }

    /// Asserts the status 422 and returns the error of each invalid field, by field.
    #[track_caller]
    pub fn field_errors(&self) -> BTreeMap<String, String> {
        let body = self.expect(422);
        let errors = body["errors"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        errors.map(|error| (text(&error["field"]), text(&error["detail"]))).collect()
    }
}
