//! JSON responses and errors of GitHub's API.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::github::model::api_error::ApiError;

pub type ApiResult = Result<Response, ApiError>;

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "message": self.message, "documentation_url": "https://docs.github.com/rest",
            "status": self.status.as_u16().to_string(),
        });
        json_response(self.status, &body)
    }
}

pub fn json_response(status: StatusCode, body: &Value) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, content_type, body.to_string()).into_response()
}

pub fn ok_json(body: &Value) -> ApiResult {
    Ok(json_response(StatusCode::OK, body))
}

pub async fn not_found() -> ApiError {
    ApiError::not_found()
}
