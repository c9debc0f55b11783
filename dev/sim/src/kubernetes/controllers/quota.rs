//! The controller of ResourceQuotas, which counts what a namespace uses. Nothing enforces them.

use serde_json::{Map, Value, json};

use crate::kubernetes::json::{list, members, namespace, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{self, PODS, RESOURCE_QUOTAS, VOLUME_CLAIMS};

impl ClusterState {
    pub fn sync_quotas(&mut self) {
        for quota in self.objects_of(&RESOURCE_QUOTAS) {
            let used = members(&quota, "/spec/hard")
                .map(|(name, _)| (name.clone(), self.used(namespace(&quota), name).into()));
            let used: Map<String, Value> = used.collect();
            let status = json!({"hard": quota.pointer("/spec/hard"), "used": used});
            self.set_status(&RESOURCE_QUOTAS, &quota, status);
        }
    }

    /// How much of a resource of quotas a namespace uses, as a quantity.
    fn used(&self, namespace: &str, resource: &str) -> String {
        let count = |plural: &str| {
            let kinds = resources::ALL.into_iter();
            let kind = kinds.filter(|kind| kind.plural_and_group() == plural);
            kind.map(|kind| self.objects_in(kind, namespace).len()).sum::<usize>()
        };
        let sum = |objects: &[Value], path: &str| -> u64 {
            objects.iter().map(|object| thousandths(text(object, path))).sum()
        };
        let containers = || {
            let pods = self.objects_in(&PODS, namespace);
            pods.iter().flat_map(|pod| list(pod, "/spec/containers").to_vec()).collect::<Vec<_>>()
        };
        match resource.split_once('.') {
            Some(("requests", "storage")) => {
                let claims = self.objects_in(&VOLUME_CLAIMS, namespace);
                (sum(&claims, "/spec/resources/requests/storage") / 1000).to_string()
            }
            Some((part @ ("requests" | "limits"), "cpu")) => {
                format!("{}m", sum(&containers(), &format!("/resources/{part}/cpu")))
            }
            Some((part @ ("requests" | "limits"), "memory")) => {
                (sum(&containers(), &format!("/resources/{part}/memory")) / 1000).to_string()
            }
            _ => count(resource.strip_prefix("count/").unwrap_or(resource)).to_string(),
        }
    }
}

/// A quantity such as `500m` or `1Gi` in thousandths.
fn thousandths(quantity: &str) -> u64 {
    let digits = quantity.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match quantity.get(digits.len()..) {
        Some("m") => 1,
        Some("k") => 1_000_000,
        Some("M") => 1_000_000_000,
        Some("G") => 1_000_000_000_000,
        Some("Ki") => 1_000 << 10,
        Some("Mi") => 1_000 << 20,
        Some("Gi") => 1_000 << 30,
        Some("Ti") => 1_000 << 40,
        _ => 1_000,
    };
    digits.parse::<u64>().unwrap_or_default().saturating_mul(factor)
}
