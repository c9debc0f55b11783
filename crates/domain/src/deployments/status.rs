//! The public status of a deployment.

use crate::text::display_serde_name;
use serde::{Deserialize, Serialize};

/// The status of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeploymentStatus))]
pub enum Status {
    Pending,
    Deploying,
    Running,
    Failed,
    Stopped,
}

display_serde_name!(Status);
