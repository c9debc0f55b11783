//! Previews: what is built and deployed of a service for a pull request.
//!
//! A pull request has records of its own for each service, as the branch of a service has ([`crate::pushes`]). What
//! becomes of its preview follows from the newest one, from the build of its target, and from the service's switch.

mod approval;
mod deployment;
mod found;
mod pull_request;
mod settings;
mod spec;
mod view;

pub use approval::{ApprovedCommit, NewApproval};
pub use deployment::{
    CurrentPreview, PreviewGoal, PreviewStep, last_preview_step, next_preview_step, preview_goal,
};
pub use found::{FoundPullRequest, News, ShownPullRequest};
pub use pull_request::{
    PreviewRules, PullRequest, PullRequestState, PullRequestSummary, pull_request_ref,
};
pub use settings::{
    MAX_BASE_BRANCHES, MAX_PREVIEW_SECRETS, PR_NUMBER, PREVIEW_URL, PreviewMode, PreviewSettings,
};
pub use spec::{preview_secrets, preview_spec};
pub use view::{PreviewDeployment, PreviewInput, PreviewList, PreviewState, PreviewView};

use crate::name::ServiceName;
use serde::{Deserialize, Serialize};

/// Of which service and pull request something is a preview.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PreviewOf {
    pub service: ServiceName,
    pub pull_request: u32,
}
