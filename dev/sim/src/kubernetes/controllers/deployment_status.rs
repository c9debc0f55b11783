//! The deployment controller: status and conditions.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::conditions;
use super::replica_counts::{max_unavailable, replicas};
use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{int, list, name, namespace, put, text, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources;

impl ClusterState {
    pub fn update_deployment_status(
        &mut self,
        deployment: &Value,
        new: Option<&Value>,
        old: &[Value],
        failure: Option<&ApiError>,
        now: Timestamp,
    ) {
        let current = self.find("deployments", namespace(deployment), name(deployment)).cloned();
        let Some(deployment) = &current else { return };
        let sum = |path: &str| {
            let replica_sets = old.iter().chain(new);
            replica_sets.map(|set| int(set, path).unwrap_or_default()).sum::<i64>()
        };
        let available = sum("/status/availableReplicas");
        let updated = new.and_then(|new| int(new, "/status/replicas")).unwrap_or_default();
        let counts = [
            ("replicas", sum("/status/replicas")),
            ("updatedReplicas", updated),
            ("readyReplicas", sum("/status/readyReplicas")),
            ("availableReplicas", available),
            ("unavailableReplicas", (sum("/spec/replicas") - available).max(0)),
        ];
        let mut conditions: Vec<Value> = list(deployment, "/status/conditions").to_vec();
        let has_minimum = available >= replicas(deployment) - max_unavailable(deployment);
        let (status, reason, message) = match has_minimum {
            true => ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
            false => (
                "False",
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            ),
        };
        conditions::set(&mut conditions, "Available", status, reason, message, now);
        self.set_progressing_condition(deployment, new, &counts, failure, &mut conditions, now);
        let set_conditions = old.iter().chain(new).flat_map(|set| list(set, "/status/conditions"));
        let replica_failure =
            set_conditions.rev().find(|condition| text(condition, "/type") == "ReplicaFailure");
        match replica_failure {
            Some(failure) => {
                let (reason, message) = (text(failure, "/reason"), text(failure, "/message"));
                conditions::set(&mut conditions, "ReplicaFailure", "True", reason, message, now);
            }
            None => conditions.retain(|condition| text(condition, "/type") != "ReplicaFailure"),
        }
        let generation = int(deployment, "/metadata/generation").unwrap_or_default();
        let mut status = json!({
            "observedGeneration": generation, "conditions": conditions,
            "terminatingReplicas": sum("/status/terminatingReplicas"),
        });
        for (field, count) in counts {
            if count > 0 {
                put(&mut status, &format!("/{field}"), count);
            }
        }
        if let Some(resource) = resources::by_name("deployments") {
            self.set_status(resource, deployment, status, now);
        }
    }

    fn set_progressing_condition(
        &mut self,
        deployment: &Value,
        new: Option<&Value>,
        counts: &[(&str, i64)],
        failure: Option<&ApiError>,
        conditions: &mut Vec<Value>,
        now: Timestamp,
    ) {
        let object = match new {
            Some(new) => format!("ReplicaSet {:?}", name(new)),
            None => format!("Deployment {:?}", name(deployment)),
        };
        if let Some(error) = failure {
            let message = format!("Failed to create new replica set: {}", error.message);
            conditions::set(
                conditions,
                "Progressing",
                "False",
                "ReplicaSetCreateError",
                &message,
                now,
            );
            return;
        }
        let count = |name: &str| {
            counts.iter().find(|(field, _)| *field == name).map_or(0, |(_, count)| *count)
        };
        let progressing = conditions::find(conditions, "Progressing");
        let reason =
            progressing.map(|condition| text(condition, "/reason").to_owned()).unwrap_or_default();
        let previous =
            |field: &str| int(deployment, &format!("/status/{field}")).unwrap_or_default();
        let desired = replicas(deployment);
        let total = count("replicas");
        let is_complete = count("updatedReplicas") == desired
            && total == desired
            && count("availableReplicas") == desired
            && new.is_some();
        let old_pods = |replicas: i64, updated: i64| replicas - updated;
        let has_progressed = count("updatedReplicas") > previous("updatedReplicas")
            || old_pods(total, count("updatedReplicas"))
                < old_pods(previous("replicas"), previous("updatedReplicas"))
            || count("readyReplicas") > previous("readyReplicas")
            || count("availableReplicas") > previous("availableReplicas");
        let id = uid(deployment).to_owned();
        let observed_generation = int(deployment, "/status/observedGeneration").unwrap_or_default();
        if observed_generation != int(deployment, "/metadata/generation").unwrap_or_default() {
            // A changed spec restarts the deadline.
            self.last_progress.insert(id.clone(), self.current_step);
        }
        let is_new_rollout = self.deployments_with_new_replica_set.remove(&id);
        if is_new_rollout {
            let message =
                format!("Created new replica set {:?}", new.map(name).unwrap_or_default());
            conditions.retain(|condition| text(condition, "/type") != "Progressing");
            conditions::set(
                conditions,
                "Progressing",
                "True",
                "NewReplicaSetCreated",
                &message,
                now,
            );
        } else if is_complete {
            let message = format!("{object} has successfully progressed.");
            conditions::set(
                conditions,
                "Progressing",
                "True",
                "NewReplicaSetAvailable",
                &message,
                now,
            );
        } else if reason == "NewReplicaSetAvailable" && total == count("updatedReplicas") {
            // There is no rollout; pods are only scaled or replaced.
        } else if has_progressed {
            self.last_progress.insert(id, self.current_step);
            let message = format!("{object} is progressing.");
            conditions::set(conditions, "Progressing", "True", "ReplicaSetUpdated", &message, now);
        } else {
            let since = self.last_progress.get(&id).copied().unwrap_or(self.current_step);
            let deadline = int(deployment, "/spec/progressDeadlineSeconds").unwrap_or(600);
            let elapsed =
                i64::try_from(self.current_step.saturating_sub(since)).unwrap_or(i64::MAX);
            if elapsed > deadline && observed_generation > 0 {
                let message = format!("{object} has timed out progressing.");
                let reason = "ProgressDeadlineExceeded";
                conditions::set(conditions, "Progressing", "False", reason, &message, now);
            }
        }
    }
}
