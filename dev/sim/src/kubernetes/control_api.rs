//! The control API: most of [`ClusterControl`] over HTTP. It has no authentication, because it listens
//! on this machine only.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::control::ClusterControl;
use crate::traffic::fault::Fault;

type Cluster = State<ClusterControl>;

pub fn router(control: ClusterControl) -> Router {
    Router::new()
        .route("/", get(state))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/denied/{verb}/{resource}", post(deny).delete(allow))
        .route("/objects", post(put_object))
        .route("/objects/{plural}/{namespace}", get(objects))
        .route("/objects/{plural}/{namespace}/{name}", get(object).delete(delete_object))
        .route("/pass/{steps}", post(run_steps))
        .route("/dump", get(dump))
        .route("/settings", post(settings))
        .with_state(control)
}

async fn state(State(cluster): Cluster) -> Json<Value> {
    Json(json!({
        "busy": cluster.is_busy(), "requests": cluster.requests().len(),
        "faults": cluster.faults(),
    }))
}

async fn faults(State(cluster): Cluster) -> Json<Vec<Fault>> {
    Json(cluster.faults())
}

async fn add_fault(State(cluster): Cluster, Json(fault): Json<Fault>) -> StatusCode {
    cluster.add_fault(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(cluster): Cluster) -> StatusCode {
    cluster.clear_faults();
    StatusCode::NO_CONTENT
}

async fn requests(State(cluster): Cluster) -> Json<Value> {
    Json(json!(cluster.requests()))
}

async fn clear_requests(State(cluster): Cluster) -> StatusCode {
    cluster.clear_requests();
    StatusCode::NO_CONTENT
}

async fn deny(
    State(cluster): Cluster,
    Path((verb, resource)): Path<(String, String)>,
) -> StatusCode {
    cluster.deny(&verb, &resource);
    StatusCode::NO_CONTENT
}

async fn allow(
    State(cluster): Cluster,
    Path((verb, resource)): Path<(String, String)>,
) -> StatusCode {
    cluster.allow(&verb, &resource);
    StatusCode::NO_CONTENT
}

async fn put_object(State(cluster): Cluster, Json(object): Json<Value>) -> Response {
    match cluster.put_object(object) {
        Ok(stored) => Json(stored).into_response(),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response(),
    }
}

async fn objects(
    State(cluster): Cluster,
    Path((plural, namespace)): Path<(String, String)>,
) -> Json<Vec<Value>> {
    Json(cluster.objects(&plural, &namespace))
}

async fn object(
    State(cluster): Cluster,
    Path((plural, namespace, name)): Path<(String, String, String)>,
) -> Response {
    match cluster.object(&plural, &namespace, &name) {
        Some(object) => Json(object).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn delete_object(
    State(cluster): Cluster,
    Path((plural, namespace, name)): Path<(String, String, String)>,
) -> StatusCode {
    match cluster.delete_object(&plural, &namespace, &name) {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::NOT_FOUND,
    }
}

async fn run_steps(State(cluster): Cluster, Path(steps): Path<u32>) -> StatusCode {
    cluster.run_steps(steps);
    StatusCode::NO_CONTENT
}

async fn dump(State(cluster): Cluster) -> String {
    cluster.dump()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    step_ms: Option<u64>,
    delay_ms: Option<u64>,
    #[serde(rename = "hold")]
    paused: Option<bool>,
    gateway_api: Option<bool>,
    clock_offset: Option<i64>,
}

async fn settings(State(cluster): Cluster, Json(settings): Json<Settings>) -> StatusCode {
    if let Some(step) = settings.step_ms {
        cluster.set_step(Duration::from_millis(step));
    }
    if let Some(delay) = settings.delay_ms {
        cluster.set_delay(Duration::from_millis(delay));
    }
    if let Some(paused) = settings.paused {
        cluster.set_paused(paused);
    }
    if let Some(installed) = settings.gateway_api {
        cluster.set_gateway_api(installed);
    }
    if let Some(seconds) = settings.clock_offset {
        cluster.set_clock_offset(seconds);
    }
    StatusCode::NO_CONTENT
}
