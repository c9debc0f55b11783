//! A simulation of the parts of GitHub that NoKube uses: repositories, Actions, Apps, OAuth,
//! webhooks and the container registry.
//!
//! [`model`] is a state machine without I/O and without a clock. `http` serves GitHub's routes from
//! it, with the JSON of `render`; `webhooks` delivers the events that changes of the model cause.
//! [`start`] runs all of it, [`control`] steers it, and `control_api` offers the same over HTTP.

pub mod control;
mod control_api;
mod http;
pub mod model;
pub mod options;
mod render;
mod server_state;
pub mod start;
pub mod webhooks;
