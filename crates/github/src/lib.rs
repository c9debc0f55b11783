//! GitHub and the image registry, sans I/O: webhook events, requests and answers are values.
//!
//! A request is an `http::Request<Vec<u8>>` that somebody else sends, an answer is a function of an
//! `http::Response<Vec<u8>>`. Facts about GitHub's behaviour are cited where they are used; the
//! REST API's version is [`api::VERSION`].

pub mod answer;
pub mod api;
pub mod app;
pub mod event;
pub mod health;
pub mod logs;
pub mod oauth;
pub mod refusal;
pub mod registry;
pub mod retry;
pub mod signature;

pub use api::Api;

/// A request, ready to be sent.
pub type Request = http::Request<Vec<u8>>;
/// An answer, read to its end.
pub type Response = http::Response<Vec<u8>>;
