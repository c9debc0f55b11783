//! One pod, step by step: scheduled, its containers created, run, ended.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::behaviour::{self, Behaviour};
use super::container::{ContainerRun, Stage};
use crate::cluster::controllers::events::Report;
use crate::cluster::json::{flag, int, list, name, namespace, put, text, uid};
use crate::cluster::model::{Model, time};
use crate::cluster::resources;
use crate::cluster::typed::check::go_plain;

/// Steps that a container takes to end.
const ENDING: u64 = 2;

/// What the nodes know of a pod.
#[derive(Debug, Clone, Default)]
pub struct PodRun {
    /// The step of its being ready, as long as it is.
    pub ready_since: Option<u64>,
    pub placed: bool,
    /// Why it is not: on no node there is room.
    pub unschedulable: Option<String>,
    pub started: Option<Timestamp>,
    pub init: Vec<ContainerRun>,
    pub containers: Vec<ContainerRun>,
    /// The step in which it is gone.
    ending: Option<u64>,
    /// A volume that cannot be mounted.
    unmounted: Option<String>,
    pub address: (u16, u16),
}

impl PodRun {
    /// Whether it is in a state that repeats or lasts until somebody does something.
    pub fn is_stuck(&self) -> bool {
        self.unschedulable.is_some()
            || self.unmounted.is_some()
            || self.init.iter().chain(&self.containers).any(ContainerRun::is_stuck)
    }

    /// Whether nothing is going to change by itself.
    pub fn is_at_rest(&self) -> bool {
        let rests = |one: &ContainerRun| {
            one.is_stuck() || (one.stage == Stage::Running && (one.ready || one.reported))
        };
        self.is_stuck() || (self.placed && self.containers.iter().all(rests))
    }
}

impl Model {
    pub(super) fn tell(
        &mut self,
        pod: &Value,
        warning: bool,
        reason: &str,
        message: &str,
        field: &str,
        now: Timestamp,
    ) {
        let component = match reason {
            "Scheduled" | "FailedScheduling" => "default-scheduler",
            _ => "kubelet",
        };
        self.report(pod, Report { warning, reason, message, component, field }, now);
    }

    pub(super) fn run_pod(&mut self, pod: &Value, run: &mut PodRun, now: Timestamp) {
        let mut pod = pod.clone();
        if run.placed {
            self.run_containers(&pod, run, now);
        } else if let Some(placed) = self.place(&pod, run, now) {
            pod = placed;
        }
        let status = super::status::pod(&pod, run, now);
        run.ready_since = match (super::status::is_ready(&pod, run), run.ready_since) {
            (false, _) => None,
            (true, since) => since.or(Some(self.steps)),
        };
        if let Some(kind) = resources::by_name("pods")
            && let Some(current) = self.current_pod(&pod)
        {
            self.set_status(kind, &current, status, now);
        }
    }

    /// Finds a node for it; None if there is none.
    fn place(&mut self, pod: &Value, run: &mut PodRun, now: Timestamp) -> Option<Value> {
        if let Some(why) = self.no_room(pod) {
            if run.unschedulable.as_ref() != Some(&why) {
                self.tell(pod, true, "FailedScheduling", &why, "", now);
                run.unschedulable = Some(why);
            }
            return None;
        }
        run.unschedulable = None;
        run.placed = true;
        run.address = (self.random_number(3) + 1, self.random_number(250) + 2);
        let count = |at: &str| vec![ContainerRun::default(); list(pod, at).len()];
        run.init = count("/spec/initContainers");
        run.containers = count("/spec/containers");
        let node = format!("node-{}", run.address.0);
        let mut placed = self.current_pod(pod)?;
        put(&mut placed, "/spec/nodeName", node.clone());
        let stored = self.store.save(resources::by_name("pods")?, placed);
        let message = format!("Successfully assigned {}/{} to {node}", namespace(pod), name(pod));
        self.tell(pod, false, "Scheduled", &message, "", now);
        Some(stored)
    }

