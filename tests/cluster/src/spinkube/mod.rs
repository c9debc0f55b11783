//! An installation of `ops/spinkube`, as docs/spinkube.md makes it, with three things in the place of what tests cannot
//! have: a Deployment and a Service in that of SpinKube's operator, the local host in that of Spin, and Debian's Redis
//! in that of Valkey.

mod images;
mod operator;
mod render;

pub use images::{Images, push_images};
pub use operator::as_operator;
pub use render::{HOST, Settings, render};
