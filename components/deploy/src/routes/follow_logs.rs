//! The logs of pods as server-sent events: an event `log` for each line, with its pod.
//!
//! A stream ends after [`STREAM_TIMEOUT`]. Browsers then reconnect with `Last-Event-ID`, the
//! time of the last line that it has (the event stream specification of HTML). Logs of new pods are added
//! while the stream is open.

use crate::{
    cluster::{
        Cluster,
        logs::{list_pods, no_log_message, no_log_reason, open_log},
    },
    deployment::Deployment,
};
use futures::{
    StreamExt,
    future::{Either, select},
    stream::{self, LocalBoxStream, SelectAll},
};
use nokube_domain::{
    Timestamp,
    responses::{NoLogReason, PodLine},
};
use nokube_edge::{
    Call, Reply, Result,
    body::lines,
    sleep, spawn_for,
    sse::{self, Disconnected, EventSender, event_stream},
};
use nokube_kube::request::LogParams;
use std::{collections::BTreeMap, convert::Infallible, pin::pin, time::Duration};

/// How many pods are followed in one stream.
const MAX_PODS: usize = 10;
const STREAM_TIMEOUT: Duration = Duration::from_secs(25);
/// How long the client waits before it reconnects.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);
/// How often new pods are looked for.
const POLL_INTERVAL: Duration = Duration::from_secs(3);
/// A log that ended without new lines is opened again after some polls: one, two, at most this many.
const MAX_BACKOFF_POLLS: u8 = 4;

pub async fn follow(
    call: &Call,
    cluster: Cluster,
    deployment: Deployment,
    pods: Vec<String>,
    options: LogParams,
) -> Result<Reply> {
    let last_event: Option<Timestamp> = call.header("last-event-id").and_then(|id| id.parse().ok());
    let (sender, reply) = event_stream();
    let mut follower = Follower {
        namespace: deployment.namespace(),
        cluster,
        deployment,
        selected_pod: call.query("pod").map(str::to_owned),
        options,
        pods: BTreeMap::new(),
        events: SelectAll::new(),
        sender,
    };
    for name in pods {
        let pod = FollowedPod { last_line: last_event, ..FollowedPod::at_start() };
        follower.pods.insert(name.clone(), pod);
        follower.open(name);
    }
    spawn_for(STREAM_TIMEOUT, async move {
        let Err(Disconnected) = follower.run().await;
    });
    Ok(reply)
}

struct Follower {
    cluster: Cluster,
    deployment: Deployment,
    namespace: String,
    /// Only this pod is followed.
    selected_pod: Option<String>,
    options: LogParams,
    pods: BTreeMap<String, FollowedPod>,
    events: SelectAll<LocalBoxStream<'static, (String, LogEvent)>>,
    sender: EventSender,
}

#[derive(Default)]
struct FollowedPod {
    /// Its log is open now.
    is_open: bool,
    /// Only the last lines of its log are sent, because it had a log before the stream began.
    from_tail: bool,
    /// The time of the last line that was sent.
    last_line: Option<Timestamp>,
    /// How many polls to wait when its log ends the next time.
    next_backoff: u8,
    /// How many polls to wait before its log is opened again.
    remaining_backoff: u8,
    /// The client was sent the reason why there is no log.
    reason_sent: bool,
}

impl FollowedPod {
    /// A pod that exists when the stream begins.
    fn at_start() -> Self {
        Self { from_tail: true, ..Self::default() }
    }
}

enum LogEvent {
    Line(LogLine),
    /// The log ended, or cannot be read, for this reason.
    End(Option<LogLine>),
}

struct LogLine {
    /// `None`: the line is about the pod, or continues the line before.
    at: Option<Timestamp>,
    text: String,
    reason: Option<NoLogReason>,
}

impl Follower {
    /// Runs until the client is gone.
    async fn run(mut self) -> sse::Result<Infallible> {
        self.sender.send_retry(RECONNECT_DELAY).await?;
        // Started once an interval, not after each line: a pod that writes a lot must not delay new pods.
        let mut poll = Box::pin(sleep(POLL_INTERVAL));
        loop {
            let event = match select(pin!(next_event(&mut self.events)), poll.as_mut()).await {
                Either::Left((event, _)) => Some(event),
                Either::Right(_) => None,
            };
            match event {
                Some((pod, LogEvent::Line(line))) => self.send_line(&pod, line).await?,
                Some((pod, LogEvent::End(reason))) => self.handle_end(&pod, reason).await?,
                None => {
                    poll = Box::pin(sleep(POLL_INTERVAL));
                    self.open_new_logs().await;
                }
            }
        }
    }

