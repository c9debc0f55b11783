//! Why a pod fails, and the pod as users see it.

use super::{
    messages,
    pod::{ContainerStatus, ObservedPod, Terminated},
};
use nokube_domain::deployments::{ErrorCode, PodView};

/// From this many restarts on, a crash counts as permanent.
const CRASH_LOOP_RESTARTS: u32 = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFailure {
    pub code: ErrorCode,
    /// Kubernetes' own reason, such as `CrashLoopBackOff`.
    pub reason: String,
    /// For users: what is wrong and what to do.
    pub message: String,
    /// Waiting does not help.
    pub is_permanent: bool,
}

impl ObservedPod {
    pub fn failure(&self) -> Option<PodFailure> {
        self.container_failure()
            .or_else(|| self.scheduling_failure())
            .or_else(|| self.phase_failure())
    }

    fn container_failure(&self) -> Option<PodFailure> {
        let container = self.service_container();
        let image = container.map(|container| container.image.as_str()).unwrap_or_default();
        let memory_limit = container.and_then(|container| container.memory_limit());
        self.container_statuses().find_map(|status| status.failure(image, memory_limit))
    }

    fn scheduling_failure(&self) -> Option<PodFailure> {
        let scheduled = self.condition("PodScheduled")?;
        (scheduled.status == "False" && scheduled.reason == "Unschedulable").then(|| PodFailure {
            code: ErrorCode::Unschedulable,
            reason: scheduled.reason.clone(),
            message: messages::unschedulable(&scheduled.message),
            is_permanent: true,
        })
    }

    fn phase_failure(&self) -> Option<PodFailure> {
        (self.status.phase == "Failed").then(|| PodFailure {
            code: ErrorCode::PodFailed,
            reason: self.status.reason.clone(),
            message: messages::pod_failed(&self.status.reason, &self.status.message),
            is_permanent: false,
        })
    }

    /// The pod as users see it. `current`: it is of the newest revision.
    pub(super) fn view(&self, current: bool) -> PodView {
        let failure = self.failure();
        let waiting = self.container_statuses().find_map(|s| s.state.waiting.as_ref());
        let reason = match (&failure, self.metadata.is_terminating()) {
            (_, true) => Some("Terminating".to_owned()),
            (Some(failure), _) => Some(failure.reason.clone()),
            (None, _) => waiting.map(|waiting| waiting.reason.clone()),
        };
        PodView {
            name: self.metadata.name.clone(),
            phase: self.status.phase.clone(),
            ready: self.is_ready(),
            current,
            restarts: self.restarts(),
            reason: reason.filter(|reason| !reason.is_empty()),
            code: failure.as_ref().map(|failure| failure.code.to_string()),
            message: failure.map(|failure| failure.message),
            started_at: self.status.start_time.map(nokube_domain::whole_seconds),
        }
    }
}

/// Code and message if a container cannot be created or started.
fn container_error(detail: &str) -> (ErrorCode, String) {
    match messages::start_command(detail) {
        Some(message) => (ErrorCode::StartCommand, message),
        None => (ErrorCode::ContainerConfig, messages::container_config(detail)),
    }
}

/// Code and message if the program ended or could not be started.
fn program_error(terminated: &Terminated) -> (ErrorCode, String) {
    match (terminated.reason.as_str(), terminated.exit_code) {
        // The container runtime could not start it.
        ("StartError" | "ContainerCannotRun", _) => container_error(&terminated.message),
        (_, messages::LAUNCHER_EXIT_CODE) => {
            (ErrorCode::StartCommand, messages::launcher_failure())
        }
        _ => (ErrorCode::Crash, messages::crash(terminated)),
    }
}

impl ContainerStatus {
    fn failure(&self, image: &str, memory_limit: Option<&str>) -> Option<PodFailure> {
        let failure = |code, reason: &str, message: String, is_permanent| {
            Some(PodFailure { code, reason: reason.to_owned(), message, is_permanent })
        };
        let waiting = self.state.waiting.as_ref();
        let reason = waiting.map(|waiting| waiting.reason.as_str()).unwrap_or_default();
        let detail = waiting.map(|waiting| waiting.message.as_str()).unwrap_or_default();
        match reason {
            "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "RegistryUnavailable" => {
                return failure(
                    ErrorCode::ImagePull,
                    reason,
                    messages::image_pull(image, detail),
                    true,
                );
            }
            "InvalidImageName" | "ErrImageInspect" => {
                return failure(ErrorCode::ImageName, reason, messages::image_name(image), true);
            }
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
                let (code, message) = container_error(detail);
                return failure(code, reason, message, true);
            }
            _ => {}
        }
        let is_crash_loop = reason == "CrashLoopBackOff";
        let terminated = self.state.terminated.as_ref().or(self.last_state.terminated.as_ref());
        let Some(terminated) = terminated else {
            let message =
                "The program ends again and again right after its start. Its log says why.";
            return failure(ErrorCode::Crash, reason, message.into(), true)
                .filter(|_| is_crash_loop);
        };
        let is_permanent = self.restart_count >= CRASH_LOOP_RESTARTS || is_crash_loop;
        let is_running = self.state.running.is_some();
        if terminated.reason == "OOMKilled" {
            let message = messages::out_of_memory(memory_limit);
            let has_recovered = is_running && self.ready;
            let is_permanent = is_permanent && !has_recovered;
            return failure(ErrorCode::OutOfMemory, "OOMKilled", message, is_permanent);
        }
        // It has recovered, or it was restarted only once and may still become ready.
        if is_running && (self.ready || !is_permanent) {
            return None;
        }
        let reason = if reason.is_empty() { terminated.reason.as_str() } else { reason };
        let (code, message) = program_error(terminated);
        failure(code, reason, message, is_permanent)
    }
}
