//! The controllers: one pass of each in a step.

mod conditions;
mod deployment;
pub mod events;
mod garbage;
mod others;
mod progress;
mod replicaset;

use jiff::Timestamp;

use super::model::Model;

impl Model {
    /// One pass of all. Whether one of them waits for something that is sure to come.
    pub fn run_controllers(&mut self, now: Timestamp) -> bool {
        let waits = self.empty_namespaces(now);
        self.collect_garbage(now);
        self.run_autoscalers(now);
        self.run_deployments(now);
        self.run_replica_sets(now);
        self.run_others(now);
        waits
    }
}
