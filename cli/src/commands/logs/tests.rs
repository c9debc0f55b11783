//! A server whose responses are streams of events, one after the other, and then 404.

use crate::api::{Client, client_tests::Server};
use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};

pub async fn start<const N: usize>(streams: [String; N]) -> (Server, Client) {
    let stream = |events| ([(CONTENT_TYPE, "text/event-stream")], events).into_response();
    let end = StatusCode::NOT_FOUND.into_response();
    Server::start(streams.map(stream).into_iter().chain([end])).await
}
