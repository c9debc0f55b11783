//! What a node knows about a pod.

use jiff::Timestamp;

use super::container::{ContainerState, Stage};

#[derive(Debug, Clone, Default)]
pub struct PodState {
    /// The step in which the pod became ready. None while it is not ready.
    pub ready_since: Option<u64>,
    pub is_scheduled: bool,
    /// Why no node can run the pod.
    pub unschedulable_reason: Option<String>,
    pub started_at: Option<Timestamp>,
    pub containers: Vec<ContainerState>,
    /// The step in which a terminating pod is deleted.
    pub deletion_step: Option<u64>,
}

impl PodState {
    /// Whether the pod is in a failure that repeats, or lasts until somebody fixes it.
    pub fn is_stuck(&self) -> bool {
        self.unschedulable_reason.is_some() || self.containers.iter().any(ContainerState::is_stuck)
    }

    /// Whether the pod stays as it is unless somebody changes it.
    pub fn is_stable(&self) -> bool {
        let is_container_stable = |container: &ContainerState| {
            container.stage == Stage::Running && (container.is_ready || container.is_reported)
        };
        self.is_stuck() || (self.is_scheduled && self.containers.iter().all(is_container_stable))
    }

    pub fn is_ready(&self) -> bool {
        !self.containers.is_empty() && self.containers.iter().all(|container| container.is_ready)
    }
}