    /// Opens a pod's log: from the line after the last one that was sent; else its last lines, or all of them if it
    /// began after the stream.
    fn open(&mut self, name: String) {
        let pod = self.pods.entry(name.clone()).or_default();
        pod.is_open = true;
        let from_tail = pod.from_tail && pod.last_line.is_none();
        let options = LogParams {
            follow: true,
            timestamps: true,
            since_time: pod.last_line,
            tail_lines: self.options.tail_lines.filter(|_| from_tail),
            since_seconds: self.options.since_seconds.filter(|_| from_tail),
            ..self.options.clone()
        };
        self.events.push(read_log(self.cluster.clone(), self.namespace.clone(), name, options));
    }

    async fn send_line(&mut self, name: &str, line: LogLine) -> sse::Result<()> {
        if let Some(pod) = self.pods.get_mut(name) {
            pod.last_line = line.at.or(pod.last_line);
            pod.next_backoff = 0;
        }
        self.send(name, &line).await
    }

    async fn handle_end(&mut self, name: &str, reason: Option<LogLine>) -> sse::Result<()> {
        let Some(pod) = self.pods.get_mut(name) else { return Ok(()) };
        pod.is_open = false;
        // Either its log was sent, or there was none yet: all that it has later is new.
        let no_log = reason.as_ref().and_then(|line| line.reason);
        pod.from_tail &= no_log.is_some_and(|reason| reason != NoLogReason::NotYet);
        pod.remaining_backoff = pod.next_backoff;
        pod.next_backoff = (pod.next_backoff * 2).clamp(1, MAX_BACKOFF_POLLS);
        // Sent once, however often the log is opened again.
        match reason.filter(|_| !pod.reason_sent) {
            Some(reason) => {
                pod.reason_sent = true;
                self.send(name, &reason).await
            }
            None => Ok(()),
        }
    }

    /// Opens the logs of new pods, and of pods whose container has started or restarted.
    async fn open_new_logs(&mut self) {
        // The log of a previous instance does not grow.
        if self.options.previous {
            return;
        }
        let names = list_pods(&self.cluster, &self.deployment).await.unwrap_or_default();
        let selected = self.selected_pod.clone();
        let is_selected = |name: &String| selected.as_ref().is_none_or(|selected| selected == name);
        for name in names.into_iter().filter(is_selected) {
            if self.pods.len() >= MAX_PODS && !self.pods.contains_key(&name) {
                continue;
            }
            let pod = self.pods.entry(name.clone()).or_default();
            if pod.is_open {
                continue;
            }
            match pod.remaining_backoff.checked_sub(1) {
                Some(remaining) => pod.remaining_backoff = remaining,
                None => self.open(name),
            }
        }
    }

    async fn send(&mut self, pod: &str, line: &LogLine) -> sse::Result<()> {
        let id = line.at.map(|at| at.to_string());
        let line = PodLine { pod, at: line.at, line: &line.text, reason: line.reason };
        self.sender.send("log", id.as_deref(), &line).await
    }
}

/// The next event of any log. While no log is open it waits: new pods may come.
async fn next_event(
    events: &mut SelectAll<LocalBoxStream<'static, (String, LogEvent)>>,
) -> (String, LogEvent) {
    match events.next().await {
        Some(event) => event,
        None => std::future::pending().await,
    }
}

/// The events of one pod's log. Each log is opened in its own stream, so that a pod that does not respond
/// does not delay the others.
fn read_log(
    cluster: Cluster,
    namespace: String,
    pod: String,
    options: LogParams,
) -> LocalBoxStream<'static, (String, LogEvent)> {
    let name = pod.clone();
    let events = async move {
        let log = match open_log(&cluster, &namespace, &name, &options).await {
            Ok(log) => log,
            Err(error) => {
                let text = format!("({})", no_log_message(&error));
                let reason = LogLine { at: None, text, reason: Some(no_log_reason(&error)) };
                return stream::once(async { LogEvent::End(Some(reason)) }).boxed_local();
            }
        };
        // `sinceTime` has whole seconds, so the API server sends some lines again.
        let since = options.since_time;
        let is_sent = move |line: &LogLine| since.is_some() && line.at <= since;
        lines(log.into_body())
            .map(|line| {
                let (at, text) = line.split_timestamp();
                LogLine { at, text, reason: None }
            })
            .skip_while(move |line| futures::future::ready(is_sent(line)))
            .map(LogEvent::Line)
            .chain(stream::once(async { LogEvent::End(None) }))
            .boxed_local()
    };
    stream::once(events).flatten().map(move |event| (pod.clone(), event)).boxed_local()
}