    fn no_room(&self, pod: &Value) -> Option<String> {
        let containers = list(pod, "/spec/containers").iter();
        let too_big = containers
            .map(|one| text(one, "/image"))
            .any(|image| behaviour::of(image) == Behaviour::Pending);
        if too_big {
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
            let wanted = text(claim, "/claimName");
            let found = self.find("persistentvolumeclaims", namespace(pod), wanted);
            let message = format!(
                "0/3 nodes are available: persistentvolumeclaim {wanted:?} not found. not found"
            );
            found.is_none().then_some(message)
        })
    }

    fn run_containers(&mut self, pod: &Value, run: &mut PodRun, now: Timestamp) {
        if run.started.is_none() {
            run.started = Some(now);
        }
        let unmounted = self.missing_volume(pod);
        if let Some(why) = &unmounted
            && run.unmounted != unmounted
        {
            self.tell(pod, true, "FailedMount", why, "", now);
        }
        run.unmounted = unmounted;
        if run.unmounted.is_some() {
            return;
        }
        let inits = list(pod, "/spec/initContainers");
        for (one, spec) in run.init.iter_mut().zip(inits) {
            if one.stage != Stage::Done {
                self.run_container(pod, spec, one, true, now);
                return;
            }
        }
        for (one, spec) in run.containers.iter_mut().zip(list(pod, "/spec/containers")) {
            self.run_container(pod, spec, one, false, now);
        }
    }

    /// One step of one container.
    fn run_container(
        &mut self,
        pod: &Value,
        spec: &Value,
        one: &mut ContainerRun,
        init: bool,
        now: Timestamp,
    ) {
        let image = text(spec, "/image").to_owned();
        let kind = if init { "initContainers" } else { "containers" };
        let field = format!("spec.{kind}{{{}}}", text(spec, "/name"));
        let step = self.steps;
        match one.stage.clone() {
            Stage::Done => {}
            Stage::Creating => {
                let message = format!("Pulling image {image:?}");
                self.tell(pod, false, "Pulling", &message, &field, now);
                one.stage = Stage::Pulling;
            }
            Stage::PullFailed { .. } if step < one.next => {
                if let Stage::PullFailed { backing_off: false, error } = one.stage.clone() {
                    one.stage = Stage::PullFailed { backing_off: true, error };
                    one.reported = true;
                    let message = format!("Back-off pulling image {image:?}");
                    self.tell(pod, false, "BackOff", &message, &field, now);
                    self.tell(pod, true, "Failed", "Error: ImagePullBackOff", &field, now);
                }
            }
            Stage::Pulling | Stage::PullFailed { .. } => {
                let private = self.private_images.clone();
                let credentials = |registry: &str| self.credentials(pod, registry);
                match behaviour::pull_error(&image, &private, credentials) {
                    Some(error) => {
                        let message = format!("Failed to pull image {image:?}: {error}");
                        self.tell(pod, true, "Failed", &message, &field, now);
                        self.tell(pod, true, "Failed", "Error: ErrImagePull", &field, now);
                        one.stage = Stage::PullFailed { backing_off: false, error };
                        one.back_off(step);
                    }
                    None => {
                        let message = format!(
                            "Successfully pulled image {image:?} in 812ms (812ms including \
                             waiting). Image size: 48213377 bytes."
                        );
                        self.tell(pod, false, "Pulled", &message, &field, now);
                        one.reported = false;
                        self.begin_container(pod, spec, one, init, &field, now);
                    }
                }
            }
            Stage::ConfigError(_) => self.begin_container(pod, spec, one, init, &field, now),
            Stage::Running if init => one.stage = Stage::Done,
            Stage::Running => self.keep_running(pod, spec, one, &field, now),
            Stage::Ended { backing_off: false } if one.restarts == 0 => {
                self.begin_container(pod, spec, one, init, &field, now);
            }
            Stage::Ended { backing_off: false } => {
                one.back_off(step);
                one.stage = Stage::Ended { backing_off: true };
                let message = format!(
                    "Back-off restarting failed container {} in pod {}_{}({})",
                    text(spec, "/name"),
                    name(pod),
                    namespace(pod),
                    uid(pod)
                );
                self.tell(pod, true, "BackOff", &message, &field, now);
            }
            Stage::Ended { backing_off: true } if step >= one.next => {
                self.begin_container(pod, spec, one, init, &field, now);
            }
            Stage::Ended { .. } => {}
        }
    }

    fn begin_container(
        &mut self,
        pod: &Value,
        spec: &Value,
        one: &mut ContainerRun,
        init: bool,
        field: &str,
        now: Timestamp,
    ) {
        let image = text(spec, "/image").to_owned();
        if let Some(error) = self.config_error(pod, spec) {
            if one.stage != Stage::ConfigError(error.clone()) {
                self.tell(pod, true, "Failed", &format!("Error: {error}"), field, now);
                one.stage = Stage::ConfigError(error);
            }
            one.reported = true;
            return;
        }
        one.reported = false;
        self.tell(pod, false, "Created", "Container created", field, now);
        self.tell(pod, false, "Started", "Container started", field, now);
        let port = list(spec, "/ports").first().and_then(|port| int(port, "/containerPort"));
        let port = port.filter(|_| !init);
        one.start(&image, port, self.steps, now);
        match behaviour::of(&image) {
            Behaviour::Crashes => one.end("Error", 1, self.steps, now),
            Behaviour::OutOfMemory => one.end("OOMKilled", 137, self.steps, now),
            _ => {}
        }
    }

    fn config_error(&self, pod: &Value, spec: &Value) -> Option<String> {
        let at = "/securityContext/runAsNonRoot";
        let non_root = match spec.pointer(at) {
            Some(own) => own == &json!(true),
            None => flag(pod, &format!("/spec{at}")),
        };
        let user = int(spec, "/securityContext/runAsUser")
            .or_else(|| int(pod, "/spec/securityContext/runAsUser"));
        let root = behaviour::is_root(text(spec, "/image")) && user.is_none();
        if non_root && (root || user == Some(0)) {
            return Some(format!(
                "container has runAsNonRoot and image will run as root (pod: \
                 \"{}_{}({})\", container: {})",
                name(pod),
                namespace(pod),
                uid(pod),
                text(spec, "/name")
            ));
        }
        self.missing_variable(pod, spec)
    }

    fn keep_running(
        &mut self,
        pod: &Value,
        spec: &Value,
        one: &mut ContainerRun,
        field: &str,
        now: Timestamp,
    ) {
        one.chatter(self.steps, now);
        let Some(probe) = spec.get("readinessProbe") else {
            one.ready = true;
            return;
        };
        if behaviour::of(text(spec, "/image")) != Behaviour::Unready {
            one.ready = true;
            return;
        }
        if !one.reported {
            one.reported = true;
            let port = ["/httpGet/port", "/tcpSocket/port"].iter().find_map(|at| probe.pointer(at));
            let port = port.map_or_else(String::new, go_plain);
            let message = match probe.get("httpGet") {
                Some(_) => {
                    "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned()
                }
                None => format!(
                    "Readiness probe failed: dial tcp 10.244.0.7:{port}: connect: connection refused"
                ),
            };
            self.tell(pod, true, "Unhealthy", &message, field, now);
        }
    }

    /// Lets a pod end that was deleted. Whether it is still there.
    pub(super) fn end_pod(&mut self, pod: &Value, run: &mut PodRun, now: Timestamp) -> bool {
        run.ready_since = None;
        match run.ending {
            None => {
                for (one, spec) in run.containers.iter().zip(list(pod, "/spec/containers")) {
                    if one.stage == Stage::Running {
                        let container = text(spec, "/name");
                        let message = format!("Stopping container {container}");
                        let field = format!("spec.containers{{{container}}}");
                        self.tell(pod, false, "Killing", &message, &field, now);
                    }
                }
                let grace = int(pod, "/metadata/deletionGracePeriodSeconds").unwrap_or(30);
                let grace = u64::try_from(grace).unwrap_or_default().min(ENDING);
                run.ending = Some(self.steps + grace);
                true
            }
            Some(end) if self.steps < end => true,
            Some(_) => {
                if let Some(kind) = resources::by_name("pods") {
                    if list(pod, "/metadata/finalizers").is_empty() {
                        self.store.remove(kind, namespace(pod), name(pod));
                    } else {
                        return false;
                    }
                }
                true
            }
        }
    }
}

/// For the status of a pod.
pub fn written(at: Option<Timestamp>) -> Value {
    at.map(time).map_or(Value::Null, Value::from)
}
