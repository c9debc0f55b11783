//! The scheduler and the nodes: what becomes of pods.

mod behaviour;
mod container;
mod pod;
mod secrets;
mod status;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

pub use container::{ContainerRun, Line, Stage};
pub use pod::PodRun;

use super::json::{is_deleting, uid};
use super::model::Model;

impl Model {
    /// One step of every pod. Whether one of them is still on its way to a state that lasts.
    pub fn run_nodes(&mut self, now: Timestamp) -> bool {
        let pods = self.of_kind("pods");
        let known: BTreeSet<&str> = pods.iter().map(uid).collect();
        self.runs.retain(|id, _| known.contains(id.as_str()));
        let mut busy = false;
        for pod in &pods {
            let mut run = self.runs.remove(uid(pod)).unwrap_or_default();
            let writes = self.store.writes;
            let stuck = run.is_stuck();
            if is_deleting(pod) {
                busy |= self.end_pod(pod, &mut run, now);
            } else {
                self.run_pod(pod, &mut run, now);
                if stuck && run.is_stuck() {
                    // What repeats for ever is nothing to wait for.
                    self.store.writes = writes;
                } else {
                    busy |= !run.is_at_rest();
                }
            }
            self.runs.insert(uid(pod).to_owned(), run);
        }
        busy
    }

    /// The latest state of a pod, after something was changed in it.
    fn current_pod(&self, pod: &Value) -> Option<Value> {
        let found = self.find("pods", super::json::namespace(pod), super::json::name(pod));
        found.filter(|found| uid(found) == uid(pod)).cloned()
    }
}
