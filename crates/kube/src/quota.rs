//! Whether the pods of a revision fit into the quotas of their project.
//!
//! The API server checks a quota when a controller creates a pod: too late for the response to a deploy.
//! <https://kubernetes.io/docs/concepts/policy/resource-quotas/>

use crate::{
    kind::Kind,
    manifest::{Dependencies, Manifest},
    observe::{ObservedQuota, ObservedReplicaSet, PodUsage},
};
use nokube_domain::{deployments::parse_milli, problem::FieldError};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the cluster has of a deployment and of the quotas of its project.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    pub quotas: Vec<ObservedQuota>,
    /// The deployment's own pods.
    pub pods: Vec<PodUsage>,
    pub replica_sets: Vec<ObservedReplicaSet>,
}

impl Usage {
    /// With the limits of the project's own quota as they are applied with these objects.
    #[must_use]
    pub fn with_quota_of(mut self, dependencies: &Dependencies) -> Self {
        let quotas =
            dependencies.objects.iter().filter(|object| object.kind == Kind::ResourceQuota);
        for manifest in quotas {
            let hard = quota_limits(manifest);
            match self.quotas.iter_mut().find(|quota| quota.metadata.name == manifest.name) {
                Some(quota) => quota.set_limits(hard),
                None => self.quotas.push(ObservedQuota::unused(&manifest.name, hard)),
            }
        }
        self
    }

    /// Each quota that `pods` pods of the workload `deployment` exceed, by the field of the request to change. While
    /// pods are replaced, there is one more of them.
    pub fn shortages(&self, deployment: &Value, pods: u32) -> Vec<FieldError> {
        let Some(template) = deployment.pointer("/spec/template") else { return Vec::new() };
        let is_rolling = deployment.pointer("/spec/strategy/type") != Some(&"Recreate".into());
        let is_running = self.replica_sets.iter().any(|set| set.runs(template));
        let replaced = match is_rolling && !is_running {
            true => self.pods.iter().filter(|pod| pod.is_serving()).collect(),
            false => Vec::new(),
        };
        let rollout = Rollout { template: &template["spec"], pods: pods.into(), replaced };
        let mut shortages: Vec<FieldError> = Vec::new();
        for quota in &self.quotas {
            for (resource, hard, used) in quota.resources() {
                let shortage = self.shortage(quota, &rollout, (resource, hard, used));
                shortages.extend(
                    shortage.filter(|new| shortages.iter().all(|known| known.field != new.field)),
                );
            }
        }
        shortages
    }

    fn shortage(
        &self,
        quota: &ObservedQuota,
        rollout: &Rollout<'_>,
        (resource, hard, used): (&str, &str, &str),
    ) -> Option<FieldError> {
        let field = request_field(resource)?;
        let (hard, used) = (parse_milli(hard)?, parse_milli(used)?);
        let own = self.pods.iter().filter(|pod| pod.is_counted());
        let own: u128 = own.map(|pod| amount(resource, &pod.spec)).sum();
        let others = used.saturating_sub(own);
        let needed = rollout.needed(resource);
        if rollout.pods == 0 || others + needed <= hard {
            return None;
        }
        let name = &quota.metadata.name;
        let show = |milli| show(resource, milli);
        let surge = match rollout.replaced.is_empty() {
            true => "",
            false => ", with one more pod while pods are replaced",
        };
        let detail = format!(
            "exceeds the quota of the project: {resource} of '{name}' is {}, other pods use {}, and this \
             needs {} for {} pods{surge}. Ask for less, stop another service, or ask the administrator for \
             more",
            show(hard),
            show(others),
            show(needed),
            rollout.pods,
        );
        Some(FieldError { field: field.into(), detail })
    }
}

fn quota_limits(manifest: &Manifest) -> BTreeMap<String, String> {
    let hard = manifest.body.pointer("/spec/hard").and_then(Value::as_object);
    let hard = hard.into_iter().flatten();
    hard.filter_map(|(resource, hard)| Some((resource.clone(), hard.as_str()?.to_owned())))
        .collect()
}

/// The pods of a new revision, and those that they replace.
struct Rollout<'a> {
    template: &'a Value,
    pods: u128,
    replaced: Vec<&'a PodUsage>,
}

impl Rollout<'_> {
    /// The most that is needed at the same time. All old pods serve until the first new one is ready, and one old pod
    /// until the last is.
    fn needed(&self, resource: &str) -> u128 {
        let (new, count) = (amount(resource, self.template), self.pods);
        let old = self.replaced.iter().map(|pod| amount(resource, &pod.spec)).max();
        let Some(old) = old else { return new * count };
        let serving = count.min(self.replaced.len() as u128);
        (new + old * serving).max(new * count + old)
    }
}

/// The field of a request that a limited resource depends on; `None` if pods do not use the resource.
fn request_field(resource: &str) -> Option<&'static str> {
    Some(match resource {
        "pods" | "count/pods" => "replicas",
        "cpu" | "requests.cpu" => "cpu_request",
        "limits.cpu" => "cpu_limit",
        "memory" | "requests.memory" => "memory_request",
        "limits.memory" => "memory_limit",
        "ephemeral-storage" | "requests.ephemeral-storage" | "limits.ephemeral-storage" => {
            "replicas"
        }
        _ => return None,
    })
}

/// What a pod takes of a resource, in thousandths. Init containers run before the others, except sidecars.
fn amount(resource: &str, pod: &Value) -> u128 {
    let (kind, name) = match resource {
        "pods" | "count/pods" => return 1_000,
        _ => resource.split_once('.').unwrap_or(("requests", resource)),
    };
    let of = |container: &Value| {
        let amount = container.get("resources").and_then(|all| all.get(kind)?.get(name)?.as_str());
        amount.and_then(parse_milli).unwrap_or_default()
    };
    let containers = |list: &str| pod.get(list).and_then(Value::as_array).into_iter().flatten();
    let is_sidecar = |container: &&Value| container["restartPolicy"] == "Always";
    let running: u128 = containers("containers")
        .chain(containers("initContainers").filter(is_sidecar))
        .map(of)
        .sum();
    let first = containers("initContainers").filter(|container| !is_sidecar(container)).map(of);
    running.max(first.max().unwrap_or_default())
}

/// An amount in a common unit.
fn show(resource: &str, milli: u128) -> String {
    const MI: u128 = 1_000 << 20;
    let is_cpu = resource.ends_with("cpu");
    match milli {
        _ if !milli.is_multiple_of(1_000) && is_cpu => format!("{milli}m"),
        _ if !is_cpu && milli >= MI && milli.is_multiple_of(MI << 10) => {
            format!("{}Gi", milli / (MI << 10))
        }
        _ if !is_cpu && milli >= MI => format!("{}Mi", milli.div_ceil(MI)),
        _ => (milli / 1_000).to_string(),
    }
}

/// Whether `live`, an object of the API server, has all that `applied` has. The API server adds defaults, and writes
/// quantities in another way.
pub(crate) fn has_all(live: &Value, applied: &Value) -> bool {
    match (live, applied) {
        (Value::Object(live), Value::Object(applied)) => applied
            .iter()
            .all(|(name, value)| live.get(name).is_some_and(|live| has_all(live, value))),
        (Value::Array(live), Value::Array(applied)) => {
            live.len() == applied.len()
                && live.iter().zip(applied).all(|(live, applied)| has_all(live, applied))
        }
        (Value::String(live), Value::String(applied)) => {
            live == applied
                || parse_milli(live).is_some_and(|live| parse_milli(applied) == Some(live))
        }
        _ => live == applied,
    }
}
