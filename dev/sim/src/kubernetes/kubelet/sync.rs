//! One step of all nodes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::kubernetes::json::{is_terminating, uid};
use crate::kubernetes::state::ClusterState;

impl ClusterState {
    /// Runs one step of every pod. Returns whether a pod has not reached a stable state yet.
    pub fn sync_pods(&mut self, now: Timestamp) -> bool {
        let pods = self.objects_of_kind("pods");
        let uids: BTreeSet<&str> = pods.iter().map(uid).collect();
        self.pod_states.retain(|uid, _| uids.contains(uid.as_str()));
        let mut is_busy = false;
        for pod in &pods {
            is_busy |= self.sync_pod(pod, now);
        }
        is_busy
    }

    fn sync_pod(&mut self, pod: &Value, now: Timestamp) -> bool {
        let mut state = self.pod_states.remove(uid(pod)).unwrap_or_default();
        let writes_before = self.store.write_count;
        let was_stuck = state.is_stuck();
        let is_busy = if is_terminating(pod) {
            self.terminate_pod(pod, &mut state, now)
        } else {
            self.run_pod(pod, &mut state, now);
            if was_stuck && state.is_stuck() {
                // Ignore writes that repeat forever, so that the cluster does not count as busy.
                self.store.write_count = writes_before;
                false
            } else {
                !state.is_stable()
            }
        };
        self.pod_states.insert(uid(pod).to_owned(), state);
        is_busy
    }
}
