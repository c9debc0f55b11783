//! The scheduler and the nodes: schedule pods, run their containers and report their status.

pub mod container;
mod image_behaviour;
mod image_pull;
mod pod;
pub mod pod_state;
mod run_container;
mod status;
