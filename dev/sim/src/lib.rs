//! Simulations of the two products that NoKube talks to, behind their own HTTP APIs. The product
//! cannot tell them from the real ones.
//!
//! - [`github`]: GitHub with Actions, OAuth, webhooks and the container registry.
//! - [`kubernetes`]: a Kubernetes API server with its controllers and nodes.
//!
//! Both record all requests and can inject faults ([`Fault`]). Both are controlled through their
//! methods. `make run` starts both.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use nokube_sim::{GitHubOptions, HoldPoint, SimulatedGitHub};
//!
//! let options = GitHubOptions { token: Some("t".into()), ..GitHubOptions::default() };
//! let github = SimulatedGitHub::start(options).await?;
//! github.set_webhook("http://127.0.0.1:3000/api/v1/webhooks/github", "secret");
//! github.hold_runs(HoldPoint::Queued);
//! // … dispatch a workflow run through `github.url()` and check its status, then:
//! github.release_all();
//! github.wait_until_idle().await?;
//! assert_eq!(github.dispatch_count(), 1);
//! # Ok(())
//! # }
//! ```

pub mod github;
mod hash;
pub mod kubernetes;
mod traffic;

pub use github::job::Job;
pub use github::model::HoldPoint;
pub use github::model::git::{Commit, Contents, FileStatus};
pub use github::model::installations::AppVersion;
pub use github::model::pull_requests::PullRequest;
pub use github::model::reports::JobReport;
pub use github::model::repositories::{RepositorySettings, WorkflowState};
pub use github::model::run::{Attempt, Conclusion, Status, Step, WorkflowJob, WorkflowRun};
pub use github::model::statuses::CommitStatus;
pub use github::options::{AppKey, GitHubOptions, WebhookTarget};
pub use github::simulated_github::{LimitForm, SimulatedGitHub};
pub use github::simulated_pull_requests::SimDeployment;
pub use github::webhooks::{Delivery, DeliveryState, Treatment, WebhookRule, webhook_signature};
pub use hash::sha256;
pub use kubernetes::options::{ClusterOptions, PrivateImages};
pub use kubernetes::simulated_cluster::SimulatedCluster;
pub use traffic::fault::Fault;
pub use traffic::recorded::{RecordedRequest, RecordedResponse};
