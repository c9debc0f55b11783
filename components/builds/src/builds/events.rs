//! A build's log as server-sent events: steps as they change, log lines once a job has ended.
//!
//! A stream ends after [`LIFE`], as instances of an edge do not live for ever; the reader comes back
//! by itself with `Last-Event-ID`, which says how far it came (the event stream specification of
//! HTML). Events: `status` (the build, without steps), `step`, `log` (a line), `end`.

use super::{
    logs::{ended_jobs, open},
    present::present_with_known,
};
use crate::github::GitHub;
use futures::StreamExt;
use nokube_domain::{
    build::{BuildView, Known, StepView},
    lines::{Cutter, Line},
};
use nokube_edge::{Call, Reply, Result, now, reply::Sender, sleep, spawn_for, store::Store};

/// Seconds after which a stream ends.
const LIFE: i64 = 25;
/// Milliseconds between two looks, and told to the reader as the wait before it comes back.
const LOOK: u64 = 1_000;

/// Seconds after the end in which GitHub may not have the log yet.
const LATE: i64 = 60;
/// Milliseconds between two questions for it.
const LATE_LOOK: u64 = 5_000;

/// How far a reader has come: the attempt, the jobs whose logs it has, and the lines of the next.
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

pub async fn follow(call: Call, store: Store, answer: BuildView, known: Known) -> Result<Reply> {
    let (sender, body) = nokube_edge::reply::channel();
    let position = call.header("last-event-id").and_then(Position::parse).unwrap_or_default();
    // An error ends the stream; the reader comes back and is told by the status of that answer. So does
    // one who reads too slowly.
    spawn_for(2 * LIFE.unsigned_abs() * 1_000, async move {
        let mut follower =
            Follower { call, store, sender, position, steps: Vec::new(), status: String::new() };
        let _ = follower.run(answer, known).await;
    });
    Ok(Reply::stream("text/event-stream", body).header("x-accel-buffering", "no"))
}

struct Follower {
    call: Call,
    store: Store,
    sender: Sender,
    position: Position,
    /// What the reader has been told.
    steps: Vec<StepView>,
    status: String,
}

/// The reader has gone away.
struct Gone;

impl Follower {
    async fn run(&mut self, answer: BuildView, known: Known) -> std::result::Result<(), Gone> {
        let until = now().as_second() + LIFE;
        let (mut answer, mut known) = (answer, known);
        self.raw(format!("retry: {LOOK}\n\n")).await?;
        loop {
            if self.position.attempt != answer.attempt {
                self.position = Position { attempt: answer.attempt, ..Position::default() };
                self.steps.clear();
            }
            self.tell_state(&answer).await?;
            let told = self.tell_logs(&known, is_fresh(&answer)).await?;
            if answer.status.is_final() && told {
                return self.event("end", &format!("\"{}\"", self.status)).await;
            }
            if now().as_second() >= until {
                return Ok(());
            }
            sleep(if told { LOOK } else { LATE_LOOK }).await;
            let look = present_with_known(&self.call, &self.store).await;
            (answer, known) = look.map_err(|_| Gone)?;
        }
    }

    async fn tell_state(&mut self, answer: &BuildView) -> std::result::Result<(), Gone> {
        let mut overview = answer.clone();
        let steps = std::mem::take(&mut overview.steps);
        let status = serde_json::to_value(overview.status).unwrap_or_default();
        let status = status.as_str().unwrap_or_default().to_owned();
        if status != self.status {
            self.status = status;
            self.event("status", &json(&overview)).await?;
        }
        for step in &steps {
            if !self.steps.contains(step) {
                self.event("step", &json(step)).await?;
            }
        }
        self.steps = steps;
        Ok(())
    }

    /// Sends the lines of ended jobs that the reader does not have yet; `false` when one may still come.
    async fn tell_logs(&mut self, known: &Known, fresh: bool) -> std::result::Result<bool, Gone> {
        let jobs = ended_jobs(known);
        let Ok(github) = GitHub::new().await else {
            return Err(Gone);
        };
        for job in jobs.into_iter().skip(self.position.jobs) {
            match open(&github, job).await {
                Ok(log) => self.tell_log(log).await?,
                Err(_) if fresh => return Ok(false),
                Err(_) => self.event("log", "\"(The log cannot be read.)\"").await?,
            }
            self.position = Position { jobs: self.position.jobs + 1, lines: 0, ..self.position };
        }
        Ok(true)
    }

    async fn tell_log(&mut self, log: nokube_edge::BoxBody) -> std::result::Result<(), Gone> {
        let mut pieces = http_body_util::BodyDataStream::new(log);
        let (mut cutter, mut number) = (Cutter::default(), 0);
        while let Some(Ok(piece)) = pieces.next().await {
            for line in cutter.cut(&piece) {
                number += 1;
                self.line(number, &line).await?;
            }
        }
        match cutter.end() {
            Some(line) => self.line(number + 1, &line).await,
            None => Ok(()),
        }
    }

    async fn line(&mut self, number: usize, line: &Line) -> std::result::Result<(), Gone> {
        if number <= self.position.lines {
            return Ok(());
        }
        self.position.lines = number;
        self.event("log", &json(&line.text)).await
    }

    /// `data` is JSON, which has no line breaks of its own.
    async fn event(&mut self, name: &str, data: &str) -> std::result::Result<(), Gone> {
        let id = self.position.id();
        self.raw(format!("event: {name}\nid: {id}\ndata: {data}\n\n")).await
    }

    async fn raw(&mut self, text: String) -> std::result::Result<(), Gone> {
        if self.sender.send(text).await { Ok(()) } else { Err(Gone) }
    }
}

/// Is it under way, or so shortly ended that its log may still come?
fn is_fresh(build: &BuildView) -> bool {
    build.completed_at.is_none_or(|end| now().as_second() - end.as_second() < LATE)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
