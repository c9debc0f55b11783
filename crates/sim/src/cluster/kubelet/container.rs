//! One container: from the pull of its image to its end, and again.

use std::collections::VecDeque;

use jiff::Timestamp;

/// Lines of log that are kept of one container.
const MOST_LINES: usize = 500;
/// Steps between two lines of a container that works.
const CHATTER: u64 = 5;
/// The longest pause before another try, in steps.
const LONGEST_PAUSE: u64 = 300;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stage {
    /// Not begun.
    #[default]
    Creating,
    /// The image is pulled.
    Pulling,
    /// It could not be pulled; then the next try is waited for.
    PullFailed {
        backing_off: bool,
        error: String,
    },
    /// Something that it needs is missing.
    ConfigError(String),
    Running,
    /// It ended with an error; then the next start is waited for.
    Ended {
        backing_off: bool,
    },
    /// An init container that did its work.
    Done,
}

/// A line that a container wrote.
#[derive(Debug, Clone)]
pub struct Line {
    pub at: Timestamp,
    pub text: String,
}

/// What a node knows of a container.
#[derive(Debug, Clone, Default)]
pub struct ContainerRun {
    pub stage: Stage,
    pub restarts: u32,
    pub started: Option<Timestamp>,
    /// When it ended for the last time, and why.
    pub ended: Option<(Timestamp, Timestamp, &'static str, i64)>,
    pub running_since: u64,
    pub ready: bool,
    /// The step of the next try.
    pub next: u64,
    pub log: VecDeque<Line>,
    /// Of the run before; None if there was none.
    pub previous: Option<VecDeque<Line>>,
    /// How many lines there were in this run before those that are kept.
    pub gone: usize,
    pause: u64,
    pub reported: bool,
}

impl ContainerRun {
    pub fn write(&mut self, at: Timestamp, text: impl Into<String>) {
        self.log.push_back(Line { at, text: text.into() });
        if self.log.len() > MOST_LINES {
            self.log.pop_front();
            self.gone += 1;
        }
    }

    /// Steps until the next try: twice as many each time.
    pub fn back_off(&mut self, steps: u64) {
        self.pause = (self.pause * 2).clamp(10, LONGEST_PAUSE);
        self.next = steps + self.pause;
    }

    /// `10s`, `1m20s`: the pause as messages say it.
    pub fn pause(&self) -> String {
        match (self.pause / 60, self.pause % 60) {
            (0, seconds) => format!("{seconds}s"),
            (minutes, seconds) => format!("{minutes}m{seconds}s"),
        }
    }

    /// Begins to run.
    pub fn start(&mut self, image: &str, port: Option<i64>, step: u64, now: Timestamp) {
        if self.ended.is_some() {
            self.restarts += 1;
            self.previous = Some(std::mem::take(&mut self.log));
            self.gone = 0;
        }
        self.stage = Stage::Running;
        self.started = Some(now);
        self.running_since = step;
        let name = image.rsplit('/').next().unwrap_or_default();
        self.write(now, format!("Starting {name}"));
        if let Some(port) = port {
            self.write(now, format!("Listening on 0.0.0.0:{port}"));
        }
    }

    /// Ends with an error.
    pub fn end(&mut self, reason: &'static str, code: i64, step: u64, now: Timestamp) {
        if reason == "Error" {
            self.write(now, "Error: connect ECONNREFUSED 127.0.0.1:5432");
            self.write(now, "    at start (main): the database cannot be reached, giving up");
        } else {
            self.write(now, "Loading everything into memory");
        }
        self.ended = Some((self.started.unwrap_or(now), now, reason, code));
        self.ready = false;
        self.stage = Stage::Ended { backing_off: false };
        self.next = step + 1;
    }

    /// A line now and then.
    pub fn chatter(&mut self, step: u64, now: Timestamp) {
        let age = step - self.running_since;
        if age > 0 && age.is_multiple_of(CHATTER) {
            self.write(now, format!("GET / 200 {}ms", 1 + age % 7));
        }
    }

    /// Whether it is in a state that repeats for ever.
    pub fn is_stuck(&self) -> bool {
        match &self.stage {
            Stage::PullFailed { .. } | Stage::ConfigError(_) => self.reported,
            Stage::Ended { .. } => self.restarts > 0,
            _ => false,
        }
    }
}
