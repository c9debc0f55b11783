//! The life of pods in steps: scheduling, running, termination.

use std::collections::BTreeSet;

use serde_json::Value;

use super::container::{ContainerState, Stage};
use super::image_behaviour::{Behaviour, behaviour_of};
use super::pod_state::PodState;
use super::status::pod_status;
use crate::kubernetes::events::NewEvent;
use crate::kubernetes::json::{is_terminating, list, name, namespace, put, text, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{PODS, VOLUME_CLAIMS};

/// The steps that a pod takes to terminate.
const TERMINATION_STEPS: u64 = 2;

impl ClusterState {
    /// Runs one step of every pod. Returns whether a pod has not reached a stable state yet.
    pub fn sync_pods(&mut self) -> bool {
        let pods = self.objects_of(&PODS);
        let uids: BTreeSet<&str> = pods.iter().map(uid).collect();
        self.pod_states.retain(|uid, _| uids.contains(uid.as_str()));
        let mut is_busy = false;
        for pod in &pods {
            is_busy |= self.sync_pod(pod);
        }
        is_busy
    }

    fn sync_pod(&mut self, pod: &Value) -> bool {
        let mut state = self.pod_states.remove(uid(pod)).unwrap_or_default();
        let writes_before = self.store.write_count;
        let was_stuck = state.is_stuck();
        let is_busy = if is_terminating(pod) {
            self.terminate_pod(pod, &mut state);
            true
        } else {
            self.run_pod(pod, &mut state);
            if was_stuck && state.is_stuck() {
                // Ignore writes that repeat forever, so that the cluster does not count as busy.
                self.store.write_count = writes_before;
                false
            } else {
                !state.is_stable()
            }
        };
        self.pod_states.insert(uid(pod).to_owned(), state);
        is_busy
    }

    fn run_pod(&mut self, pod: &Value, state: &mut PodState) {
        if state.is_scheduled {
            state.started_at = state.started_at.or(Some(self.now));
            for (container, spec) in state.containers.iter_mut().zip(list(pod, "/spec/containers"))
            {
                self.run_container(pod, spec, container);
            }
        } else {
            self.schedule(pod, state);
        }
        state.ready_since = match (state.is_ready(), state.ready_since) {
            (false, _) => None,
            (true, since) => since.or(Some(self.current_step)),
        };
        self.set_status(&PODS, pod, pod_status(pod, state, self.now));
    }

    /// Assigns the pod to a node, if one can run it.
    fn schedule(&mut self, pod: &Value, state: &mut PodState) {
        if let Some(reason) = self.unschedulable_reason(pod) {
            if state.unschedulable_reason.as_ref() != Some(&reason) {
                self.record_event(pod, NewEvent::warning("FailedScheduling", &reason));
                state.unschedulable_reason = Some(reason);
            }
            return;
        }
        state.unschedulable_reason = None;
        state.is_scheduled = true;
        state.containers = vec![ContainerState::default(); list(pod, "/spec/containers").len()];
        let node = format!("node-{}", self.random_number(3) + 1);
        let message = format!("Successfully assigned {}/{} to {node}", namespace(pod), name(pod));
        let mut scheduled = pod.clone();
        put(&mut scheduled, "/spec/nodeName", node);
        self.store.save(&PODS, scheduled);
        self.record_event(pod, NewEvent::normal("Scheduled", &message));
    }

    /// Returns the scheduler's message if no node can run the pod.
    fn unschedulable_reason(&self, pod: &Value) -> Option<String> {
        let mut containers = list(pod, "/spec/containers").iter();
        if containers.any(|spec| behaviour_of(text(spec, "/image")) == Behaviour::Unschedulable) {
            return Some(
                "0/3 nodes are available: 3 Insufficient memory. no new claims to deallocate, \
                 preemption: 0/3 nodes are available: 3 No preemption victims found for incoming \
                 pod."
                    .to_owned(),
            );
        }
        let volumes = list(pod, "/spec/volumes").iter();
        let mut claims = volumes.filter_map(|volume| volume.get("persistentVolumeClaim"));
        claims.find_map(|claim| {
            let claim_name = text(claim, "/claimName");
            let found = self.find(&VOLUME_CLAIMS, namespace(pod), claim_name);
            let message =
                format!("0/3 nodes are available: persistentvolumeclaim {claim_name:?} not found.");
            found.is_none().then_some(message)
        })
    }

    fn terminate_pod(&mut self, pod: &Value, state: &mut PodState) {
        state.ready_since = None;
        match state.deletion_step {
            None => {
                for (container, spec) in state.containers.iter().zip(list(pod, "/spec/containers"))
                {
                    if container.stage == Stage::Running {
                        let message = format!("Stopping container {}", text(spec, "/name"));
                        self.record_event(pod, NewEvent::normal("Killing", &message));
                    }
                }
                state.deletion_step = Some(self.current_step + TERMINATION_STEPS);
            }
            Some(step) if self.current_step < step => {}
            Some(_) => {
                self.store.remove(&PODS, namespace(pod), name(pod));
            }
        }
    }
}
