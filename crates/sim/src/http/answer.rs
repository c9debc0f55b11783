//! GitHub's answers: JSON, and errors in its words.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::model::access::Denial;

pub type Answer = Result<Response, Refusal>;

/// An error with the body that GitHub sends.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    message: String,
    docs: &'static str,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), docs: "" }
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    pub fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The page of the documentation, below `https://docs.github.com/rest`.
    #[must_use]
    pub fn see(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::NotFound => Self::not_found(),
            Denial::Forbidden => {
                Self::new(StatusCode::FORBIDDEN, "Resource not accessible by integration")
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "message": self.message,
            "documentation_url": format!("https://docs.github.com/rest{}", self.docs),
            "status": self.status.as_u16().to_string(),
        });
        reply(self.status, &body)
    }
}

pub fn reply(status: StatusCode, body: &Value) -> Response {
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, json)], body.to_string()).into_response()
}

pub fn ok(body: &Value) -> Answer {
    Ok(reply(StatusCode::OK, body))
}

pub async fn not_found() -> Refusal {
    Refusal::not_found()
}
