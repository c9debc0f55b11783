//! The scheduler and the nodes: schedule pods, run their containers and report their status.

pub mod container;
mod image_behaviour;
mod pod;
pub mod pod_state;
mod references;
mod status;
mod sync;
