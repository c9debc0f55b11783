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
    /// Cursor of the next page, to be sent as `next=`; `null` on the last page.
    pub next: Option<String>,
}

/// A page of builds that were not counted, newest first. It may have fewer builds than `limit`, or none, without being
/// the last one.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildCursorPage {
    pub builds: Vec<BuildView>,
    /// Cursor of the next page, to be sent as `next=`; `null` on the last page.
    pub next: Option<String>,
}
