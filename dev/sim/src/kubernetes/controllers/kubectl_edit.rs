//! Somebody who changes Deployments with `kubectl edit`: those with `edited` in their names, once each, when their first
//! rollout is done.

use serde_json::json;

use super::conditions;
use super::replica_counts::replicas;
use crate::kubernetes::json::{list, name, namespace, text, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::DEPLOYMENTS;

const EDITED: &str = "edited";

impl ClusterState {
    pub fn edit_deployments(&mut self) {
        for deployment in self.objects_of(&DEPLOYMENTS) {
            let conditions = list(&deployment, "/status/conditions");
            let is_done = conditions::find(conditions, "Progressing")
                .is_some_and(|condition| text(condition, "/reason") == "NewReplicaSetAvailable");
            let is_edited = self.edited_deployments.contains(uid(&deployment));
            if !is_done || is_edited || !name(&deployment).contains(EDITED) {
                continue;
            }
            self.edited_deployments.insert(uid(&deployment).to_owned());
            let key = (namespace(&deployment), name(&deployment));
            let changes = json!({"spec": {"replicas": replicas(&deployment) + 1}});
            // Fails only if the Deployment was deleted.
            let _ = self.edit(&DEPLOYMENTS, key, "kubectl-edit", &changes);
        }
    }
}
