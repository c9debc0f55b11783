//! The controllers of kube-controller-manager. Each step syncs every object once.

mod conditions;
mod deployment;
mod deployment_status;
mod garbage_collector;
mod replica_counts;
mod replicaset;
mod small_controllers;
pub mod step;
