//! The life of one pod in steps: scheduling, starting and restarting containers, termination.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::container::{ContainerState, Stage};
use super::image_behaviour::{self, Behaviour};
use super::pod_state::PodState;
use super::status::{is_ready, pod_status};
use crate::kubernetes::events::NewEvent;
use crate::kubernetes::json::{flag, int, list, name, namespace, put, text, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources;
use crate::kubernetes::typed::go_format;

/// The steps that a pod takes to terminate, unless its grace period is shorter.
const TERMINATION_STEPS: u64 = 2;

impl ClusterState {
    fn record_pod_event(
        &mut self,
        pod: &Value,
        is_warning: bool,
        reason: &str,
        message: &str,
        field_path: &str,
        now: Timestamp,
    ) {
        let component = match reason {
            "Scheduled" | "FailedScheduling" => "default-scheduler",
            _ => "kubelet",
        };
        self.record_event(
            pod,
            NewEvent { is_warning, reason, message, component, field_path },
            now,
        );
    }

    pub(super) fn run_pod(&mut self, pod: &Value, state: &mut PodState, now: Timestamp) {
        let mut pod = pod.clone();
        if state.is_scheduled {
            self.run_containers(&pod, state, now);
        } else if let Some(scheduled) = self.schedule(&pod, state, now) {
            pod = scheduled;
        }
        let status = pod_status(&pod, state, now);
        state.ready_since = match (is_ready(&pod, state), state.ready_since) {
            (false, _) => None,
            (true, since) => since.or(Some(self.current_step)),
        };
        if let Some(resource) = resources::by_name("pods")
            && let Some(current) = self.current_pod(&pod)
        {
            self.set_status(resource, &current, status, now);
        }
    }

    /// Assigns the pod to a node. Returns the stored pod, or None if no node can run it.
    fn schedule(&mut self, pod: &Value, state: &mut PodState, now: Timestamp) -> Option<Value> {
        if let Some(reason) = self.unschedulable_reason(pod) {
            if state.unschedulable_reason.as_ref() != Some(&reason) {
                self.record_pod_event(pod, true, "FailedScheduling", &reason, "", now);
                state.unschedulable_reason = Some(reason);
            }
            return None;
        }
        state.unschedulable_reason = None;
        state.is_scheduled = true;
        state.address = (self.random_number(3) + 1, self.random_number(250) + 2);
        let new_containers = |path: &str| vec![ContainerState::default(); list(pod, path).len()];
        state.init_containers = new_containers("/spec/initContainers");
        state.containers = new_containers("/spec/containers");
        let node = format!("node-{}", state.address.0);
        let mut scheduled = self.current_pod(pod)?;
        put(&mut scheduled, "/spec/nodeName", node.clone());
        let stored = self.store.save(resources::by_name("pods")?, scheduled);
        let message = format!("Successfully assigned {}/{} to {node}", namespace(pod), name(pod));
        self.record_pod_event(pod, false, "Scheduled", &message, "", now);
        Some(stored)
    }

    /// Returns the scheduler's message if no node can run the pod.
    fn unschedulable_reason(&self, pod: &Value) -> Option<String> {
        let containers = list(pod, "/spec/containers").iter();
        let is_too_big = containers
            .map(|container| text(container, "/image"))
            .any(|image| image_behaviour::behaviour_of(image) == Behaviour::Unschedulable);
        if is_too_big {
            return Some(
                "0/3 nodes are available: 3 Insufficient memory. no new claims to deallocate, \
                 preemption: 0/3 nodes are available: 3 No preemption victims found for incoming \
                 pod."
                    .to_owned(),
            );
        }
        let claims = list(pod, "/spec/volumes").iter();
        let mut claims = claims.filter_map(|volume| volume.get("persistentVolumeClaim"));
        claims.find_map(|claim| {
            let claim_name = text(claim, "/claimName");
            let found = self.find("persistentvolumeclaims", namespace(pod), claim_name);
            let message = format!(
                "0/3 nodes are available: persistentvolumeclaim {claim_name:?} not found. not found"
            );
            found.is_none().then_some(message)
        })
    }

    fn run_containers(&mut self, pod: &Value, state: &mut PodState, now: Timestamp) {
        if state.started_at.is_none() {
            state.started_at = Some(now);
        }
        let mount_error = self.volume_error(pod);
        if let Some(error) = &mount_error
            && state.mount_error != mount_error
        {
            self.record_pod_event(pod, true, "FailedMount", error, "", now);
        }
        state.mount_error = mount_error;
        if state.mount_error.is_some() {
            return;
        }
        let init_specs = list(pod, "/spec/initContainers");
        for (container, spec) in state.init_containers.iter_mut().zip(init_specs) {
            if container.stage != Stage::Completed {
                self.run_container(pod, spec, container, true, now);
                return;
            }
        }
        for (container, spec) in state.containers.iter_mut().zip(list(pod, "/spec/containers")) {
            self.run_container(pod, spec, container, false, now);
        }
    }

    /// Runs one step of one container.
    fn run_container(
        &mut self,
        pod: &Value,
        spec: &Value,
        container: &mut ContainerState,
        is_init: bool,
        now: Timestamp,
    ) {
        let image = text(spec, "/image").to_owned();
        let kind = if is_init { "initContainers" } else { "containers" };
        let field_path = format!("spec.{kind}{{{}}}", text(spec, "/name"));
        let step = self.current_step;
        match container.stage.clone() {
            Stage::Completed => {}
            Stage::Creating => {
                let message = format!("Pulling image {image:?}");
                self.record_pod_event(pod, false, "Pulling", &message, &field_path, now);
                container.stage = Stage::PullingImage;
            }
            Stage::PullFailed { .. } if step < container.retry_step => {
                if let Stage::PullFailed { is_backing_off: false, error } = container.stage.clone()
                {
                    container.stage = Stage::PullFailed { is_backing_off: true, error };
                    container.is_reported = true;
                    let message = format!("Back-off pulling image {image:?}");
                    self.record_pod_event(pod, false, "BackOff", &message, &field_path, now);
                    self.record_pod_event(
                        pod,
                        true,
                        "Failed",
                        "Error: ImagePullBackOff",
                        &field_path,
                        now,
                    );
                }
            }
            Stage::PullingImage | Stage::PullFailed { .. } => {
                let private = self.private_images.clone();
                let credentials = |registry: &str| self.pull_credentials(pod, registry);
                match image_behaviour::pull_error(&image, &private, credentials) {
                    Some(error) => {
                        let message = format!("Failed to pull image {image:?}: {error}");
                        self.record_pod_event(pod, true, "Failed", &message, &field_path, now);
                        self.record_pod_event(
                            pod,
                            true,
                            "Failed",
                            "Error: ErrImagePull",
                            &field_path,
                            now,
                        );
                        container.stage = Stage::PullFailed { is_backing_off: false, error };
                        container.back_off(step);
                    }
                    None => {
                        let message = format!(
                            "Successfully pulled image {image:?} in 812ms (812ms including \
                             waiting). Image size: 48213377 bytes."
                        );
                        self.record_pod_event(pod, false, "Pulled", &message, &field_path, now);
                        container.is_reported = false;
                        self.start_container(pod, spec, container, is_init, &field_path, now);
                    }
                }
            }
            Stage::ConfigError(_) => {
                self.start_container(pod, spec, container, is_init, &field_path, now)
            }
            Stage::Running if is_init => container.stage = Stage::Completed,
            Stage::Running => self.run_started_container(pod, spec, container, &field_path, now),
            Stage::Exited { is_backing_off: false } if container.restarts == 0 => {
                self.start_container(pod, spec, container, is_init, &field_path, now);
            }
            Stage::Exited { is_backing_off: false } => {
                container.back_off(step);
                container.stage = Stage::Exited { is_backing_off: true };
                let message = format!(
                    "Back-off restarting failed container {} in pod {}_{}({})",
                    text(spec, "/name"),
                    name(pod),
                    namespace(pod),
                    uid(pod)
                );
                self.record_pod_event(pod, true, "BackOff", &message, &field_path, now);
            }
            Stage::Exited { is_backing_off: true } if step >= container.retry_step => {
                self.start_container(pod, spec, container, is_init, &field_path, now);
            }
            Stage::Exited { .. } => {}
        }
    }

    fn start_container(
        &mut self,
        pod: &Value,
        spec: &Value,
        container: &mut ContainerState,
        is_init: bool,
        field_path: &str,
        now: Timestamp,
    ) {
        let image = text(spec, "/image").to_owned();
        if let Some(error) = self.config_error(pod, spec) {
            if container.stage != Stage::ConfigError(error.clone()) {
                self.record_pod_event(
                    pod,
                    true,
                    "Failed",
                    &format!("Error: {error}"),
                    field_path,
                    now,
                );
                container.stage = Stage::ConfigError(error);
            }
            container.is_reported = true;
            return;
        }
        container.is_reported = false;
        self.record_pod_event(pod, false, "Created", "Container created", field_path, now);
        self.record_pod_event(pod, false, "Started", "Container started", field_path, now);
        let port = list(spec, "/ports").first().and_then(|port| int(port, "/containerPort"));
        let port = port.filter(|_| !is_init);
        container.start(&image, port, self.current_step, now);
        match image_behaviour::behaviour_of(&image) {
            Behaviour::Crashes => container.exit("Error", 1, self.current_step, now),
            Behaviour::OutOfMemory => container.exit("OOMKilled", 137, self.current_step, now),
            _ => {}
        }
    }

    /// Returns the error if the container cannot be created.
    fn config_error(&self, pod: &Value, spec: &Value) -> Option<String> {
        let path = "/securityContext/runAsNonRoot";
        let must_be_non_root = match spec.pointer(path) {
            Some(value) => value == &json!(true),
            None => flag(pod, &format!("/spec{path}")),
        };
        let user = int(spec, "/securityContext/runAsUser")
            .or_else(|| int(pod, "/spec/securityContext/runAsUser"));
        let is_root = image_behaviour::runs_as_root(text(spec, "/image")) && user.is_none();
        if must_be_non_root && (is_root || user == Some(0)) {
            return Some(format!(
                "container has runAsNonRoot and image will run as root (pod: \
                 \"{}_{}({})\", container: {})",
                name(pod),
                namespace(pod),
                uid(pod),
                text(spec, "/name")
            ));
        }
        self.environment_error(pod, spec)
    }

    fn run_started_container(
        &mut self,
        pod: &Value,
        spec: &Value,
        container: &mut ContainerState,
        field_path: &str,
        now: Timestamp,
    ) {
        container.write_periodic_log(self.current_step, now);
        let Some(probe) = spec.get("readinessProbe") else {
            container.is_ready = true;
            return;
        };
        if image_behaviour::behaviour_of(text(spec, "/image")) != Behaviour::Unready {
            container.is_ready = true;
            return;
        }
        if !container.is_reported {
            container.is_reported = true;
            let port =
                ["/httpGet/port", "/tcpSocket/port"].iter().find_map(|path| probe.pointer(path));
            let port = port.map_or_else(String::new, go_format::plain);
            let message = match probe.get("httpGet") {
                Some(_) => {
                    "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned()
                }
                None => format!(
                    "Readiness probe failed: dial tcp 10.244.0.7:{port}: connect: connection refused"
                ),
            };
            self.record_pod_event(pod, true, "Unhealthy", &message, field_path, now);
        }
    }

    /// Runs one step of a terminating pod. Returns whether it changes: only finalizers can keep it.
    pub(super) fn terminate_pod(
        &mut self,
        pod: &Value,
        state: &mut PodState,
        now: Timestamp,
    ) -> bool {
        state.ready_since = None;
        match state.deletion_step {
            None => {
                for (container, spec) in state.containers.iter().zip(list(pod, "/spec/containers"))
                {
                    if container.stage == Stage::Running {
                        let name = text(spec, "/name");
                        let message = format!("Stopping container {name}");
                        let field_path = format!("spec.containers{{{name}}}");
                        self.record_pod_event(pod, false, "Killing", &message, &field_path, now);
                    }
                }
                let grace_seconds = int(pod, "/metadata/deletionGracePeriodSeconds").unwrap_or(30);
                let grace_steps =
                    u64::try_from(grace_seconds).unwrap_or_default().min(TERMINATION_STEPS);
                state.deletion_step = Some(self.current_step + grace_steps);
                true
            }
            Some(step) if self.current_step < step => true,
            Some(_) => {
                if let Some(resource) = resources::by_name("pods") {
                    if list(pod, "/metadata/finalizers").is_empty() {
                        self.store.remove(resource, namespace(pod), name(pod));
                    } else {
                        return false;
                    }
                }
                true
            }
        }
    }

    /// The stored pod, which may have changed. None if it was deleted or recreated.
    fn current_pod(&self, pod: &Value) -> Option<Value> {
        let found = self.find("pods", namespace(pod), name(pod));
        found.filter(|found| uid(found) == uid(pod)).cloned()
    }
}
