//! The public status of a deployment.

use crate::text::display_serde_name;
use serde::{Deserialize, Serialize};

/// The status of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeploymentStatus))]
pub enum Status {
    /// It has not been applied to the cluster yet.
    Pending,
    /// The rollout of the newest revision is not finished, and its deadline has not passed.
    Deploying,
    /// All desired pods of the newest release receive requests.
    Running,
    /// Some pods receive requests, but fewer than desired, or only those of an older release.
    Degraded,
    /// No pod receives requests, and either the deadline has passed or waiting does not help.
    Failed,
    Stopped,
}

display_serde_name!(Status);
