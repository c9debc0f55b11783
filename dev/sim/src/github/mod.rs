//! A simulation of the parts of GitHub that NoKube uses: repositories, Actions, Apps, OAuth,
//! webhooks and the container registry.
//!
//! [`model`] is a state machine without I/O and without a clock. `http` serves GitHub's routes from
//! it, with the JSON of `render`; `webhooks` delivers the events that changes of the model cause.
//! [`simulated_github`] runs all of it and steers it.

mod http;
pub mod model;
pub mod options;
mod render;
mod server_state;
pub mod simulated_github;
pub mod webhooks;
