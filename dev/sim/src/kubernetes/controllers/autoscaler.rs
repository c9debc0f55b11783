//! Autoscalers only keep the number of replicas within their bounds: nothing here uses CPU.

use super::replica_counts::replicas;
use crate::kubernetes::json::{int, namespace, put, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{AUTOSCALERS, DEPLOYMENTS};

impl ClusterState {
    pub fn sync_autoscalers(&mut self) {
        for scaler in self.objects_of(&AUTOSCALERS) {
            let target = text(&scaler, "/spec/scaleTargetRef/name");
            let Some(deployment) = self.find(&DEPLOYMENTS, namespace(&scaler), target) else {
                continue;
            };
            let min = int(&scaler, "/spec/minReplicas").unwrap_or(1);
            let max = int(&scaler, "/spec/maxReplicas").unwrap_or(1);
            let current = replicas(deployment);
            // Zero replicas disable autoscaling.
            if current > 0 {
                let mut scaled = deployment.clone();
                put(&mut scaled, "/spec/replicas", current.clamp(min, max.max(min)));
                self.update(&DEPLOYMENTS, scaled);
            }
        }
    }
}
