//! Tests of the client with a small server.

use super::{Client, projects::Project};
use crate::{Exit, args::GlobalOptions, config::Origin, environment::Environment, output::Output};
use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

/// Sends the responses in their order, and records the requests.
#[derive(Clone, Default)]
pub struct Server {
    responses: Arc<Mutex<VecDeque<Response>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub async fn start(responses: impl IntoIterator<Item = Response>) -> (Self, Client) {
        let server = Self::default();
        server.responses.lock().unwrap().extend(responses);
        let answer = |State(server): State<Self>, request: Request| async move {
            server.requests.lock().unwrap().push(request);
            let next = server.responses.lock().unwrap().pop_front();
            next.unwrap_or_else(|| StatusCode::IM_A_TEAPOT.into_response())
        };
        let router = Router::new().fallback(answer).with_state(server.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (server, Client::new(origin, Some("nkt_1".into()), output()).unwrap())
    }

    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    pub fn header(&self, request: usize, name: &str) -> String {
        self.headers(name)[request].clone().unwrap()
    }

    /// The header of each request.
    pub fn headers(&self, name: &str) -> Vec<Option<String>> {
        let value =
            |request: &Request| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
        self.requests.lock().unwrap().iter().map(value).collect()
    }
}

pub fn output() -> Output {
    Output::new(&GlobalOptions::default(), &Environment::default())
}

fn busy(status: StatusCode) -> Response {
    (status, [("retry-after", "0")], "busy").into_response()
}

pub fn json(status: StatusCode, body: serde_json::Value) -> Response {
    (status, [("x-request-id", "r-1")], axum::Json(body)).into_response()
}

#[tokio::test]
async fn a_read_is_sent_again_when_the_platform_is_busy() {
    let project = serde_json::json!({
        "id": 1, "name": "shop", "owner": "alice", "description": null, "role": "owner",
        "created_at": "2025-08-18T10:00:00Z", "new_field": [1],
    });
    let busy = [busy(StatusCode::TOO_MANY_REQUESTS), busy(StatusCode::SERVICE_UNAVAILABLE)];
    let (server, client) =
        Server::start(busy.into_iter().chain([json(StatusCode::OK, project)])).await;
    let received = client.get("/api/v1/projects/1").receive::<Project>().await.unwrap();
    assert_eq!(
        (received.full_name().as_str(), &received.json["new_field"][0]),
        ("alice/shop", &1.into())
    );
    assert_eq!(server.count(), 3);
    assert_eq!(server.header(2, "authorization"), "Bearer nkt_1");
    assert!(server.header(2, "user-agent").starts_with("nokube/"));
}

#[tokio::test]
async fn a_change_is_sent_once() {
    let (server, client) = Server::start([busy(StatusCode::SERVICE_UNAVAILABLE)]).await;
    let error = client.post("/api/v1/builds").send().await.unwrap_err();
    assert_eq!((error.exit, server.count()), (Exit::Unavailable, 1));
}

#[tokio::test]
async fn a_problem_becomes_an_error_with_all_invalid_fields() {
    let problem = serde_json::json!({
        "type": "/problems/invalid", "title": "Invalid", "status": 422, "detail": "2 fields are invalid.",
        "instance": "/api/v1/deploy",
        "errors": [{"field": "cpu", "detail": "is\u{1b}[2J too small"}, {"field": "port", "detail": "is missing"}],
    });
    let (_, client) = Server::start([json(StatusCode::UNPROCESSABLE_ENTITY, problem)]).await;
    let error = client.post("/api/v1/deploy").send().await.unwrap_err();
    assert_eq!(error.exit, Exit::Rejected);
    let expected = "2 fields are invalid.\n  cpu: is[2J too small\n  port: is missing";
    assert_eq!(error.message, expected);
    assert_eq!(error.request_id.as_deref(), Some("r-1"));
    assert_eq!(error.to_json()["error"]["problem"]["errors"][1]["field"], "port");
}

#[tokio::test]
async fn each_status_has_its_exit_status() {
    for (status, exit) in [
        (401, Exit::NotAllowed),
        (403, Exit::NotAllowed),
        (404, Exit::NotFound),
        (409, Exit::Rejected),
        (500, Exit::Unavailable),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let (_, client) = Server::start([status.into_response()]).await;
        assert_eq!(client.get("/").send().await.unwrap_err().exit, exit, "{status}");
    }
    let (_, client) = Server::start([StatusCode::UNAUTHORIZED.into_response()]).await;
    let error = client.get("/").send().await.unwrap_err();
    assert!(error.next[0].contains("nokube login"), "{:?}", error.next);
}

#[tokio::test]
async fn a_redirect_does_not_get_the_token() {
    let (other, other_client) = Server::start([]).await;
    let target = other_client.origin().to_string();
    let redirect = (StatusCode::TEMPORARY_REDIRECT, [("location", target.clone())]).into_response();
    let (_, client) = Server::start([redirect]).await;
    let error = client.get("/api/v1/auth/me").send().await.unwrap_err();
    assert_eq!(error.exit, Exit::Unavailable);
    assert!(error.message.contains(&target), "{}", error.message);
    assert_eq!(other.count(), 0);
}

#[tokio::test]
async fn an_answer_of_another_program_is_explained() {
    let (_, client) = Server::start(["<html>Hello".into_response()]).await;
    let error = client.get("/").receive::<Project>().await.unwrap_err();
    assert_eq!(error.exit, Exit::Unavailable);
    assert!(error.next[0].contains("NoKube platform"), "{:?}", error.next);
}

#[tokio::test]
async fn a_platform_that_is_away_is_named() {
    let output = Output::new(&GlobalOptions::default(), &Environment::default());
    let client = Client::new(Origin::parse("http://127.0.0.1:1").unwrap(), None, output).unwrap();
    let error = client.get("/").send().await.unwrap_err();
    assert_eq!(error.exit, Exit::Unavailable);
    assert!(
        error.message.starts_with("http://127.0.0.1:1 cannot be reached: "),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn long_lists_are_read_page_by_page() {
    let page = |count| json(StatusCode::OK, serde_json::json!({ "projects": vec![1; count] }));
    let (server, client) = Server::start([page(200), page(3)]).await;
    assert_eq!(client.all("/api/v1/projects", "projects").await.unwrap().len(), 203);
    let query = server.requests.lock().unwrap()[1].uri().query().unwrap().to_owned();
    assert_eq!(query, "limit=200&offset=200");
}

#[tokio::test]
async fn events_are_read_as_they_arrive() {
    let body = "event: log\ndata: one\n\nevent: end\ndata: {}\n\n";
    let events = ([("content-type", "text/event-stream")], body).into_response();
    let (server, client) = Server::start([events]).await;
    let mut events = client.get("/logs").events().await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().data, "one");
    assert_eq!(events.next().await.unwrap().unwrap().name, "end");
    assert_eq!(events.next().await.unwrap(), None);
    assert_eq!(server.header(0, "accept"), "text/event-stream");
}

#[tokio::test]
async fn a_platform_cannot_answer_without_end() {
    let answer = || json(StatusCode::OK, "12345678".into());
    let (_server, client) = Server::start([answer(), answer()]).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (max, fits) in [(10, true), (9, false)] {
        let response = http.get(client.origin().url("/", &[])).send().await.unwrap();
        let body = super::client::read_at_most(response, max).await.unwrap();
        assert_eq!(body.is_some(), fits, "{max}");
    }
}
