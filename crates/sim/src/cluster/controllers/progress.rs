//! A Deployment's status: its counts, and whether it gets on.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::conditions;
use super::deployment::{replicas, unavailable};
use crate::cluster::json::{int, list, name, namespace, put, text, uid};
use crate::cluster::model::Model;
use crate::cluster::resources;
use crate::cluster::status::Refusal;

impl Model {
    pub fn deployment_status(
        &mut self,
        deployment: &Value,
        new: Option<&Value>,
        old: &[Value],
        failure: Option<&Refusal>,
        now: Timestamp,
    ) {
        let current = self.find("deployments", namespace(deployment), name(deployment)).cloned();
        let Some(deployment) = &current else { return };
        let sum = |path: &str| {
            let all = old.iter().chain(new);
            all.map(|set| int(set, path).unwrap_or_default()).sum::<i64>()
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
        let enough = available >= replicas(deployment) - unavailable(deployment);
        let (status, reason, message) = match enough {
            true => ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
            false => (
                "False",
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            ),
        };
        conditions::set(&mut conditions, "Available", status, reason, message, now);
        self.progress_condition(deployment, new, &counts, failure, &mut conditions, now);
        let failures = old.iter().chain(new).flat_map(|set| list(set, "/status/conditions"));
        let mut failures = failures.rev();
        let broken = failures.find(|one| text(one, "/type") == "ReplicaFailure");
        match broken {
            Some(one) => {
                let (reason, message) = (text(one, "/reason"), text(one, "/message"));
                conditions::set(&mut conditions, "ReplicaFailure", "True", reason, message, now);
            }
            None => conditions.retain(|one| text(one, "/type") != "ReplicaFailure"),
        }
        let generation = int(deployment, "/metadata/generation").unwrap_or_default();
        let mut status = json!({"observedGeneration": generation, "conditions": conditions});
        for (field, count) in counts {
            if count > 0 {
                put(&mut status, &format!("/{field}"), count);
            }
        }
        if let Some(kind) = resources::by_name("deployments") {
            self.set_status(kind, deployment, status, now);
        }
    }

    fn progress_condition(
        &mut self,
        deployment: &Value,
        new: Option<&Value>,
        counts: &[(&str, i64)],
        failure: Option<&Refusal>,
        conditions: &mut Vec<Value>,
        now: Timestamp,
    ) {
        let what = match new {
            Some(new) => format!("ReplicaSet {:?}", name(new)),
            None => format!("Deployment {:?}", name(deployment)),
        };
        if let Some(refusal) = failure {
            let message = format!("Failed to create new replica set: {}", refusal.message);
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
        let count = |wanted: &str| {
            counts.iter().find(|(field, _)| *field == wanted).map_or(0, |(_, count)| *count)
        };
        let known = conditions::find(conditions, "Progressing");
        let reason = known.map(|one| text(one, "/reason").to_owned()).unwrap_or_default();
        let before = |field: &str| int(deployment, &format!("/status/{field}")).unwrap_or_default();
        let wanted = replicas(deployment);
        let total = count("replicas");
        let complete = count("updatedReplicas") == wanted
            && total == wanted
            && count("availableReplicas") == wanted
            && new.is_some();
        let old_pods = |replicas: i64, updated: i64| replicas - updated;
        let progressed = count("updatedReplicas") > before("updatedReplicas")
            || old_pods(total, count("updatedReplicas"))
                < old_pods(before("replicas"), before("updatedReplicas"))
            || count("readyReplicas") > before("readyReplicas")
            || count("availableReplicas") > before("availableReplicas");
        let id = uid(deployment).to_owned();
        let observed = int(deployment, "/status/observedGeneration").unwrap_or_default();
        if observed != int(deployment, "/metadata/generation").unwrap_or_default() {
            // The deadline counts from the latest change.
            self.progress.insert(id.clone(), self.steps);
        }
        let begun = self.made.remove(&id);
        if begun {
            let message =
                format!("Created new replica set {:?}", new.map(name).unwrap_or_default());
            conditions.retain(|one| text(one, "/type") != "Progressing");
            conditions::set(
                conditions,
                "Progressing",
                "True",
                "NewReplicaSetCreated",
                &message,
                now,
            );
        } else if complete {
            let message = format!("{what} has successfully progressed.");
            conditions::set(
                conditions,
                "Progressing",
                "True",
                "NewReplicaSetAvailable",
                &message,
                now,
            );
        } else if reason == "NewReplicaSetAvailable" && total == count("updatedReplicas") {
            // Nothing is rolled out: pods are merely scaled or replaced.
        } else if progressed {
            self.progress.insert(id, self.steps);
            let message = format!("{what} is progressing.");
            conditions::set(conditions, "Progressing", "True", "ReplicaSetUpdated", &message, now);
        } else {
            let since = self.progress.get(&id).copied().unwrap_or(self.steps);
            let deadline = int(deployment, "/spec/progressDeadlineSeconds").unwrap_or(600);
            let waited = i64::try_from(self.steps.saturating_sub(since)).unwrap_or(i64::MAX);
            if waited > deadline && observed > 0 {
                let message = format!("{what} has timed out progressing.");
                let reason = "ProgressDeadlineExceeded";
                conditions::set(conditions, "Progressing", "False", reason, &message, now);
            }
        }
    }
}
