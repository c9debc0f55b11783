//! ResourceQuotas, and the pods that use them.

use super::metadata::{Metadata, observed};
use nokube_domain::deployments::ConditionView;
use serde_json::Value;
use std::collections::BTreeMap;

observed! {
    pub struct ObservedQuota {
        pub metadata: Metadata,
        spec: QuotaSpec,
        status: QuotaStatus,
    }

    struct QuotaSpec {
        scopes: Vec<String>,
        scope_selector: Option<Value>,
    }

    struct QuotaStatus {
        hard: BTreeMap<String, String>,
        used: BTreeMap<String, String>,
    }

    /// A pod, with what it takes of a quota.
    pub struct PodUsage {
        pub metadata: Metadata,
        pub(crate) spec: Value,
        status: PodPhase,
    }

    struct PodPhase {
        phase: String,
        conditions: Vec<ConditionView>,
    }
}

impl ObservedQuota {
    /// A quota that does not exist yet.
    pub(crate) fn unused(name: &str, hard: BTreeMap<String, String>) -> Self {
        Self {
            metadata: Metadata { name: name.to_owned(), ..Metadata::default() },
            status: QuotaStatus { hard, ..QuotaStatus::default() },
            ..Self::default()
        }
    }

    pub(crate) fn set_limits(&mut self, hard: BTreeMap<String, String>) {
        self.status.hard = hard;
    }

    /// Each limited resource with its limit and its use. None, if the quota is for some pods only.
    pub(crate) fn resources(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let is_for_all = self.spec.scopes.is_empty() && self.spec.scope_selector.is_none();
        let hard = self.status.hard.iter().filter(move |_| is_for_all);
        hard.map(|(resource, hard)| {
            // A new quota is not counted yet.
            let used = self.status.used.get(resource).map_or("0", String::as_str);
            (resource.as_str(), hard.as_str(), used)
        })
    }
}

impl PodUsage {
    /// Whether quotas count it: not if it has ended.
    pub(crate) fn is_counted(&self) -> bool {
        !matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }

    /// Whether it serves, and will do so until another pod replaces it.
    pub(crate) fn is_serving(&self) -> bool {
        let is_ready =
            |condition: &ConditionView| condition.r#type == "Ready" && condition.status == "True";
        !self.metadata.is_terminating() && self.status.conditions.iter().any(is_ready)
    }
}
