//! One step of all controllers and nodes.

use jiff::Timestamp;

use crate::kubernetes::state::ClusterState;

impl ClusterState {
    /// Runs one step of all controllers and nodes.
    pub fn run_step(&mut self, now: Timestamp) {
        self.current_step += 1;
        let writes_before = self.store.write_count;
        let mut is_busy = self.sync_controllers(now);
        if !self.control_plane_only {
            is_busy |= self.sync_pods(now);
        }
        self.is_busy = is_busy || self.store.write_count != writes_before;
    }

    /// Returns whether a controller waits for something that is going to happen.
    fn sync_controllers(&mut self, now: Timestamp) -> bool {
        let is_waiting = self.sync_terminating_namespaces(now);
        self.collect_garbage(now);
        self.sync_autoscalers(now);
        self.sync_deployments(now);
        self.sync_replica_sets(now);
        self.sync_small_controllers(now);
        is_waiting
    }
}
