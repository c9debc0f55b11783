//! Errors of the servers of this crate: 500 with the message.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

pub struct HttpError(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for HttpError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let message = json!({ "message": format!("{:#}", self.0) });
        (StatusCode::INTERNAL_SERVER_ERROR, Json(message)).into_response()
    }
}
