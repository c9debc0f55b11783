//! A server whose responses are streams of events, one after the other, and then 404.

use crate::{
    api::Client, args::GlobalOptions, config::Origin, environment::Environment, output::Output,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::net::TcpListener;

#[derive(Default)]
struct Script {
    responses: VecDeque<String>,
    positions: Vec<Option<String>>,
}

pub struct Server {
    script: Arc<Mutex<Script>>,
    output: Output,
    origin: Origin,
}

impl Server {
    pub async fn start<const N: usize>(responses: [String; N]) -> Self {
        let script = Script { responses: responses.into(), positions: Vec::new() };
        let script = Arc::new(Mutex::new(script));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let router = Router::new().route("/logs", get(respond)).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let output = Output::new(&GlobalOptions::default(), &Environment::default());
        Self { script, output, origin }
    }

    pub fn client(&self) -> Client {
        Client::new(self.origin.clone(), None, self.output.clone()).unwrap()
    }

    pub fn output(&self) -> &Output {
        &self.output
    }

    /// The `Last-Event-ID` of each request.
    pub fn positions(&self) -> Vec<Option<String>> {
        self.script().positions.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

async fn respond(State(script): State<Arc<Mutex<Script>>>, headers: HeaderMap) -> Response {
    let mut script = script.lock().unwrap();
    let position = headers.get("last-event-id").map(|id| id.to_str().unwrap().to_owned());
    script.positions.push(position);
    match script.responses.pop_front() {
        Some(events) => ([(CONTENT_TYPE, "text/event-stream")], events).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
