//! The logs of pods as server-sent events: `log` with the pod and a line.
//!
//! A stream ends after [`LIFE`]; the reader comes back by itself with `Last-Event-ID`, the time of the
//! last line that it has (the event stream specification of HTML). Pods that come meanwhile join in.

use super::logs::{all_pods, no_log, said};
use crate::{cluster::Cluster, present::Loaded};
use futures::{
    StreamExt,
    future::{Either, select},
    stream::{self, LocalBoxStream},
};
use nokube_domain::{
    Timestamp,
    answer::{NoLog, PodLine},
    lines::{Cutter, Line},
};
use nokube_edge::{Call, Reply, Result, reply, reply::Sender, sleep, spawn_for};
use nokube_kube::request::Log;
use std::{
    collections::{BTreeMap, VecDeque},
    pin::pin,
};

/// The most pods that are followed in the life of a stream.
const MOST_PODS: usize = 10;
/// Milliseconds after which a stream ends.
const LIFE: u64 = 25_000;
/// Milliseconds that a reader waits before it comes back.
const RETRY: u64 = 1_000;
/// Milliseconds between two looks for pods that have come.
const LOOK: u64 = 3_000;
/// Looks to let go by before a log that told nothing new is opened again, at most: the wait doubles.
const LONGEST_PAUSE: u8 = 4;

pub async fn follow(
    call: &Call,
    cluster: Cluster,
    loaded: Loaded,
    pods: Vec<String>,
    wanted: Log,
) -> Result<Reply> {
    let after: Option<Timestamp> = call.header("last-event-id").and_then(|id| id.parse().ok());
    // Who names a pod wants no other, and who wants what was before the last restart gets it once.
    let named = call.query("pod").map(str::to_owned);
    let once = wanted.previous;
    let (mut sender, body) = reply::channel();
    // When its time is over, the reader comes back.
    spawn_for(LIFE, async move {
        if !sender.send(format!("retry: {RETRY}\n\n")).await {
            return;
        }
        let namespace = loaded.namespace();
        let open = |pod: &str, from: Option<Timestamp>| {
            // Times tell from where to go on; whole seconds are what the cluster takes.
            let tail = wanted.tail.filter(|_| from.is_none());
            let wanted =
                Log { follow: true, timestamps: true, since: from, tail, ..wanted.clone() };
            pod_lines(&cluster, &namespace, pod.to_owned(), wanted)
        };
        let mut pods: BTreeMap<String, Followed> = pods
            .into_iter()
            .map(|pod| (pod, Followed { open: true, last: after, ..Followed::default() }))
            .collect();
        let mut heard = stream::select_all(pods.keys().map(|pod| open(pod, after)));
        // Not begun anew with each line: however much one pod writes, others are looked for.
        let mut look = Box::pin(sleep(LOOK));
        loop {
            let next = {
                let next = async {
                    match heard.next().await {
                        Some(heard) => heard,
                        // No pod writes now; others may come.
                        None => std::future::pending().await,
                    }
                };
                match select(pin!(next), look.as_mut()).await {
                    Either::Left((heard, _)) => Some(heard),
                    Either::Right(_) => None,
                }
            };
            match next {
                Some((pod, Heard::Line(line))) => {
                    if let Some(pod) = pods.get_mut(&pod) {
                        pod.last = line.at.or(pod.last);
                        pod.pause = 0;
                    }
                    if !tell(&mut sender, &pod, &line).await {
                        return;
                    }
                }
                Some((pod, Heard::End(why))) => {
                    let Some(followed) = pods.get_mut(&pod) else { continue };
                    followed.open = false;
                    followed.due_in = followed.pause;
                    followed.pause = (followed.pause * 2).clamp(1, LONGEST_PAUSE);
                    // Told once, however often it is tried again.
                    if let Some(why) = why.filter(|_| !followed.silent) {
                        followed.silent = true;
                        if !tell(&mut sender, &pod, &why).await {
                            return;
                        }
                    }
                }
                None => {
                    look = Box::pin(sleep(LOOK));
                    if once {
                        continue;
                    }
                    // Pods that have come, and those whose program has begun, or begun again.
                    let there = all_pods(&cluster, &loaded).await.unwrap_or_default();
                    for pod in there.into_iter().filter(|pod| is_wanted(&named, pod)) {
                        if pods.len() >= MOST_PODS && !pods.contains_key(&pod) {
                            continue;
                        }
                        let followed = pods.entry(pod.clone()).or_default();
                        if followed.open {
                            continue;
                        }
                        if let Some(left) = followed.due_in.checked_sub(1) {
                            followed.due_in = left;
                            continue;
                        }
                        followed.open = true;
                        heard.push(open(&pod, followed.last));
                    }
                }
            }
        }
    });
    Ok(Reply::stream("text/event-stream", body).header("x-accel-buffering", "no"))
}

