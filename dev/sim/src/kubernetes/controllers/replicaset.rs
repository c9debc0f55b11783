//! The replicaset controller: creates and deletes pods to match the number of replicas.

use serde_json::{Value, json};

use super::replica_counts::replicas;
use crate::kubernetes::events::NewEvent;
use crate::kubernetes::json::{int, is_owned_by, is_terminating, name, namespace, put, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{PODS, REPLICA_SETS};

impl ClusterState {
    pub fn sync_replica_sets(&mut self) {
        for replica_set in self.objects_of(&REPLICA_SETS) {
            if !is_terminating(&replica_set) {
                self.sync_replicas(&replica_set);
            }
            self.update_replica_set_status(&replica_set);
        }
    }

    fn active_pods(&self, replica_set: &Value) -> Vec<Value> {
        let mut pods = self.objects_in(&PODS, namespace(replica_set));
        pods.retain(|pod| is_owned_by(pod, uid(replica_set)) && !is_terminating(pod));
        pods
    }

    /// The step in which a pod became ready. None while it is not ready.
    fn ready_since(&self, pod: &Value) -> Option<u64> {
        self.pod_states.get(uid(pod))?.ready_since
    }

    fn sync_replicas(&mut self, replica_set: &Value) {
        let mut pods = self.active_pods(replica_set);
        let count = i64::try_from(pods.len()).unwrap_or(i64::MAX);
        let desired = replicas(replica_set);
        for _ in count..desired {
            self.create_pod(replica_set);
        }
        // Deletes unready pods first, then the youngest.
        pods.sort_by_key(|pod| {
            let ready_since = self.ready_since(pod);
            (ready_since.is_some(), std::cmp::Reverse(ready_since))
        });
        let excess = usize::try_from(count - desired).unwrap_or_default();
        for pod in pods.iter().take(excess) {
            // Fails only if the pod was deleted already.
            let _ = self.delete(&PODS, (namespace(pod), name(pod)), &json!({}));
            let message = format!("Deleted pod: {}", name(pod));
            self.record_event(replica_set, NewEvent::normal("SuccessfulDelete", &message));
        }
    }

    fn create_pod(&mut self, replica_set: &Value) {
        let mut pod = replica_set.pointer("/spec/template").cloned().unwrap_or_default();
        let pod_name = format!("{}-{}", name(replica_set), self.random_suffix());
        let owner = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name(replica_set),
            "uid": uid(replica_set), "controller": true, "blockOwnerDeletion": true,
        });
        for (path, value) in [
            ("/apiVersion", json!("v1")),
            ("/kind", json!("Pod")),
            ("/metadata/name", json!(pod_name)),
            ("/metadata/generateName", json!(format!("{}-", name(replica_set)))),
            ("/metadata/namespace", json!(namespace(replica_set))),
            ("/metadata/ownerReferences", json!([owner])),
            ("/status/phase", json!("Pending")),
        ] {
            put(&mut pod, path, value);
        }
        // Fails only if the namespace is terminating, which then deletes the ReplicaSet too.
        if self.create(pod).is_ok() {
            let message = format!("Created pod: {pod_name}");
            self.record_event(replica_set, NewEvent::normal("SuccessfulCreate", &message));
        }
    }

    fn update_replica_set_status(&mut self, replica_set: &Value) {
        let pods = self.active_pods(replica_set);
        let ready = pods.iter().filter(|pod| self.ready_since(pod).is_some()).count();
        let status = json!({
            "replicas": pods.len(), "readyReplicas": ready, "availableReplicas": ready,
            "observedGeneration": int(replica_set, "/metadata/generation"),
        });
        self.set_status(&REPLICA_SETS, replica_set, status);
    }
}
