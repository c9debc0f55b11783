//! The status of a project's namespace.

use super::metadata::PartialObject;
use crate::{
    manifest::{Tenant, belongs_to, namespace_labels},
    platform::Platform,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamespaceStatus {
    Absent,
    /// It is the tenant's. `stale`: some of its labels must be applied again.
    Owned {
        stale: bool,
    },
    /// It is the tenant's, and is being deleted.
    Terminating,
    /// It does not have the tenant's labels.
    Foreign,
}

/// The status of the namespace that has the tenant's name, if there is one.
pub fn namespace_status(
    found: Option<&PartialObject>,
    platform: &Platform,
    tenant: &Tenant<'_>,
) -> NamespaceStatus {
    let Some(PartialObject { metadata }) = found else { return NamespaceStatus::Absent };
    if !belongs_to(&metadata.labels, tenant) {
        return NamespaceStatus::Foreign;
    }
    if metadata.is_terminating() {
        return NamespaceStatus::Terminating;
    }
    let expected = namespace_labels(platform, tenant);
    let stale = expected.iter().any(|(name, value)| metadata.labels.get(name) != Some(value));
    NamespaceStatus::Owned { stale }
}
