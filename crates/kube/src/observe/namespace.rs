//! How it stands with a project's namespace.

use super::Object;
use crate::{
    manifest::{Tenant, namespace_labels},
    platform::Platform,
};

/// A namespace that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Absent,
    /// It is the tenant's. Should its labels be applied anew?
    Ours {
        stale: bool,
    },
    /// It is the tenant's, and is just being deleted.
    Leaving,
    /// It belongs to somebody else.
    Foreign,
}

/// Reads the namespace that was found under the tenant's name.
pub fn namespace_of(found: Option<&Object>, platform: &Platform, tenant: &Tenant<'_>) -> Standing {
    let Some(Object { metadata }) = found else { return Standing::Absent };
    if !crate::manifest::is_of(&metadata.labels, tenant) {
        return Standing::Foreign;
    }
    if metadata.deletion_timestamp.is_some() {
        return Standing::Leaving;
    }
    let wanted = namespace_labels(platform, tenant);
    let stale = wanted.iter().any(|(name, value)| metadata.labels.get(name) != Some(value));
    Standing::Ours { stale }
}
