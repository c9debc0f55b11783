//! Lists of builds.

use crate::build::BuildView;
use serde::Serialize;

/// A page of builds, newest first; they show no steps.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildPage {
    pub builds: Vec<BuildView>,
    /// All that were ever asked for.
    pub total: u32,
    pub limit: u32,
    pub offset: u32,
}

/// Builds with one status, newest first. A page may hold fewer than asked for, even none, and yet not
/// be the last one.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildsByStatus {
    pub builds: Vec<BuildView>,
    /// Where the next page begins, to be sent back as `next=`; `null` on the last one.
    pub next: Option<String>,
}
