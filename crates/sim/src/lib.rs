//! A stateful stand-in for the parts of GitHub that NoKube uses, behind GitHub's own HTTP API.
//!
//! The product does not know that it talks to it. What GitHub *is* here stands in [`model`], a
//! state machine without I/O; the routes render it, and [`Sim`] steers it.
//!
//! [`Cluster`] is the same for Kubernetes: an API server with the controllers and nodes behind it
//! (see [`cluster`]).
//!
//! ```no_run
//! # async fn story() -> anyhow::Result<()> {
//! use nokube_sim::{HoldAt, Options, Sim};
//!
//! let sim = Sim::start(Options { token: Some("t".into()), ..Options::default() }).await?;
//! sim.set_webhook("http://127.0.0.1:3000/api/v1/webhooks/github", "secret");
//! sim.hold_runs(HoldAt::Queued);
//! // … dispatch a run through `sim.url()`, look, then let it go on:
//! sim.release_all();
//! sim.settled().await?;
//! assert_eq!(sim.dispatches(), 1);
//! # Ok(())
//! # }
//! ```

pub mod cluster;
mod control;
mod http;
mod hub;
pub mod model;
mod options;
mod render;
mod sim;
mod webhooks;

pub use cluster::{Cluster, ClusterControl, ClusterOptions, PrivateImages};
pub use control::faults::Fault;
pub use control::seen::{Answered, Seen};
pub use model::HoldAt;
pub use model::dispatch::NewRun;
pub use model::run::{Attempt, Conclusion, Job, Run, Status, Step};
pub use model::world::{RepositorySettings, WorkflowState};
pub use options::{AppKey, Options, Webhook};
pub use sim::{Control, Sim};
pub use webhooks::{Delivery, DeliveryState, Treatment, WebhookRule, signature};
