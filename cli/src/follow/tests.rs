//! Following, with a small server that sends responses in their order.

use super::*;
use crate::{
    Error, Exit,
    api::client_tests::{Server, json, output},
    follow::{build::tests::build_json, deployment::tests::deployment_json},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(600);

fn build(status: &str) -> Response {
    json(StatusCode::OK, build_json(json!({ "status": status })))
}

fn follow(client: &Client) -> Follow<'_> {
    Follow { client, board: Board::new(&output(), false), interval: Duration::from_millis(10) }
}

#[tokio::test]
async fn a_build_is_followed_through_a_status_of_a_newer_platform_and_a_lost_network() {
    let lost = || StatusCode::INTERNAL_SERVER_ERROR.into_response();
    let responses =
        [build("pending"), build("verifying"), lost(), build("building"), build("success")];
    let (server, client) = Server::start(responses).await;
    let ended = follow(&client).build("shop", "b1").await.unwrap();
    assert!(ended.status.is_success());
    assert_eq!(server.count(), 5);
}

#[tokio::test]
async fn a_refusal_ends_it_at_once() {
    let responses = [build("building"), StatusCode::UNAUTHORIZED.into_response()];
    let (_, client) = Server::start(responses).await;
    let error: Error = follow(&client).build("shop", "b1").await.unwrap_err();
    assert_eq!(error.exit, Exit::NotAllowed);
}

fn deployment(fields: Value) -> Response {
    let body = axum::Json(deployment_json(fields));
    (StatusCode::OK, [("etag", "\"e1\"")], body).into_response()
}

#[tokio::test]
async fn a_deployment_that_does_not_change_is_not_sent_again() {
    let unchanged = || StatusCode::NOT_MODIFIED.into_response();
    let running = deployment(json!({ "status": "running" }));
    let responses = [deployment(json!({})), unchanged(), unchanged(), running];
    let (server, client) = Server::start(responses).await;
    let followed = follow(&client).deployment("shop", "d1", TIMEOUT).await.unwrap();
    assert_eq!(followed.verdict, Verdict::Ready);
    assert_eq!(server.header(3, "if-none-match"), "\"e1\"");
}

#[tokio::test]
async fn a_deployment_is_not_waited_for_longer_than_the_person_says() {
    let (_, client) = Server::start([deployment(json!({}))]).await;
    let followed = follow(&client).deployment("shop", "d1", Duration::ZERO).await.unwrap();
    assert_eq!(followed.verdict, Verdict::Waiting);
}
