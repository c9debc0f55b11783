//! Lists of builds.

use crate::builds::BuildView;
use serde::{Deserialize, Serialize};

/// A page of builds, newest first, without their steps.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildPage {
    pub builds: Vec<BuildView>,
    /// Number of all builds.
    pub total: u32,
    pub limit: u32,
    pub offset: u32,
}

/// Builds with one status, newest first. A page may have fewer builds than `limit`, or none, without
/// being the last one.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildsByStatus {
    pub builds: Vec<BuildView>,
    /// Cursor of the next page, to be sent as `next=`; `null` on the last page.
    pub next: Option<String>,
}
