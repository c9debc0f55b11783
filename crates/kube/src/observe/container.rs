//! A container of a pod: what was asked for, and its state.

use super::metadata::observed;
use nokube_domain::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

observed! {
    pub(super) struct ContainerSpec {
        pub(super) name: String,
        pub(super) image: String,
        /// Of an init container: `Always` makes it a sidecar.
        restart_policy: String,
        resources: Resources,
        startup_probe: Option<Probe>,
        liveness_probe: Option<Probe>,
        readiness_probe: Option<Probe>,
    }

    struct Resources {
        limits: BTreeMap<String, Value>,
    }

    pub(super) struct Probe {
        http_get: Option<ProbeTarget>,
        tcp_socket: Option<ProbeTarget>,
        grpc: Option<ProbeTarget>,
        timeout_seconds: Option<u32>,
    }

    struct ProbeTarget {
        path: String,
        port: Value,
    }

    pub(super) struct ContainerStatus {
        pub(super) name: String,
        pub(super) ready: bool,
        pub(super) restart_count: u32,
        #[serde(rename = "imageID")]
        pub(super) image_id: String,
        pub(super) state: ContainerState,
        pub(super) last_state: ContainerState,
    }

    pub(super) struct ContainerState {
        pub(super) waiting: Option<Waiting>,
        pub(super) running: Option<Running>,
        pub(super) terminated: Option<Terminated>,
    }

    pub(super) struct Waiting {
        pub(super) reason: String,
        pub(super) message: String,
    }

    pub(super) struct Running {
        pub(super) started_at: Option<Timestamp>,
    }

    pub(super) struct Terminated {
        pub(super) reason: String,
        pub(super) message: String,
        pub(super) exit_code: i32,
        pub(super) started_at: Option<Timestamp>,
        pub(super) finished_at: Option<Timestamp>,
    }
}

/// Whose container it is. Only that of the service is the developer's; meshes, secret injectors and the like add
/// others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Service,
    /// It has to end before the others start.
    Init,
    /// It starts before the others, and keeps running.
    Sidecar,
    Added,
}

pub(super) struct Container<'a> {
    pub(super) role: Role,
    pub(super) spec: Option<&'a ContainerSpec>,
    pub(super) status: &'a ContainerStatus,
}

/// From this many restarts on, a failure counts as repeated.
const MIN_REPEATED_RESTARTS: u32 = 2;

impl ContainerSpec {
    pub(super) fn is_sidecar(&self) -> bool {
        self.restart_policy == "Always"
    }

    pub(super) fn memory_limit(&self) -> Option<&str> {
        self.resources.limits.get("memory")?.as_str()
    }

    /// The probe that an event calls `Startup`, `Liveness` or `Readiness`.
    pub(super) fn probe(&self, kind: &str) -> Option<&Probe> {
        match kind {
            "Startup" => self.startup_probe.as_ref(),
            "Liveness" => self.liveness_probe.as_ref(),
            "Readiness" => self.readiness_probe.as_ref(),
            _ => None,
        }
    }
}

impl Probe {
    fn target(&self) -> Option<&ProbeTarget> {
        self.http_get.as_ref().or(self.tcp_socket.as_ref()).or(self.grpc.as_ref())
    }

    pub(super) fn port(&self) -> String {
        match self.target().map(|target| &target.port) {
            Some(Value::String(name)) => name.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// What it does, such as `GET :8080/health`.
    pub(super) fn request(&self) -> String {
        let port = self.port();
        match (&self.http_get, &self.tcp_socket, &self.grpc) {
            (Some(http), _, _) => {
                let path = if http.path.is_empty() { "/" } else { &http.path };
                format!("GET :{port}{path}")
            }
            (None, Some(_), _) => format!("a connection to port {port}"),
            (None, None, Some(_)) => format!("gRPC on port {port}"),
            (None, None, None) => "a command in the container".into(),
        }
    }

    pub(super) fn timeout(&self) -> String {
        match self.timeout_seconds.unwrap_or(1) {
            1 => "1 second".into(),
            seconds => format!("{seconds} seconds"),
        }
    }
}

impl ContainerStatus {
    /// The reason why it does not run, and the message; both are empty if there is none.
    pub(super) fn waiting(&self) -> (&str, &str) {
        let waiting = self.state.waiting.as_ref();
        waiting.map_or(("", ""), |waiting| (&waiting.reason, &waiting.message))
    }

    /// Its end, or the end of its previous run.
    pub(super) fn terminated(&self) -> Option<&Terminated> {
        self.state.terminated.as_ref().or(self.last_state.terminated.as_ref())
    }

    /// Whether it was restarted after a crash. Then the crash is in its previous log, not in the current one.
    pub(super) fn has_previous_log(&self) -> bool {
        self.restart_count > 0 && self.state.terminated.is_none()
    }

    /// Whether it fails again and again.
    pub(super) fn fails_repeatedly(&self) -> bool {
        self.restart_count >= MIN_REPEATED_RESTARTS || self.waiting().0 == "CrashLoopBackOff"
    }
}

impl Container<'_> {
    pub(super) fn name(&self) -> &str {
        &self.status.name
    }

    pub(super) fn image(&self) -> &str {
        self.spec.map(|spec| spec.image.as_str()).unwrap_or_default()
    }

    /// Whether it does its part: an init container has ended without an error or is running, another is ready.
    pub(super) fn is_well(&self) -> bool {
        let ContainerStatus { state, ready, .. } = self.status;
        let is_running = state.running.is_some();
        match self.role {
            Role::Init => {
                is_running || state.terminated.as_ref().is_some_and(|end| end.exit_code == 0)
            }
            Role::Service | Role::Sidecar | Role::Added => is_running && *ready,
        }
    }
}

impl Terminated {
    /// How long it ran, as part of a sentence.
    pub(super) fn duration(&self) -> String {
        let seconds = self.started_at.zip(self.finished_at).map(|(start, end)| {
            // Without a start, the runtime writes the year 1 or 1970.
            if start.as_second() <= 0 { 0 } else { end.as_second() - start.as_second() }
        });
        match seconds {
            None => "unexpectedly".into(),
            Some(..=5) => "right after its start".into(),
            Some(seconds @ ..=119) => format!("after {seconds} seconds"),
            Some(seconds @ ..=7_199) => format!("after {} minutes", seconds / 60),
            Some(seconds @ ..=172_799) => format!("after {} hours", seconds / 3_600),
            Some(seconds) => format!("after {} days", seconds / 86_400),
        }
    }
}
