//! One step of one container: pull the image, start, fail, restart.

use serde_json::Value;

use super::container::{ContainerState, Stage};
use super::image_behaviour::{Behaviour, behaviour_of};
use super::status::pod_ip;
use crate::kubernetes::events::NewEvent;
use crate::kubernetes::json::{flag, int, list, name, namespace, text, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{CONFIG_MAPS, SECRETS};

/// After how many steps an image that hangs no longer responds.
const HANGS_AFTER: u64 = 30;

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
                self.record_event(
                    pod,
                    NewEvent::normal("Pulling", &message).of_container(text(spec, "/name")),
                );
                container.stage = Stage::PullingImage;
            }
            Stage::PullFailed { is_backing_off: false, error } if !is_due => {
                let error = error.clone();
                container.stage = Stage::PullFailed { is_backing_off: true, error };
                container.is_reported = true;
                let message = format!("Back-off pulling image {image:?}");
                self.record_event(
                    pod,
                    NewEvent::normal("BackOff", &message).of_container(text(spec, "/name")),
                );
                self.record_event(
                    pod,
                    NewEvent::warning("Failed", "Error: ImagePullBackOff")
                        .of_container(text(spec, "/name")),
                );
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
                self.record_event(
                    pod,
                    NewEvent::warning("BackOff", &message).of_container(text(spec, "/name")),
                );
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
                self.record_event(
                    pod,
                    NewEvent::warning("Failed", &message).of_container(text(spec, "/name")),
                );
                self.record_event(
                    pod,
                    NewEvent::warning("Failed", "Error: ErrImagePull")
                        .of_container(text(spec, "/name")),
                );
                container.stage = Stage::PullFailed { is_backing_off: false, error };
                container.back_off(self.current_step);
            }
            None => {
                let message = format!("Successfully pulled image {image:?} in 812ms");
                self.record_event(
                    pod,
                    NewEvent::normal("Pulled", &message).of_container(text(spec, "/name")),
                );
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
                self.record_event(
                    pod,
                    NewEvent::warning("Failed", &message).of_container(text(spec, "/name")),
                );
                container.stage = stage;
            }
            container.is_reported = true;
            return;
        }
        container.is_reported = false;
        self.record_event(
            pod,
            NewEvent::normal("Created", "Container created").of_container(text(spec, "/name")),
        );
        self.record_event(
            pod,
            NewEvent::normal("Started", "Container started").of_container(text(spec, "/name")),
        );
        let image = text(spec, "/image");
        let port = list(spec, "/ports").first().and_then(|port| int(port, "/containerPort"));
        container.start(image, port, self.current_step, self.now);
        let is_new_and_crashes = self.new_images_crash && !self.known_images.contains(image);
        let behaviour = if is_new_and_crashes { Behaviour::Crashes } else { behaviour_of(image) };
        if !is_new_and_crashes {
            self.known_images.insert(image.to_owned());
        }
        match behaviour {
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
        let age = container.age(self.current_step);
        let is_responding = match behaviour_of(text(spec, "/image")) {
            Behaviour::Unready => false,
            Behaviour::Hangs => age < HANGS_AFTER,
            _ => true,
        };
        let probe = spec.get("readinessProbe").filter(|_| !is_responding);
        container.is_ready = probe.is_none();
        let Some(probe) = probe else { return };
        let period = int(probe, "/periodSeconds").and_then(|period| u64::try_from(period).ok());
        if !container.is_reported || age.is_multiple_of(period.unwrap_or(10).max(1)) {
            container.is_reported = true;
            let message = format!("Readiness probe failed: {}", probe_error(pod, spec, probe));
            let event = NewEvent::warning("Unhealthy", &message);
            self.record_event(pod, event.of_container(text(spec, "/name")));
        }
    }
}

/// The kubelet's error of a failed probe.
fn probe_error(pod: &Value, spec: &Value, probe: &Value) -> String {
    let is_hanging = behaviour_of(text(spec, "/image")) == Behaviour::Hangs;
    let (handler, path) = match probe.get("httpGet") {
        Some(handler) => (handler, text(handler, "/path")),
        None => (probe.get("tcpSocket").unwrap_or(probe), ""),
    };
    let named = |port: &&Value| text(port, "/name") == text(handler, "/port");
    let port = int(handler, "/port").or_else(|| {
        list(spec, "/ports").iter().find(named).and_then(|port| int(port, "/containerPort"))
    });
    let address = format!("{}:{}", pod_ip(pod), port.unwrap_or_default());
    match (probe.get("httpGet"), is_hanging) {
        (Some(_), false) => "HTTP probe failed with statuscode: 503".to_owned(),
        (Some(_), true) => format!(
            "Get \"http://{address}{path}\": context deadline exceeded (Client.Timeout exceeded \
             while awaiting headers)"
        ),
        (None, false) => format!("dial tcp {address}: connect: connection refused"),
        (None, true) => format!("dial tcp {address}: i/o timeout"),
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
