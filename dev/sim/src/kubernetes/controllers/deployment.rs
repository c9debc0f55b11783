//! The deployment controller: ReplicaSets and rolling updates.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::replica_counts::{max_surge, max_unavailable, replicas};
use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::events::NewEvent;
use crate::kubernetes::json::{
    controller, int, is_terminating, name, namespace, put, remove, text, uid,
};
use crate::kubernetes::state::resources;
use crate::kubernetes::state::{ClusterState, NAME_ALPHABET};

const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";
const TEMPLATE_HASH: &str = "pod-template-hash";

impl ClusterState {
    pub fn sync_deployments(&mut self, now: Timestamp) {
        for deployment in self.objects_of_kind("deployments") {
            if !is_terminating(&deployment) {
                self.sync_deployment(&deployment, now);
            }
        }
    }

    fn sync_deployment(&mut self, deployment: &Value, now: Timestamp) {
        let owned = self.replica_sets_of(deployment);
        let desired = replicas(deployment);
        let (mut new, old): (Vec<Value>, Vec<Value>) = owned.into_iter().partition(|replica_set| {
            template_without_hash(replica_set) == template_without_hash(deployment)
        });
        // If several have this template, the oldest is used, as in the real controller.
        let mut new = if new.is_empty() { None } else { Some(new.remove(0)) };
        let recreate = is_recreate(deployment);
        let mut failure = None;
        if recreate && self.scale_down_all(deployment, &old, now) {
            // New pods are created when the old ones are gone.
        } else if let Some(replica_set) = &new {
            let revision = self.next_revision(replica_set, &old);
            self.set_replica_set_revision(replica_set, &revision, now);
        } else {
            match self.create_replica_set(deployment, &old, now) {
                Ok(replica_set) => new = Some(replica_set),
                Err(error) => failure = Some(error),
            }
        }
        let reload = |cluster: &Self, replica_set: &Value| {
            cluster.find("replicasets", namespace(replica_set), name(replica_set)).cloned()
        };
        let new = new.and_then(|replica_set| reload(self, &replica_set));
        if let Some(replica_set) = &new {
            let revision = text(replica_set, REVISION).to_owned();
            self.set_deployment_revision(deployment, &revision, now);
            let total: i64 = replicas(replica_set) + old.iter().map(replicas).sum::<i64>();
            let target = if recreate || replicas(replica_set) > desired {
                desired
            } else {
                let room = desired + max_surge(deployment) - total;
                (replicas(replica_set) + room.max(0)).min(desired).max(replicas(replica_set))
            };
            if target != replicas(replica_set) {
                self.scale(deployment, replica_set, target, now);
            } else if !recreate {
                self.scale_down_old(deployment, replica_set, &old, now);
            }
        }
        let old: Vec<Value> =
            old.iter().filter_map(|replica_set| reload(self, replica_set)).collect();
        let new = new.and_then(|replica_set| reload(self, &replica_set));
        self.delete_old_replica_sets(deployment, &old);
        self.update_deployment_status(deployment, new.as_ref(), &old, failure.as_ref(), now);
    }

    /// All ReplicaSets of a Deployment, oldest revision first.
    fn replica_sets_of(&self, deployment: &Value) -> Vec<Value> {
        let mut owned = self.objects_in_namespace("replicasets", namespace(deployment));
        owned.retain(|replica_set| {
            controller(replica_set).is_some_and(|owner| text(owner, "/uid") == uid(deployment))
                && !is_terminating(replica_set)
        });
        owned.sort_by_key(|replica_set| parse_int(text(replica_set, REVISION)));
        owned
    }

    /// Scales all old ReplicaSets to zero. Returns whether some of their pods still exist.
    fn scale_down_all(&mut self, deployment: &Value, old: &[Value], now: Timestamp) -> bool {
        for replica_set in old.iter().filter(|replica_set| replicas(replica_set) > 0) {
            self.scale(deployment, replica_set, 0, now);
        }
        let pods = self.objects_in_namespace("pods", namespace(deployment));
        pods.iter()
            .filter_map(controller)
            .any(|owner| old.iter().any(|replica_set| uid(replica_set) == text(owner, "/uid")))
    }

    fn next_revision(&self, replica_set: &Value, old: &[Value]) -> String {
        let latest = old
            .iter()
            .map(|replica_set| parse_int(text(replica_set, REVISION)))
            .max()
            .unwrap_or_default();
        let own = parse_int(text(replica_set, REVISION));
        own.max(latest + 1).to_string()
    }

    fn set_replica_set_revision(&mut self, replica_set: &Value, revision: &str, now: Timestamp) {
        if text(replica_set, REVISION) != revision
            && let Some(resource) = resources::by_name("replicasets")
        {
            let mut changed = replica_set.clone();
            put(&mut changed, REVISION, revision);
            self.update_by_controller(resource, changed, "", now);
        }
    }

    fn set_deployment_revision(&mut self, deployment: &Value, revision: &str, now: Timestamp) {
        let current = self.find("deployments", namespace(deployment), name(deployment)).cloned();
        if let (Some(mut current), Some(resource)) = (current, resources::by_name("deployments"))
            && text(&current, REVISION) != revision
        {
            put(&mut current, REVISION, revision);
            self.update_by_controller(resource, current, "", now);
        }
    }

