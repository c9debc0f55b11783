//! GitHub and the image registry without I/O: webhook events, requests and responses are values.
//!
//! A request is an `http::Request<Vec<u8>>` that the caller sends; a response is parsed from an
//! `http::Response<Vec<u8>>`. Facts about GitHub's behaviour are cited where they are used; the REST API's
//! version is [`api::VERSION`].

pub mod api;
pub mod app;
pub mod error;
pub mod event;
pub mod health;
pub mod json_filter;
mod lenient;
pub mod logs;
pub mod oauth;
pub mod redirect;
pub mod registry;
pub mod responses;
pub mod retry;
pub mod signature;

pub use api::Api;

/// A request, ready to be sent.
pub type Request = http::Request<Vec<u8>>;
/// A response with its whole body.
pub type Response = http::Response<Vec<u8>>;

const USER_AGENT: &str = "nokube";

/// The value of `Authorization` for a bearer token. It is empty for a token that no header can hold, so that the
/// server rejects the request.
fn bearer(token: &str) -> http::HeaderValue {
    http::HeaderValue::try_from(format!("Bearer {token}"))
        .unwrap_or(http::HeaderValue::from_static(""))
}
