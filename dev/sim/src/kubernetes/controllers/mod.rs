//! The controllers of kube-controller-manager. Each step syncs every object once.

mod autoscaler;
mod conditions;
mod deployment;
mod deployment_status;
mod garbage_collector;
mod kubectl_edit;
mod quota;
mod replica_counts;
mod replicaset;
mod routes;

use crate::kubernetes::state::ClusterState;

impl ClusterState {
    /// Runs one step of all controllers and nodes.
    pub fn run_step(&mut self) {
        self.current_step += 1;
        let writes_before = self.store.write_count;
        let mut is_busy = self.sync_terminating_namespaces();
        self.collect_garbage();
        self.sync_autoscalers();
        self.sync_deployments();
        self.sync_replica_sets();
        self.edit_deployments();
        self.sync_routes();
        self.sync_quotas();
        if !self.options.control_plane_only {
            is_busy |= self.sync_pods();
        }
        self.is_busy = is_busy || self.store.write_count != writes_before;
    }
}
