//! The deployment controller: ReplicaSets and rolling updates.

use serde_json::{Value, json};

use super::replica_counts::{max_surge, max_unavailable, replicas};
use crate::kubernetes::events::NewEvent;
use crate::kubernetes::json::{
    int, is_owned_by, is_terminating, name, namespace, put, remove, text, uid,
};
use crate::kubernetes::state::resources::{DEPLOYMENTS, PODS, REPLICA_SETS};
use crate::kubernetes::state::{ClusterState, NAME_ALPHABET};

const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";
const TEMPLATE_HASH: &str = "pod-template-hash";

impl ClusterState {
    pub fn sync_deployments(&mut self) {
        for deployment in self.objects_of(&DEPLOYMENTS) {
            if !is_terminating(&deployment) {
                self.sync_deployment(&deployment);
            }
        }
    }

    fn sync_deployment(&mut self, deployment: &Value) {
        let owned = self.replica_sets_of(deployment);
        let (mut new, old): (Vec<Value>, Vec<Value>) = owned.into_iter().partition(|replica_set| {
            template_without_hash(replica_set) == template_without_hash(deployment)
        });
        // If several have this template, the oldest is used, as in the real controller.
        let mut new = if new.is_empty() { None } else { Some(new.remove(0)) };
        // If pods are recreated, new ones are created when the old ones are gone.
        if !is_recreate(deployment) || !self.scale_down_all(deployment, &old) {
            new = self.roll_out(deployment, new, &old);
        }
        let reload = |cluster: &Self, replica_set: &Value| {
            cluster.find(&REPLICA_SETS, namespace(replica_set), name(replica_set)).cloned()
        };
        let old: Vec<Value> =
            old.iter().filter_map(|replica_set| reload(self, replica_set)).collect();
        let new = new.and_then(|replica_set| reload(self, &replica_set));
        self.delete_old_replica_sets(deployment, &old);
        self.update_deployment_status(deployment, new.as_ref(), &old);
    }

    /// Creates the new ReplicaSet if there is none, and scales it. Returns it, unless the namespace is
    /// terminating.
    fn roll_out(&mut self, deployment: &Value, new: Option<Value>, old: &[Value]) -> Option<Value> {
        let new = match new {
            Some(mut replica_set) => {
                let number = revision(&replica_set).max(newest_revision(old) + 1);
                put(&mut replica_set, REVISION, number.to_string());
                self.update(&REPLICA_SETS, replica_set)
            }
            None => self.create_replica_set(deployment, old)?,
        };
        self.set_deployment_revision(deployment, text(&new, REVISION));
        self.scale_up_new(deployment, &new, old);
        Some(new)
    }

    /// All ReplicaSets of a Deployment, oldest revision first.
    fn replica_sets_of(&self, deployment: &Value) -> Vec<Value> {
        let mut owned = self.objects_in(&REPLICA_SETS, namespace(deployment));
        owned.retain(|replica_set| {
            is_owned_by(replica_set, uid(deployment)) && !is_terminating(replica_set)
        });
        owned.sort_by_key(revision);
        owned
    }

    /// Scales all old ReplicaSets to zero. Returns whether some of their pods still exist.
    fn scale_down_all(&mut self, deployment: &Value, old: &[Value]) -> bool {
        for replica_set in old {
            self.scale(deployment, replica_set, 0);
        }
        let pods = self.objects_in(&PODS, namespace(deployment));
        pods.iter().any(|pod| old.iter().any(|replica_set| is_owned_by(pod, uid(replica_set))))
    }

    fn set_deployment_revision(&mut self, deployment: &Value, revision: &str) {
        let current = self.find(&DEPLOYMENTS, namespace(deployment), name(deployment));
        if let Some(mut current) = current.cloned() {
            put(&mut current, REVISION, revision);
            self.update(&DEPLOYMENTS, current);
        }
    }

    /// None if the namespace is terminating.
    fn create_replica_set(&mut self, deployment: &Value, old: &[Value]) -> Option<Value> {
        let total: i64 = old.iter().map(replicas).sum();
        let room = (replicas(deployment) + max_surge(deployment) - total).max(0);
        let count = match is_recreate(deployment) {
            true => replicas(deployment),
            false => room.min(replicas(deployment)),
        };
        let mut template = deployment.pointer("/spec/template").cloned().unwrap_or_default();
        let hash = template_hash(&template);
        put(&mut template, &format!("/metadata/labels/{TEMPLATE_HASH}"), hash.clone());
        let replica_set_name = format!("{}-{hash}", name(deployment));
        let mut selector = deployment.pointer("/spec/selector").cloned().unwrap_or_default();
        put(&mut selector, &format!("/matchLabels/{TEMPLATE_HASH}"), hash);
        let mut replica_set = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": replica_set_name, "namespace": namespace(deployment),
                "labels": template.pointer("/metadata/labels").cloned().unwrap_or_default(),
                "ownerReferences": [{
                    "apiVersion": "apps/v1", "kind": "Deployment", "name": name(deployment),
                    "uid": uid(deployment), "controller": true, "blockOwnerDeletion": true,
                }],
            },
            "spec": {"replicas": count, "selector": selector, "template": template},
        });
        put(&mut replica_set, REVISION, (newest_revision(old) + 1).to_string());
        let created = self.create(replica_set).ok()?;
        self.last_progress.insert(uid(deployment).to_owned(), self.current_step);
        self.deployments_with_new_replica_set.insert(uid(deployment).to_owned());
        let message = format!("Scaled up replica set {replica_set_name} from 0 to {count}");
        self.record_event(deployment, NewEvent::normal("ScalingReplicaSet", &message));
        Some(created)
    }

    fn scale(&mut self, deployment: &Value, replica_set: &Value, to: i64) {
        let from = replicas(replica_set);
        if to == from {
            return;
        }
        let mut scaled = replica_set.clone();
        put(&mut scaled, "/spec/replicas", to);
        self.update(&REPLICA_SETS, scaled);
        let direction = if to > from { "up" } else { "down" };
        let message =
            format!("Scaled {direction} replica set {} from {from} to {to}", name(replica_set));
        self.record_event(deployment, NewEvent::normal("ScalingReplicaSet", &message));
    }

    /// Scales the new ReplicaSet to the number of replicas, as far as `maxSurge` allows. If nothing is left to do,
    /// scales the old ones down.
    fn scale_up_new(&mut self, deployment: &Value, new: &Value, old: &[Value]) {
        let desired = replicas(deployment);
        let target = if is_recreate(deployment) || replicas(new) > desired {
            desired
        } else {
            let total: i64 = replicas(new) + old.iter().map(replicas).sum::<i64>();
            let room = desired + max_surge(deployment) - total;
            (replicas(new) + room.max(0)).min(desired).max(replicas(new))
        };
        if target != replicas(new) {
            self.scale(deployment, new, target);
        } else if !is_recreate(deployment) {
            self.scale_down_old(deployment, new, old);
        }
    }

    /// Scales old ReplicaSets down, as far as `maxUnavailable` allows.
    fn scale_down_old(&mut self, deployment: &Value, new: &Value, old: &[Value]) {
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
            self.scale(deployment, replica_set, count);
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
        for replica_set in unused.into_iter().take(excess) {
            self.store.remove(&REPLICA_SETS, namespace(replica_set), name(replica_set));
        }
    }
}

fn revision(replica_set: &Value) -> i64 {
    text(replica_set, REVISION).parse().unwrap_or_default()
}

fn newest_revision(replica_sets: &[Value]) -> i64 {
    replica_sets.iter().map(revision).max().unwrap_or_default()
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
