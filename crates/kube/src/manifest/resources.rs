//! Amounts of CPU, memory and ephemeral storage.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

/// The ephemeral storage that each container requests.
pub(super) const EPHEMERAL_STORAGE_REQUEST: &str = "50Mi";

pub(super) fn amounts(
    cpu: &str,
    memory: &str,
    ephemeral_storage: &str,
) -> BTreeMap<String, Quantity> {
    [("cpu", cpu), ("memory", memory), ("ephemeral-storage", ephemeral_storage)]
        .map(|(name, amount)| (name.to_owned(), Quantity(amount.into())))
        .into()
}

/// Kubernetes' integers are signed.
pub(super) fn to_i32(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
