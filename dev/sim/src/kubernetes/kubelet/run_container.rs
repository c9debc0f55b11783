//! One step of one container: pull the image, start, fail, restart.

use serde_json::Value;

use super::container::{ContainerState, Stage};
use super::image_behaviour::{Behaviour, behaviour_of};
use crate::kubernetes::events::NewEvent;
use crate::kubernetes::json::{flag, int, list, name, namespace, text, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{CONFIG_MAPS, SECRETS};

impl ClusterState {
    pub(super) fn run_container(
        &mut self,
        pod: &Value,
        spec: &Value,
        container: &mut ContainerState,
    ) {
        let image = text(spec, "/image");
        let is_due = self.current_step >= container.retry_step;
        match &container.stage {
            Stage::Creating => {
                let message = format!("Pulling image {image:?}");
                self.record_event(pod, NewEvent::normal("Pulling", &message));
                container.stage = Stage::PullingImage;
            }
            Stage::PullFailed { is_backing_off: false, error } if !is_due => {
                let error = error.clone();
                container.stage = Stage::PullFailed { is_backing_off: true, error };
                container.is_reported = true;
                let message = format!("Back-off pulling image {image:?}");
                self.record_event(pod, NewEvent::normal("BackOff", &message));
                self.record_event(pod, NewEvent::warning("Failed", "Error: ImagePullBackOff"));
            }
            Stage::PullFailed { .. } if !is_due => {}
            Stage::PullingImage | Stage::PullFailed { .. } => {
                self.pull_image(pod, spec, container);
            }
            Stage::CreateFailed { .. } => self.start_container(pod, spec, container),
            Stage::Running => self.run_started_container(pod, spec, container),
            Stage::Exited { is_backing_off: false } if container.restarts == 0 => {
                self.start_container(pod, spec, container);
            }
            Stage::Exited { is_backing_off: false } => {
                container.back_off(self.current_step);
                container.stage = Stage::Exited { is_backing_off: true };
                let message = format!(
                    "Back-off restarting failed container {} in pod {}",
                    text(spec, "/name"),
                    full_name(pod)
                );
                self.record_event(pod, NewEvent::warning("BackOff", &message));
            }
            Stage::Exited { .. } if is_due => self.start_container(pod, spec, container),
            Stage::Exited { .. } => {}
        }
    }

    fn pull_image(&mut self, pod: &Value, spec: &Value, container: &mut ContainerState) {
        let image = text(spec, "/image");
        match self.pull_error(pod, image) {
            Some(error) => {
                let message = format!("Failed to pull image {image:?}: {error}");
                self.record_event(pod, NewEvent::warning("Failed", &message));
                self.record_event(pod, NewEvent::warning("Failed", "Error: ErrImagePull"));
                container.stage = Stage::PullFailed { is_backing_off: false, error };
                container.back_off(self.current_step);
            }
            None => {
                let message = format!("Successfully pulled image {image:?} in 812ms");
                self.record_event(pod, NewEvent::normal("Pulled", &message));
                self.start_container(pod, spec, container);
            }
        }
    }

    fn start_container(&mut self, pod: &Value, spec: &Value, container: &mut ContainerState) {
        let config_error = self.config_error(pod, spec);
        let config_error = config_error.map(|error| ("CreateContainerConfigError", error));
        if let Some((reason, error)) = config_error.or_else(|| create_error(spec)) {
            let message = format!("Error: {error}");
            let stage = Stage::CreateFailed { reason, error };
            if container.stage != stage {
                self.record_event(pod, NewEvent::warning("Failed", &message));
                container.stage = stage;
            }
            container.is_reported = true;
            return;
        }
        container.is_reported = false;
        self.record_event(pod, NewEvent::normal("Created", "Container created"));
        self.record_event(pod, NewEvent::normal("Started", "Container started"));
        let image = text(spec, "/image");
        let port = list(spec, "/ports").first().and_then(|port| int(port, "/containerPort"));
        container.start(image, port, self.current_step, self.now);
        match behaviour_of(image) {
            Behaviour::Crashes => container.exit("Error", 1, self.current_step, self.now),
            Behaviour::OutOfMemory => container.exit("OOMKilled", 137, self.current_step, self.now),
            _ => {}
        }
    }

    /// Returns the error if the container's configuration is invalid.
    fn config_error(&self, pod: &Value, spec: &Value) -> Option<String> {
        let must_be_non_root = flag(pod, "/spec/securityContext/runAsNonRoot");
        if must_be_non_root && behaviour_of(text(spec, "/image")) == Behaviour::RunsAsRoot {
            return Some(format!(
                "container has runAsNonRoot and image will run as root (pod: {:?}, container: {})",
                full_name(pod),
                text(spec, "/name")
            ));
        }
        list(spec, "/envFrom").iter().find_map(|from| {
            let (resource, kind, reference) = match from.get("secretRef") {
                Some(reference) => (&SECRETS, "secret", reference),
                None => (&CONFIG_MAPS, "configmap", from.get("configMapRef")?),
            };
            let referenced = text(reference, "/name");
            let found = self.find(resource, namespace(pod), referenced);
            found.is_none().then(|| format!("{kind} {referenced:?} not found"))
        })
    }

    fn run_started_container(&mut self, pod: &Value, spec: &Value, container: &mut ContainerState) {
        container.write_periodic_log(self.current_step, self.now);
        let is_unready = behaviour_of(text(spec, "/image")) == Behaviour::Unready;
        if !is_unready || spec.get("readinessProbe").is_none() {
            container.is_ready = true;
        } else if !container.is_reported {
            container.is_reported = true;
            let message = match spec.pointer("/readinessProbe/httpGet") {
                Some(_) => "Readiness probe failed: HTTP probe failed with statuscode: 503",
                None => "Readiness probe failed: connection refused",
            };
            self.record_event(pod, NewEvent::warning("Unhealthy", message));
        }
    }
}

/// Reason and error if the container runtime cannot create the container.
fn create_error(spec: &Value) -> Option<(&'static str, String)> {
    let has_program = !list(spec, "/command").is_empty() || !list(spec, "/args").is_empty();
    let is_needed = behaviour_of(text(spec, "/image")) == Behaviour::NoCommand;
    (is_needed && !has_program).then(|| {
        let error =
            "failed to generate container spec: failed to generate spec: no command specified";
        ("CreateContainerError", error.to_owned())
    })
}

/// The pod as the kubelet's messages name it.
pub(super) fn full_name(pod: &Value) -> String {
    format!("{}_{}({})", name(pod), namespace(pod), uid(pod))
}
