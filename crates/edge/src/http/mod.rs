//! HTTP as the components serve it: routes, calls, replies and what every response carries.

pub mod body;
mod call;
pub mod conditional;
mod cors;
pub mod path_pattern;
pub mod rate_limit;
mod reply;
mod request_body;
mod route;
mod security_headers;
mod serve;
pub mod sse;
pub mod static_files;

pub use body::{BodyError, BoxBody, RequestBody};
pub use call::Call;
pub use reply::Reply;
pub use route::{HandlerFuture, Route};
pub use serve::{serve, serve_unauthenticated};
