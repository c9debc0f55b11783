//! Logs (stub).
use super::{hub::ClusterHub, model::Model, status::Refusal};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::Arc;
pub struct Log;
impl Model {
    pub fn log(&self, _: &str, _: &str, _: &BTreeMap<String, String>) -> Result<Log, Refusal> {
        Err(Refusal::no_such_path())
    }
}
pub fn stream(_: Arc<ClusterHub>, _: Log) -> Response {
    ().into_response()
}