    fn create_replica_set(
        &mut self,
        deployment: &Value,
        old: &[Value],
        now: Timestamp,
    ) -> Result<Value, ApiError> {
        let desired = replicas(deployment);
        let total: i64 = old.iter().map(replicas).sum();
        let recreate = is_recreate(deployment);
        let room = (desired + max_surge(deployment) - total).max(0);
        let count = if recreate { desired } else { room.min(desired) };
        let mut template = deployment.pointer("/spec/template").cloned().unwrap_or_default();
        let hash = template_hash(&template);
        put(&mut template, &format!("/metadata/labels/{TEMPLATE_HASH}"), hash.clone());
        let mut selector = deployment.pointer("/spec/selector").cloned().unwrap_or_default();
        put(&mut selector, &format!("/matchLabels/{TEMPLATE_HASH}"), hash.clone());
        let revision = old
            .iter()
            .map(|replica_set| parse_int(text(replica_set, REVISION)))
            .max()
            .unwrap_or_default()
            + 1;
        let replica_set_name = format!("{}-{hash}", name(deployment));
        let replica_set = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": replica_set_name, "namespace": namespace(deployment),
                "labels": template.pointer("/metadata/labels").cloned().unwrap_or_default(),
                "annotations": {
                    "deployment.kubernetes.io/desired-replicas": desired.to_string(),
                    "deployment.kubernetes.io/max-replicas": (desired + max_surge(deployment)).to_string(),
                    "deployment.kubernetes.io/revision": revision.to_string(),
                },
                "ownerReferences": [{
                    "apiVersion": "apps/v1", "kind": "Deployment", "name": name(deployment),
                    "uid": uid(deployment), "controller": true, "blockOwnerDeletion": true,
                }],
            },
            "spec": {"replicas": count, "selector": selector, "template": template},
        });
        let created = self.create_by_controller(replica_set, now)?;
        self.last_progress.insert(uid(deployment).to_owned(), self.current_step);
        self.deployments_with_new_replica_set.insert(uid(deployment).to_owned());
        let message = format!("Scaled up replica set {replica_set_name} from 0 to {count}");
        self.record_scaling(deployment, &message, now);
        Ok(created)
    }

    fn record_scaling(&mut self, deployment: &Value, message: &str, now: Timestamp) {
        let event = NewEvent {
            is_warning: false,
            reason: "ScalingReplicaSet",
            message,
            component: "deployment-controller",
            field_path: "",
        };
        self.record_event(deployment, event, now);
    }

    fn scale(&mut self, deployment: &Value, replica_set: &Value, to: i64, now: Timestamp) {
        let Some(resource) = resources::by_name("replicasets") else { return };
        let from = replicas(replica_set);
        let mut scaled = replica_set.clone();
        put(&mut scaled, "/spec/replicas", to);
        self.update_by_controller(resource, scaled, "", now);
        let direction = if to > from { "up" } else { "down" };
        let message =
            format!("Scaled {direction} replica set {} from {from} to {to}", name(replica_set));
        self.record_scaling(deployment, &message, now);
    }

    /// Scales old ReplicaSets down, as far as `maxUnavailable` allows.
    fn scale_down_old(&mut self, deployment: &Value, new: &Value, old: &[Value], now: Timestamp) {
        let available =
            |replica_set: &Value| int(replica_set, "/status/availableReplicas").unwrap_or_default();
        let old_total: i64 = old.iter().map(replicas).sum();
        let min_available = replicas(deployment) - max_unavailable(deployment);
        let new_unavailable = replicas(new) - available(new);
        let mut room = old_total + replicas(new) - min_available - new_unavailable;
        if old_total == 0 || room <= 0 {
            return;
        }
        // Unhealthy pods first.
        let mut targets: Vec<(&Value, i64)> =
            old.iter().map(|replica_set| (replica_set, replicas(replica_set))).collect();
        for (replica_set, count) in &mut targets {
            let unhealthy = (*count - available(replica_set)).clamp(0, room);
            *count -= unhealthy;
            room -= unhealthy;
        }
        let total_available: i64 = available(new) + old.iter().map(available).sum::<i64>();
        let mut spare = total_available - min_available;
        for (_, count) in &mut targets {
            let removed = (*count).min(spare).max(0);
            *count -= removed;
            spare -= removed;
        }
        for (replica_set, count) in targets {
            if count != replicas(replica_set) {
                self.scale(deployment, replica_set, count, now);
            }
        }
    }

    /// Deletes unused ReplicaSets beyond `revisionHistoryLimit`.
    fn delete_old_replica_sets(&mut self, deployment: &Value, old: &[Value]) {
        let limit = int(deployment, "/spec/revisionHistoryLimit").unwrap_or(10);
        let is_unused = |replica_set: &&Value| {
            replicas(replica_set) == 0
                && int(replica_set, "/status/replicas").unwrap_or_default() == 0
        };
        let unused: Vec<&Value> = old.iter().filter(is_unused).collect();
        let excess = unused.len().saturating_sub(usize::try_from(limit).unwrap_or_default());
        if let Some(resource) = resources::by_name("replicasets") {
            for replica_set in unused.into_iter().take(excess) {
                self.store.remove(resource, namespace(replica_set), name(replica_set));
            }
        }
    }
}

fn parse_int(text: &str) -> i64 {
    text.parse().unwrap_or_default()
}

fn is_recreate(deployment: &Value) -> bool {
    text(deployment, "/spec/strategy/type") == "Recreate"
}

/// The pod template without the label `pod-template-hash`.
fn template_without_hash(object: &Value) -> Value {
    let mut template = object.pointer("/spec/template").cloned().unwrap_or_default();
    remove(&mut template, &format!("/metadata/labels/{TEMPLATE_HASH}"));
    template
}

/// Uses the real server's alphabet, but another hash function.
fn template_hash(template: &Value) -> String {
    let digest = crate::hash::sha256(template.to_string());
    let letter = |byte: u8| NAME_ALPHABET.get(usize::from(byte) % NAME_ALPHABET.len()).copied();
    let pairs = digest
        .as_bytes()
        .chunks(2)
        .map(|pair| pair.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte)));
    pairs.filter_map(letter).take(10).map(char::from).collect()
}
