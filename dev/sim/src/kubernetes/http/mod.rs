//! The HTTP routes of the API server. Each request is authenticated, authorized and handled here.

mod continue_token;
mod discovery;
mod path;
mod pod_logs;
mod resource_request;
mod selectors;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::resource_request::{ResourceRequest, json_body};
use super::api_error::{ApiError, json_response};
use super::auth::authorization::authorize_path;
use super::server_state::ServerState;

/// Everything on the API server's port.
pub fn router(server: &Arc<ServerState>) -> Router {
    Router::new().fallback(serve).with_state(server.clone())
}

async fn serve(State(server): State<Arc<ServerState>>, request: Request) -> Response {
    let delay = server.cluster().delay;
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
    server.interceptor.intercept(server.now(), auth, request, handle).await
}

fn handle(
    server: &Arc<ServerState>,
    request: &axum::http::Request<Bytes>,
) -> Result<Response, ApiError> {
    let path = request.uri().path();
    if let Some(response) = discovery::health_or_version(path) {
        return Ok(response);
    }
    let mut cluster = server.cluster();
    let caller = cluster.authenticate(request.headers())?;
    if request.method() == Method::POST && !caller.is_anonymous() {
        match path {
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
                let body = json_body(request)?;
                let review = cluster.self_subject_access_review(&caller, &body);
                return Ok(json_response(201, &review));
            }
            "/apis/authentication.k8s.io/v1/selfsubjectreviews" => {
                return Ok(json_response(201, &caller.self_subject_review()));
            }
            _ => {}
        }
    }
    if !path::is_resource_path(path) {
        authorize_path(&caller, path, &request.method().as_str().to_lowercase())?;
    }
    if let Some(found) = discovery::discover(path, cluster.gateway_api) {
        return Ok(json_response(200, &found));
    }
    let path = path::parse_path(path, cluster.gateway_api)?;
    let query = path::parse_query(request.uri().query().unwrap_or_default());
    if path.subresource == "log" {
        cluster.authorize(&caller, "get", path.resource, "log", (path.namespace, path.name))?;
        let log = cluster.open_log(path.namespace, path.name, &query)?;
        drop(cluster);
        // The real server's response for a pod without a node.
        let no_content = || StatusCode::NO_CONTENT.into_response();
        return Ok(log.map_or_else(no_content, |log| pod_logs::stream(server.clone(), log)));
    }
    let request = ResourceRequest { caller, path, query, http: request, now: server.now() };
    request.handle(&mut cluster)
}
