//! The replicaset controller: creates and deletes pods to match the number of replicas.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::conditions;
use super::replica_counts::replicas;
use crate::kubernetes::events::NewEvent;
use crate::kubernetes::json::{
    controller, int, is_terminating, list, name, namespace, put, text, uid,
};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources;

/// In steps.
const MAX_BACKOFF: u64 = 64;

impl ClusterState {
    pub fn sync_replica_sets(&mut self, now: Timestamp) {
        for replica_set in self.objects_of_kind("replicasets") {
            let failure = if is_terminating(&replica_set) {
                None
            } else {
                self.sync_replicas(&replica_set, now)
            };
            self.update_replica_set_status(&replica_set, failure, now);
        }
    }

    /// The pods that are neither terminating nor ended.
    fn active_pods(&self, replica_set: &Value) -> Vec<Value> {
        let mut pods = self.objects_in_namespace("pods", namespace(replica_set));
        pods.retain(|pod| {
            controller(pod).is_some_and(|owner| text(owner, "/uid") == uid(replica_set))
                && !is_terminating(pod)
                && !["Succeeded", "Failed"].contains(&text(pod, "/status/phase"))
        });
        pods
    }

    fn count_terminating_pods(&self, replica_set: &Value) -> usize {
        let pods = self.objects_in_namespace("pods", namespace(replica_set));
        let owned = pods.iter().filter(|pod| {
            controller(pod).is_some_and(|owner| text(owner, "/uid") == uid(replica_set))
                && !["Succeeded", "Failed"].contains(&text(pod, "/status/phase"))
        });
        owned.filter(|pod| is_terminating(pod)).count()
    }

    /// Creates or deletes pods. Returns the error if pods cannot be created.
    fn sync_replicas(&mut self, replica_set: &Value, now: Timestamp) -> Option<String> {
        let mut pods = self.active_pods(replica_set);
        let count = i64::try_from(pods.len()).unwrap_or(i64::MAX);
        let desired = replicas(replica_set);
        let old_failure =
            conditions::find(list(replica_set, "/status/conditions"), "ReplicaFailure");
        let old_failure = old_failure.map(|condition| text(condition, "/message").to_owned());
        if count < desired {
            let id = uid(replica_set).to_owned();
            let (retry_step, backoff) =
                self.replica_set_retries.get(&id).copied().unwrap_or((0, 1));
            if retry_step > self.current_step {
                return old_failure;
            }
            for _ in count..desired {
                if let Err(error) = self.create_pod(replica_set, now) {
                    self.replica_set_retries
                        .insert(id, (self.current_step + backoff, (backoff * 2).min(MAX_BACKOFF)));
                    return Some(error);
                }
            }
            self.replica_set_retries.remove(&id);
            return None;
        }
        // Deletes unready pods first, then the youngest.
        pods.sort_by_key(|pod| {
            let ready_since = self.pod_states.get(uid(pod)).and_then(|state| state.ready_since);
            (ready_since.is_some(), std::cmp::Reverse(ready_since))
        });
        let excess = usize::try_from(count - desired).unwrap_or_default();
        if let Some(resource) = resources::by_name("pods") {
            for pod in pods.iter().take(excess) {
                // Fails only if the pod was deleted already.
                let _ = self.delete(resource, (namespace(pod), name(pod)), &json!({}), now);
                let message = format!("Deleted pod: {}", name(pod));
                self.record_replica_set_event(
                    replica_set,
                    false,
                    "SuccessfulDelete",
                    &message,
                    now,
                );
            }
        }
        None
    }

    fn create_pod(&mut self, replica_set: &Value, now: Timestamp) -> Result<(), String> {
        let mut pod = replica_set.pointer("/spec/template").cloned().unwrap_or_default();
        put(&mut pod, "/apiVersion", "v1");
        put(&mut pod, "/kind", "Pod");
        let pod_name = format!("{}-{}", name(replica_set), self.random_suffix(5));
        put(&mut pod, "/metadata/name", pod_name.clone());
        put(&mut pod, "/metadata/generateName", format!("{}-", name(replica_set)));
        put(&mut pod, "/metadata/namespace", namespace(replica_set));
        put(
            &mut pod,
            "/metadata/ownerReferences",
            json!([{
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name(replica_set), "uid": uid(replica_set),
                "controller": true, "blockOwnerDeletion": true,
            }]),
        );
        match self.create_by_controller(pod, now) {
            Ok(_) => {
                let message = format!("Created pod: {pod_name}");
                self.record_replica_set_event(
                    replica_set,
                    false,
                    "SuccessfulCreate",
                    &message,
                    now,
                );
                Ok(())
            }
            Err(error) => {
                let message = format!("Error creating: {}", error.message);
                self.record_replica_set_event(replica_set, true, "FailedCreate", &message, now);
                Err(error.message)
            }
        }
    }

    fn record_replica_set_event(
        &mut self,
        replica_set: &Value,
        is_warning: bool,
        reason: &str,
        message: &str,
        now: Timestamp,
    ) {
        let component = "replicaset-controller";
        self.record_event(
            replica_set,
            NewEvent { is_warning, reason, message, component, field_path: "" },
            now,
        );
    }

    fn update_replica_set_status(
        &mut self,
        replica_set: &Value,
        failure: Option<String>,
        now: Timestamp,
    ) {
        let pods = self.active_pods(replica_set);
        let min_ready_steps =
            u64::try_from(int(replica_set, "/spec/minReadySeconds").unwrap_or(0)).unwrap_or(0);
        let ready_since =
            |pod: &Value| self.pod_states.get(uid(pod)).and_then(|state| state.ready_since);
        let ready = pods.iter().filter(|pod| ready_since(pod).is_some()).count();
        let available = pods
            .iter()
            .filter(|pod| {
                ready_since(pod).is_some_and(|since| self.current_step >= since + min_ready_steps)
            })
            .count();
        let generation = int(replica_set, "/metadata/generation").unwrap_or_default();
        let mut status = json!({
            "replicas": pods.len(), "observedGeneration": generation,
            "terminatingReplicas": self.count_terminating_pods(replica_set),
        });
        for (field, count) in [
            ("fullyLabeledReplicas", pods.len()),
            ("readyReplicas", ready),
            ("availableReplicas", available),
        ] {
            if count > 0 {
                put(&mut status, &format!("/{field}"), count);
            }
        }
        if let Some(message) = failure {
            let old = list(replica_set, "/status/conditions");
            let condition =
                conditions::condition(old, "ReplicaFailure", "True", "FailedCreate", &message, now);
            put(&mut status, "/conditions", json!([condition]));
        }
        if let Some(resource) = resources::by_name("replicasets") {
            self.set_status(resource, replica_set, status, now);
        }
    }
}
