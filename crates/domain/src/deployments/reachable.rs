//! Whether requests arrive at a service, as the cluster's objects say.

use crate::text::display_serde_name;
use serde::{Deserialize, Serialize};

/// Whether a service can be reached at its address, according to its Service, its Ingress or HTTPRoute, the
/// Gateway and the certificate. The least favourable one comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Reachable {
    No,
    /// They do not say, or may not be read.
    Unknown,
    Yes,
}

display_serde_name!(Reachable);
