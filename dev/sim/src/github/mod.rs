//! A simulation of the parts of GitHub that NoKube uses: repositories, Actions, Apps, OAuth,
//! webhooks and the container registry.
//!
//! [`model`] is a state machine without I/O and without a clock. `http` serves GitHub's routes from
//! it, with the JSON of `render`; `webhooks` delivers the events that changes of the model cause.
//! [`simulated_github`] runs all of it and steers it.

mod http;
pub mod job;
mod local_git;
pub mod model;
pub mod options;
mod outgoing_events;
mod render;
mod server_state;
pub mod simulated_github;
pub mod simulated_pull_requests;
mod simulated_repositories;
pub mod webhooks;
