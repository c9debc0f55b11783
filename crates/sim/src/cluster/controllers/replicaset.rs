//! ReplicaSets: as many pods as are wanted.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::conditions;
use super::deployment::replicas;
use super::events::Report;
use crate::cluster::json::{controller, int, is_deleting, list, name, namespace, put, text, uid};
use crate::cluster::model::Model;
use crate::cluster::resources;

/// The longest pause between two tries, in steps.
const LONGEST_PAUSE: u64 = 64;

impl Model {
    pub fn run_replica_sets(&mut self, now: Timestamp) {
        for set in self.of_kind("replicasets") {
            let failure = if is_deleting(&set) { None } else { self.match_pods(&set, now) };
            self.replica_set_status(&set, failure, now);
        }
    }

    /// The pods of a set that are not on their way out.
    fn pods_of(&self, set: &Value) -> Vec<Value> {
        let mut pods = self.in_namespace("pods", namespace(set));
        pods.retain(|pod| {
            controller(pod).is_some_and(|owner| text(owner, "/uid") == uid(set))
                && !is_deleting(pod)
                && !["Succeeded", "Failed"].contains(&text(pod, "/status/phase"))
        });
        pods
    }

    /// Makes or removes pods; returns why it cannot.
    fn match_pods(&mut self, set: &Value, now: Timestamp) -> Option<String> {
        let mut pods = self.pods_of(set);
        let count = i64::try_from(pods.len()).unwrap_or(i64::MAX);
        let wanted = replicas(set);
        let old_failure = conditions::find(list(set, "/status/conditions"), "ReplicaFailure");
        let old_failure = old_failure.map(|one| text(one, "/message").to_owned());
        if count < wanted {
            let id = uid(set).to_owned();
            let (due, pause) = self.retries.get(&id).copied().unwrap_or((0, 1));
            if due > self.steps {
                return old_failure;
            }
            for _ in count..wanted {
                if let Err(why) = self.make_pod(set, now) {
                    self.retries.insert(id, (self.steps + pause, (pause * 2).min(LONGEST_PAUSE)));
                    return Some(why);
                }
            }
            self.retries.remove(&id);
            return None;
        }
        // Those that are not ready go first, then the youngest.
        pods.sort_by_key(|pod| {
            let ready = self.runs.get(uid(pod)).and_then(|run| run.ready_since);
            (ready.is_some(), std::cmp::Reverse(ready))
        });
        let surplus = usize::try_from(count - wanted).unwrap_or_default();
        if let Some(kind) = resources::by_name("pods") {
            for pod in pods.iter().take(surplus) {
                // Gone already is gone.
                let _ = self.delete(kind, (namespace(pod), name(pod)), &json!({}), now);
                let message = format!("Deleted pod: {}", name(pod));
                self.report_pods(set, false, "SuccessfulDelete", &message, now);
            }
        }
        None
    }

    fn make_pod(&mut self, set: &Value, now: Timestamp) -> Result<(), String> {
        let mut pod = set.pointer("/spec/template").cloned().unwrap_or_default();
        put(&mut pod, "/apiVersion", "v1");
        put(&mut pod, "/kind", "Pod");
        let pod_name = format!("{}-{}", name(set), self.random_name(5));
        put(&mut pod, "/metadata/name", pod_name.clone());
        put(&mut pod, "/metadata/generateName", format!("{}-", name(set)));
        put(&mut pod, "/metadata/namespace", namespace(set));
        put(
            &mut pod,
            "/metadata/ownerReferences",
            json!([{
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name(set), "uid": uid(set),
                "controller": true, "blockOwnerDeletion": true,
            }]),
        );
        match self.make(pod, now) {
            Ok(_) => {
                let message = format!("Created pod: {pod_name}");
                self.report_pods(set, false, "SuccessfulCreate", &message, now);
                Ok(())
            }
            Err(refusal) => {
                let message = format!("Error creating: {}", refusal.message);
                self.report_pods(set, true, "FailedCreate", &message, now);
                Err(refusal.message)
            }
        }
    }

    fn report_pods(
        &mut self,
        set: &Value,
        warning: bool,
        reason: &str,
        message: &str,
        now: Timestamp,
    ) {
        let component = "replicaset-controller";
        self.report(set, Report { warning, reason, message, component, field: "" }, now);
    }

    fn replica_set_status(&mut self, set: &Value, failure: Option<String>, now: Timestamp) {
        let pods = self.pods_of(set);
        let least = u64::try_from(int(set, "/spec/minReadySeconds").unwrap_or(0)).unwrap_or(0);
        let ready_since = |pod: &Value| self.runs.get(uid(pod)).and_then(|run| run.ready_since);
        let ready = pods.iter().filter(|pod| ready_since(pod).is_some()).count();
        let available = pods
            .iter()
            .filter(|pod| ready_since(pod).is_some_and(|since| self.steps >= since + least))
            .count();
        let generation = int(set, "/metadata/generation").unwrap_or_default();
        let mut status = json!({"replicas": pods.len(), "observedGeneration": generation});
        for (field, count) in [
            ("fullyLabeledReplicas", pods.len()),
            ("readyReplicas", ready),
            ("availableReplicas", available),
        ] {
            if count > 0 {
                put(&mut status, &format!("/{field}"), count);
            }
        }
        if let Some(message) = failure {
            let old = list(set, "/status/conditions");
            let condition =
                conditions::plain(old, "ReplicaFailure", "True", "FailedCreate", &message, now);
            put(&mut status, "/conditions", json!([condition]));
        }
        if let Some(kind) = resources::by_name("replicasets") {
            self.set_status(kind, set, status, now);
        }
    }
}
