//! The HTTP routes of the API server. Each request is authenticated, authorized and handled here.

mod path;
mod pod_logs;
mod resource_request;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;

use self::resource_request::ResourceRequest;
use super::access::Permission;
use super::api_error::{ApiError, json_response};
use super::server_state::ServerState;

/// Everything on the API server's port.
pub fn router(server: &Arc<ServerState>) -> Router {
    Router::new().fallback(serve).with_state(server.clone())
}

async fn serve(State(server): State<Arc<ServerState>>, request: Request) -> Response {
    let delay = server.cluster().options.delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let auth = |headers: &HeaderMap, _: &str| match headers.contains_key(header::AUTHORIZATION) {
        true => "bearer",
        false => "none",
    };
    let handle = async |request: axum::http::Request<Bytes>| {
        handle(&server, &request).unwrap_or_else(IntoResponse::into_response)
    };
    server.interceptor.intercept(Timestamp::now(), auth, request, handle).await
}

fn handle(
    server: &Arc<ServerState>,
    request: &axum::http::Request<Bytes>,
) -> Result<Response, ApiError> {
    let mut cluster = server.cluster();
    cluster.authenticate(request.headers())?;
    if request.method() == Method::POST {
        return match request.uri().path() {
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
                let review = cluster.self_subject_access_review(&json_body(request)?);
                Ok(json_response(201, &review))
            }
            "/apis/authentication.k8s.io/v1/selfsubjectreviews" => {
                Ok(json_response(201, &cluster.self_subject_review()))
            }
            _ => Err(ApiError::method_not_allowed()),
        };
    }
    let path = path::parse_path(request.uri().path(), cluster.options.gateway_api)?;
    let query = path::parse_query(request.uri().query().unwrap_or_default());
    if path.subresource == "log" {
        let path::ResourcePath { resource, namespace, name, subresource } = path;
        let verb = "get";
        cluster.authorize(&Permission { verb, resource, subresource, namespace, name })?;
        let log = cluster.open_log(namespace, name, &query)?;
        drop(cluster);
        // The real server's response for a pod without a node.
        let no_content = || StatusCode::NO_CONTENT.into_response();
        return Ok(log.map_or_else(no_content, |log| pod_logs::stream(server.clone(), log)));
    }
    ResourceRequest { path, query, http: request }.handle(&mut cluster)
}

fn json_body(request: &axum::http::Request<Bytes>) -> Result<Value, ApiError> {
    serde_json::from_slice(request.body()).map_err(|error| {
        ApiError::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
    })
}
