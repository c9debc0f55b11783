//! The state of one container: image pull, start, exit, restarts and log.

use std::collections::VecDeque;

use jiff::Timestamp;

const MAX_LOG_LINES: usize = 500;
/// Steps between two log lines of a running container.
const LOG_INTERVAL: u64 = 5;
/// In steps.
const MIN_BACKOFF: u64 = 10;
/// In steps.
const MAX_BACKOFF: u64 = 300;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stage {
    #[default]
    Creating,
    PullingImage,
    PullFailed {
        /// Whether the back-off before the next attempt has begun.
        is_backing_off: bool,
        error: String,
    },
    /// A Secret or ConfigMap is missing, the image would run as root, or there is no program to run.
    CreateFailed {
        reason: &'static str,
        error: String,
    },
    Running,
    /// The container exited with an error.
    Exited {
        /// Whether the back-off before the next start has begun.
        is_backing_off: bool,
    },
}

#[derive(Debug, Clone)]
pub struct LogLine {
    pub written_at: Timestamp,
    pub text: String,
}

#[derive(Debug, Clone, Copy)]
pub struct Termination {
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    pub reason: &'static str,
    pub exit_code: i64,
}

/// What a node knows about a container.
#[derive(Debug, Clone, Default)]
pub struct ContainerState {
    pub stage: Stage,
    pub restarts: u32,
    pub started_at: Option<Timestamp>,
    pub last_termination: Option<Termination>,
    /// The step of the latest start.
    started_step: u64,
    pub is_ready: bool,
    /// The step of the next pull or start after a back-off.
    pub retry_step: u64,
    pub log: VecDeque<LogLine>,
    /// The log before the latest restart. None if there was no restart.
    pub previous_log: Option<VecDeque<LogLine>>,
    /// How many older lines of the current log were dropped.
    pub dropped_lines: usize,
    /// In steps.
    backoff: u64,
    /// Whether an event was recorded for the current failure.
    pub is_reported: bool,
}

impl ContainerState {
    pub fn write_log(&mut self, written_at: Timestamp, text: impl Into<String>) {
        self.log.push_back(LogLine { written_at, text: text.into() });
        if self.log.len() > MAX_LOG_LINES {
            self.log.pop_front();
            self.dropped_lines += 1;
        }
    }

    /// The number that the next line of the current log will have.
    pub fn next_line_number(&self) -> usize {
        self.dropped_lines + self.log.len()
    }

    /// Doubles the back-off and schedules the next attempt.
    pub fn back_off(&mut self, current_step: u64) {
        self.backoff = (self.backoff * 2).clamp(MIN_BACKOFF, MAX_BACKOFF);
        self.retry_step = current_step + self.backoff;
    }

    /// The back-off as messages show it: `10s`, `1m20s`.
    pub fn format_backoff(&self) -> String {
        match (self.backoff / 60, self.backoff % 60) {
            (0, seconds) => format!("{seconds}s"),
            (minutes, seconds) => format!("{minutes}m{seconds}s"),
        }
    }

    pub fn start(&mut self, image: &str, port: Option<i64>, current_step: u64, now: Timestamp) {
        if self.last_termination.is_some() {
            self.restarts += 1;
            self.previous_log = Some(std::mem::take(&mut self.log));
            self.dropped_lines = 0;
        }
        self.stage = Stage::Running;
        self.started_at = Some(now);
        self.started_step = current_step;
        let name = image.rsplit('/').next().unwrap_or_default();
        self.write_log(now, format!("Starting {name}"));
        if let Some(port) = port {
            self.write_log(now, format!("Listening on 0.0.0.0:{port}"));
        }
    }

    /// Exits with an error.
    pub fn exit(
        &mut self,
        reason: &'static str,
        exit_code: i64,
        current_step: u64,
        now: Timestamp,
    ) {
        if reason == "Error" {
            self.write_log(now, "Error: connect ECONNREFUSED 127.0.0.1:5432");
            self.write_log(now, "    at start (main): the database cannot be reached, giving up");
        } else {
            self.write_log(now, "Loading everything into memory");
        }
        let started_at = self.started_at.unwrap_or(now);
        self.last_termination =
            Some(Termination { started_at, finished_at: now, reason, exit_code });
        self.is_ready = false;
        self.stage = Stage::Exited { is_backing_off: false };
        self.retry_step = current_step + 1;
    }

    /// Steps since the latest start.
    pub fn age(&self, current_step: u64) -> u64 {
        current_step.saturating_sub(self.started_step)
    }

    /// Writes a line to the log at regular intervals.
    pub fn write_periodic_log(&mut self, current_step: u64, now: Timestamp) {
        let age = self.age(current_step);
        if age > 0 && age.is_multiple_of(LOG_INTERVAL) {
            self.write_log(now, format!("GET / 200 {}ms", 1 + age % 7));
        }
    }

    /// Whether the container is in a failure that repeats forever.
    pub fn is_stuck(&self) -> bool {
        match &self.stage {
            Stage::PullFailed { .. } | Stage::CreateFailed { .. } | Stage::Running => {
                self.is_reported
            }
            Stage::Exited { .. } => self.restarts > 0,
            _ => false,
        }
    }
}
