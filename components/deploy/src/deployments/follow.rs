//! The logs of pods as server-sent events: `log` with the pod and a line.
//!
//! A stream ends after [`LIFE`]; the reader comes back by itself with `Last-Event-ID`, the time of the
//! last line that it has (the event stream specification of HTML). Pods that come meanwhile join in.

use super::logs::{all_pods, said};
use crate::{
    cluster::{Cluster, Trouble},
    present::Loaded,
};
use futures::{
    StreamExt,
    future::{Either, select},
    stream::{self, LocalBoxStream},
};
use nokube_domain::{Timestamp, answer::PodLine};
use nokube_edge::{Call, Reply, Result, reply, reply::Sender, sleep, spawn};
use nokube_kube::request::Log;
use std::{collections::BTreeSet, pin::pin};

/// The most pods that are followed in the life of a stream.
const MOST_PODS: usize = 20;
/// Milliseconds after which a stream ends.
const LIFE: u64 = 25_000;
/// Milliseconds that a reader waits before it comes back.
const RETRY: u64 = 1_000;
/// Bytes after which a line is sent as it is, and goes on as the next one.
const LONGEST_LINE: usize = 16 * 1024;

/// Milliseconds between two looks for pods that have come.
const LOOK: u64 = 2_000;

pub async fn follow(
    call: &Call,
    cluster: Cluster,
    loaded: Loaded,
    pods: Vec<String>,
    wanted: Log,
) -> Result<Reply> {
    let after: Option<Timestamp> = call.header("last-event-id").and_then(|id| id.parse().ok());
    // Times tell a reader that comes back from where; whole seconds are what the cluster takes.
    let wanted = Log {
        follow: true,
        timestamps: true,
        since: after,
        tail: wanted.tail.filter(|_| after.is_none()),
        ..wanted
    };
    // Who names a pod wants no other.
    let joins = call.query("pod").is_none();
    let (mut sender, body) = reply::channel();
    spawn(async move {
        if !sender.send(format!("retry: {RETRY}\n\n")).await {
            return;
        }
        let namespace = loaded.namespace();
        let open = |pod: String| pod_lines(&cluster, &namespace, pod, &wanted);
        let told = async {
            let mut known: BTreeSet<String> = pods.iter().cloned().collect();
            let mut lines = stream::select_all(pods.into_iter().map(open));
            // Not begun anew with each line: however much one pod writes, others are looked for.
            let mut look = Box::pin(sleep(LOOK));
            loop {
                let next = {
                    let next = async {
                        match lines.next().await {
                            Some(line) => line,
                            // No pod writes now; others may come.
                            None => std::future::pending().await,
                        }
                    };
                    match select(pin!(next), look.as_mut()).await {
                        Either::Left((line, _)) => Some(line),
                        Either::Right(_) => None,
                    }
                };
                if let Some(line) = next {
                    if !tell(&mut sender, &line, after).await {
                        return;
                    }
                    continue;
                }
                look = Box::pin(sleep(LOOK));
                let there = match joins {
                    true => all_pods(&cluster, &loaded).await.unwrap_or_default(),
                    false => Vec::new(),
                };
                for pod in there {
                    if known.len() < MOST_PODS && known.insert(pod.clone()) {
                        lines.push(open(pod));
                    }
                }
            }
        };
        // When its time is over, the reader comes back.
        select(pin!(told), pin!(sleep(LIFE))).await;
    });
    Ok(Reply::stream("text/event-stream", body).header("x-accel-buffering", "no"))
}

/// The lines of one pod. Each is opened by itself: a pod that does not answer holds back no other's.
fn pod_lines<'a>(
    cluster: &'a Cluster,
    namespace: &'a str,
    pod: String,
    wanted: &'a Log,
) -> LocalBoxStream<'a, Line> {
    let opened = async move {
        match cluster.open_log(namespace, &pod, wanted).await {
            Ok(log) => lines(pod, reply::incoming(log)),
            Err(trouble) => silent(pod, &trouble),
        }
    };
    stream::once(opened).flatten().boxed_local()
}

/// A line of a pod; without a time when it is about the pod and not of it.
struct Line {
    pod: String,
    at: Option<Timestamp>,
    text: String,
}

/// Sends a line; `false` when the reader has gone away.
async fn tell(sender: &mut Sender, line: &Line, after: Option<Timestamp>) -> bool {
    // The cluster gives lines from the whole second on.
    if line.at.is_some() && line.at <= after {
        return true;
    }
    let id = line.at.map(|at| format!("id: {at}\n")).unwrap_or_default();
    let line = PodLine { pod: &line.pod, at: line.at, line: &line.text };
    let data = serde_json::to_string(&line).unwrap_or_default();
    sender.send(format!("event: log\n{id}data: {data}\n\n")).await
}

fn silent(pod: String, trouble: &Trouble) -> LocalBoxStream<'static, Line> {
    let line = Line { pod, at: None, text: format!("({})", said(trouble)) };
    stream::once(async { line }).boxed_local()
}

/// The lines of a log as they come.
fn lines(pod: String, log: nokube_edge::BoxBody) -> LocalBoxStream<'static, Line> {
    let pieces = http_body_util::BodyDataStream::new(log);
    let begin = (pieces, Vec::<u8>::new(), std::collections::VecDeque::<Line>::new(), false);
    stream::unfold(begin, move |(mut pieces, mut rest, mut ready, mut ended)| {
        let pod = pod.clone();
        async move {
            loop {
                if let Some(line) = ready.pop_front() {
                    return Some((line, (pieces, rest, ready, ended)));
                }
                if ended {
                    return None;
                }
                match pieces.next().await {
                    Some(Ok(piece)) => split(&pod, &piece, &mut rest, &mut ready),
                    _ => {
                        ended = true;
                        if !rest.is_empty() {
                            ready.push_back(line(&pod, &std::mem::take(&mut rest)));
                        }
                    }
                }
            }
        }
    })
    .boxed_local()
}

fn split(
    pod: &str,
    piece: &[u8],
    rest: &mut Vec<u8>,
    ready: &mut std::collections::VecDeque<Line>,
) {
    for part in piece.split_inclusive(|b| *b == b'\n') {
        for part in part.chunks(LONGEST_LINE) {
            rest.extend_from_slice(part);
            // A line without end must not fill the memory that all share.
            if part.ends_with(b"\n") || rest.len() >= LONGEST_LINE {
                ready.push_back(line(pod, &std::mem::take(rest)));
            }
        }
    }
}

/// `2026-01-02T03:04:05.678901234Z what the program wrote`.
fn line(pod: &str, bytes: &[u8]) -> Line {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches(['\r', '\n']);
    let (at, text) = match text.split_once(' ') {
        Some((time, rest)) => match time.parse() {
            Ok(at) => (Some(at), rest),
            Err(_) => (None, text),
        },
        None => (text.parse().ok(), if text.parse::<Timestamp>().is_ok() { "" } else { text }),
    };
    Line { pod: pod.to_owned(), at, text: text.to_owned() }
}
