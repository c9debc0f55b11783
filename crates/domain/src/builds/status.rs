//! The public status of a build and of its steps.

use crate::{field_types::parse_variant, text::display_serde_name};
use serde::{Deserialize, Serialize};

/// The status of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BuildStatus))]
pub enum Status {
    Pending,
    Building,
    Success,
    Failed,
    Cancelled,
}

impl Status {
    /// True if the build has ended. Only a new attempt changes the status then.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Building)
    }

    /// Parses the value of a `status` filter.
    pub fn parse(text: &str) -> Option<Self> {
        parse_variant(text, "must be a build's status").ok()
    }
}

/// The status of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum StepStatus {
    Pending,
    Running,
    Success,
    Skipped,
    Cancelled,
    Failed,
}

display_serde_name!(Status, StepStatus);
