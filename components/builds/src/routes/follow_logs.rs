//! A build's log as server-sent events: steps as they change, log lines once a job has ended.
//!
//! A stream ends after [`STREAM_TIMEOUT`], because instances are short-lived. The browser then reconnects with
//! `Last-Event-ID`, which holds the reader's position (the event stream specification of HTML). Events:
//! `status` (the build, without steps), `step`, `log` (a line), `end`.

use super::logs::ended_jobs;
use crate::{
    github::{GitHub, job_log},
    status::current_state,
};
use futures::StreamExt;
use nokube_domain::builds::{BuildState, BuildView, Status, StepView};
use nokube_edge::{
    Call, Reply, Result,
    body::lines,
    now, sleep, spawn_for,
    sse::{self, Disconnected, EventSender, event_stream},
    store::Store,
};
use serde::Serialize;
use std::time::Duration;

/// How long a stream lasts.
const STREAM_TIMEOUT: Duration = Duration::from_secs(25);
/// How much longer a log may be sent that was opened before the end. A hosted Spin ends a request after 30 s.
const SEND_TIME: Duration = Duration::from_secs(3);
/// The time between two reads of the build; also the wait before the reader reconnects.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Seconds after a build's end within which GitHub may not have the log yet.
const LOG_DELAY: i64 = 60;
/// The time between two requests for a log that is not there yet.
const LOG_POLL_INTERVAL: Duration = Duration::from_secs(5);

/// A reader's position: the attempt, the number of jobs whose logs were sent completely, and the number of lines
/// of the next job that were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Position {
    attempt: u32,
    jobs: usize,
    lines: usize,
}

impl Position {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let attempt = parts.next()?.parse().ok()?;
        let jobs = parts.next()?.parse().ok()?;
        let lines = parts.next()?.parse().ok()?;
        Some(Self { attempt, jobs, lines })
    }

    fn id(self) -> String {
        format!("{}.{}.{}", self.attempt, self.jobs, self.lines)
    }
}

pub async fn follow(
    call: Call,
    store: Store,
    build: BuildView,
    state: BuildState,
) -> Result<Reply> {
    let (sender, reply) = event_stream();
    let position = call.header("last-event-id").and_then(Position::parse).unwrap_or_default();
    // An error ends the stream; the reader reconnects, and the status of that response says what is wrong.
    // A reader that is too slow is cut off and reconnects too.
    spawn_for(STREAM_TIMEOUT + SEND_TIME, async move {
        let mut follower =
            Follower { call, store, sender, position, steps: Vec::new(), status: None };
        let _ = follower.run(build, state).await;
    });
    Ok(reply)
}

struct Follower {
    call: Call,
    store: Store,
    sender: EventSender,
    position: Position,
    /// The steps and the status that were sent last.
    steps: Vec<StepView>,
    status: Option<Status>,
}

impl Follower {
    async fn run(&mut self, mut build: BuildView, mut state: BuildState) -> sse::Result<()> {
        let end = now() + STREAM_TIMEOUT;
        self.sender.send_retry(POLL_INTERVAL).await?;
        loop {
            if self.position.attempt != build.attempt {
                self.position = Position { attempt: build.attempt, ..Position::default() };
                self.steps.clear();
            }
            self.send_status_and_steps(&build).await?;
            let are_logs_sent = self.send_logs(&state, may_lack_log(&build)).await?;
            if build.status.is_final() && are_logs_sent {
                return self.send_event("end", &build.status).await;
            }
            if now() >= end {
                return Ok(());
            }
            sleep(if are_logs_sent { POLL_INTERVAL } else { LOG_POLL_INTERVAL }).await;
            let current = current_state(&self.call, &self.store).await;
            // The reader reconnects, and that response says why the build cannot be read.
            (build, state) = current.map_err(|_| Disconnected)?;
        }
    }

    async fn send_status_and_steps(&mut self, build: &BuildView) -> sse::Result<()> {
        let mut overview = build.clone();
        let steps = std::mem::take(&mut overview.steps);
        if self.status.replace(overview.status) != Some(overview.status) {
            self.send_event("status", &overview).await?;
        }
        for step in &steps {
            if !self.steps.contains(step) {
                self.send_event("step", step).await?;
            }
        }
        self.steps = steps;
        Ok(())
    }

    /// Sends the lines of ended jobs that the reader does not have yet; `false` when GitHub may still get the
    /// log of one.
    async fn send_logs(&mut self, state: &BuildState, may_lack_log: bool) -> sse::Result<bool> {
        let jobs = ended_jobs(state);
        let Ok(github) = GitHub::new().await else {
            return Err(Disconnected);
        };
        for job in jobs.into_iter().skip(self.position.jobs) {
            match job_log(&github, job).await {
                Ok(log) => self.send_log(log).await?,
                Err(_) if may_lack_log => return Ok(false),
                Err(_) => self.send_event("log", "(The log cannot be read.)").await?,
            }
            self.position = Position { jobs: self.position.jobs + 1, lines: 0, ..self.position };
        }
        Ok(true)
    }

    async fn send_log(&mut self, log: nokube_edge::BoxBody) -> sse::Result<()> {
        let mut lines = lines(log).skip(self.position.lines);
        while let Some(line) = lines.next().await {
            self.position.lines += 1;
            self.send_event("log", &line.text).await?;
        }
        Ok(())
    }

    /// Sends an event with the reader's position as its id.
    async fn send_event(
        &mut self,
        name: &str,
        data: &(impl Serialize + ?Sized),
    ) -> sse::Result<()> {
        let id = self.position.id();
        self.sender.send(name, Some(&id), data).await
    }
}

/// Whether GitHub may not have the build's log yet: the build is unfinished, or ended recently.
fn may_lack_log(build: &BuildView) -> bool {
    build.completed_at.is_none_or(|end| now().as_second() - end.as_second() < LOG_DELAY)
}
