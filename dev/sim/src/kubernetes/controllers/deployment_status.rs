//! The deployment controller: status and conditions.

use serde_json::{Value, json};

use super::conditions::{self, Condition};
use super::replica_counts::{max_unavailable, replicas};
use crate::kubernetes::json::{int, list, name, namespace, text, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::DEPLOYMENTS;

/// The pods of a Deployment's ReplicaSets.
struct Counts {
    replicas: i64,
    updated: i64,
    ready: i64,
    available: i64,
}

impl Counts {
    fn new(new: Option<&Value>, old: &[Value]) -> Self {
        let count =
            |set: &Value, field: &str| int(set, &format!("/status/{field}")).unwrap_or_default();
        let sum = |field: &str| old.iter().chain(new).map(|set| count(set, field)).sum::<i64>();
        Self {
            replicas: sum("replicas"),
            updated: new.map_or(0, |new| count(new, "replicas")),
            ready: sum("readyReplicas"),
            available: sum("availableReplicas"),
        }
    }

    /// The counts in the status that the Deployment has.
    fn of_status(deployment: &Value) -> Self {
        let count = |field: &str| int(deployment, &format!("/status/{field}")).unwrap_or_default();
        Self {
            replicas: count("replicas"),
            updated: count("updatedReplicas"),
            ready: count("readyReplicas"),
            available: count("availableReplicas"),
        }
    }

    fn is_complete(&self, desired: i64) -> bool {
        [self.updated, self.replicas, self.available] == [desired; 3]
    }

    fn has_progressed_since(&self, before: &Self) -> bool {
        self.updated > before.updated
            || self.replicas - self.updated < before.replicas - before.updated
            || self.ready > before.ready
            || self.available > before.available
    }
}

impl ClusterState {
    pub fn update_deployment_status(
        &mut self,
        deployment: &Value,
        new: Option<&Value>,
        old: &[Value],
    ) {
        let current = self.find(&DEPLOYMENTS, namespace(deployment), name(deployment)).cloned();
        let Some(deployment) = &current else { return };
        let counts = Counts::new(new, old);
        let mut conditions = list(deployment, "/status/conditions").to_vec();
        let minimum = replicas(deployment) - max_unavailable(deployment);
        let available = match counts.available >= minimum {
            true => Condition {
                kind: "Available",
                status: "True",
                reason: "MinimumReplicasAvailable",
                message: "Deployment has minimum availability.",
            },
            false => Condition {
                kind: "Available",
                status: "False",
                reason: "MinimumReplicasUnavailable",
                message: "Deployment does not have minimum availability.",
            },
        };
        conditions::set(&mut conditions, &available, &self.timestamp());
        if let Some((reason, message)) = self.progress(deployment, new, &counts, &conditions) {
            let status = if reason == "ProgressDeadlineExceeded" { "False" } else { "True" };
            let kind = "Progressing";
            let progressing = Condition { kind, status, reason, message: &message };
            conditions::set(&mut conditions, &progressing, &self.timestamp());
        }
        let specified: i64 = old.iter().chain(new).map(replicas).sum();
        let status = json!({
            "observedGeneration": int(deployment, "/metadata/generation"),
            "replicas": counts.replicas, "updatedReplicas": counts.updated,
            "readyReplicas": counts.ready, "availableReplicas": counts.available,
            "unavailableReplicas": (specified - counts.available).max(0),
            "conditions": conditions,
        });
        self.set_status(&DEPLOYMENTS, deployment, status);
    }

    /// The reason and the message of the condition `Progressing`. None if it stays as it is.
    fn progress(
        &mut self,
        deployment: &Value,
        new: Option<&Value>,
        counts: &Counts,
        conditions: &[Value],
    ) -> Option<(&'static str, String)> {
        let id = uid(deployment).to_owned();
        let observed_generation = int(deployment, "/status/observedGeneration");
        if observed_generation != int(deployment, "/metadata/generation") {
            // A changed spec restarts the deadline.
            self.last_progress.insert(id.clone(), self.current_step);
        }
        let object = match new {
            Some(new) => format!("ReplicaSet {:?}", name(new)),
            None => format!("Deployment {:?}", name(deployment)),
        };
        let reason = conditions::find(conditions, "Progressing").map(|old| text(old, "/reason"));
        if self.deployments_with_new_replica_set.remove(&id) {
            let message = format!("Created new replica set {:?}", new.map_or("", name));
            return Some(("NewReplicaSetCreated", message));
        }
        if new.is_some() && counts.is_complete(replicas(deployment)) {
            let message = format!("{object} has successfully progressed.");
            return Some(("NewReplicaSetAvailable", message));
        }
        if reason == Some("NewReplicaSetAvailable") && counts.replicas == counts.updated {
            // There is no rollout; pods are only scaled or replaced.
            return None;
        }
        if counts.has_progressed_since(&Counts::of_status(deployment)) {
            self.last_progress.insert(id, self.current_step);
            return Some(("ReplicaSetUpdated", format!("{object} is progressing.")));
        }
        let since = self.last_progress.get(&id).copied().unwrap_or(self.current_step);
        let elapsed = i64::try_from(self.current_step.saturating_sub(since)).unwrap_or(i64::MAX);
        let deadline = int(deployment, "/spec/progressDeadlineSeconds").unwrap_or(600);
        (elapsed > deadline && observed_generation.is_some())
            .then(|| ("ProgressDeadlineExceeded", format!("{object} has timed out progressing.")))
    }
}