fn is_wanted(named: &Option<String>, pod: &String) -> bool {
    named.as_ref().is_none_or(|named| named == pod)
}

/// How far a pod's log has been told.
#[derive(Default)]
struct Followed {
    /// Its log is being read.
    open: bool,
    /// The time of the last line.
    last: Option<Timestamp>,
    /// Looks to let go by, the next time and now.
    pause: u8,
    due_in: u8,
    /// It has been told why there was no log.
    silent: bool,
}

/// A line; without a time when it is about the pod and not of it, or goes on from the one before.
struct Said {
    at: Option<Timestamp>,
    text: String,
    /// Why there is no log, if that is what it says.
    reason: Option<NoLog>,
}

/// What comes of a pod's log.
enum Heard {
    Line(Said),
    /// It ends, or cannot be read: why.
    End(Option<Said>),
}

/// What comes of one pod's log. Each is opened by itself: a pod that does not answer holds back no
/// other's.
fn pod_lines<'a>(
    cluster: &'a Cluster,
    namespace: &'a str,
    pod: String,
    wanted: Log,
) -> LocalBoxStream<'a, (String, Heard)> {
    let from = wanted.since;
    let name = pod.clone();
    let opened = async move {
        let log = match cluster.open_log(namespace, &name, &wanted).await {
            Ok(log) => log,
            Err(trouble) => {
                let text = format!("({})", said(&trouble));
                let why = Said { at: None, text, reason: Some(no_log(&trouble)) };
                return stream::once(async { Heard::End(Some(why)) }).boxed_local();
            }
        };
        // The cluster gives lines from the whole second on.
        let known = move |line: &Said| from.is_some() && line.at <= from;
        let end = stream::once(async { Heard::End(None) });
        lines(reply::incoming(log))
            .skip_while(move |line| futures::future::ready(known(line)))
            .map(Heard::Line)
            .chain(end)
            .boxed_local()
    };
    stream::once(opened).flatten().map(move |heard| (pod.clone(), heard)).boxed_local()
}

/// Sends a line; `false` when the reader has gone away.
async fn tell(sender: &mut Sender, pod: &str, line: &Said) -> bool {
    let id = line.at.map(|at| format!("id: {at}\n")).unwrap_or_default();
    let line = PodLine { pod, at: line.at, line: &line.text, reason: line.reason };
    let data = serde_json::to_string(&line).unwrap_or_default();
    sender.send(format!("event: log\n{id}data: {data}\n\n")).await
}

/// The lines of a log as they come.
fn lines(log: nokube_edge::BoxBody) -> LocalBoxStream<'static, Said> {
    let pieces = http_body_util::BodyDataStream::new(log);
    let begin = (pieces, Some(Cutter::default()), VecDeque::<Line>::new());
    stream::unfold(begin, |(mut pieces, mut cutter, mut ready)| async move {
        loop {
            if let Some(line) = ready.pop_front() {
                let (at, text) = line.timed();
                return Some((Said { at, text, reason: None }, (pieces, cutter, ready)));
            }
            match pieces.next().await {
                Some(Ok(piece)) => ready.extend(cutter.as_mut()?.cut(&piece)),
                _ => ready.extend(cutter.take()?.end()),
            }
        }
    })
    .boxed_local()
}
