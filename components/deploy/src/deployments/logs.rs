//! `GET /api/v1/deployments/{deployment}/logs`: what the program writes, of one pod (`pod=`) or of
//! all, as text or followed as server-sent events. `previous=true`: of the container before its last
//! restart; `tail=`: so many lines of each pod; `since=`: of so many seconds.

use super::follow;
use crate::{
    cluster::{Cluster, Trouble},
    present::{Loaded, load},
};
use futures::future::join_all;
use nokube_domain::{Problem, answer::NoLog, problem::Fault};
use nokube_edge::{Call, Reply, Result, reply, spawn_for, store::Store};
use nokube_kube::{
    Kind,
    observe::{List, Object},
    refusal::Refusal,
    request::{self, Log},
};

/// The most pods whose logs are read at once.
pub const PODS: usize = 10;
/// Milliseconds that a text may take; a reader that slow gets no more.
const LIFE: u64 = 60_000;
const DEFAULT_TAIL: u32 = 200;
const MOST_TAIL: u32 = 5_000;

pub async fn logs(call: Call) -> Result<Reply> {
    call.only_query(&["pod", "previous", "tail", "since", "timestamps"])?;
    let wanted = wanted(&call)?;
    let store = Store::open().await?;
    let loaded = load(&call, &store).await?;
    loaded.run()?;
    let cluster = Cluster::new().await?;
    let pods = pods(&call, &cluster, &loaded).await?;
    if call.wants_events() {
        return follow::follow(&call, cluster, loaded, pods, wanted).await;
    }
    text(cluster, loaded.namespace(), pods, wanted).await
}

fn wanted(call: &Call) -> Result<Log> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, detail: String| {
        faults.push(Fault { field: field.into(), detail });
    };
    let mut boolean = |field: &str| match call.query(field) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            fault(field, "must be true or false".into());
            false
        }
    };
    let (previous, timestamps) = (boolean("previous"), boolean("timestamps"));
    let mut number = |field: &str, most: u32| {
        let text = call.query(field)?;
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        if number.is_none() {
            fault(field, format!("must be a whole number from 1 to {most}"));
        }
        number
    };
    let tail = number("tail", MOST_TAIL);
    let since_seconds = number("since", 30 * 24 * 3600);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults).into());
    }
    let tail = Some(tail.unwrap_or(DEFAULT_TAIL));
    Ok(Log { previous, timestamps, tail, since_seconds, ..Log::default() })
}

/// The pods that are meant: the one that is named, or all.
async fn pods(call: &Call, cluster: &Cluster, loaded: &Loaded) -> Result<Vec<String>> {
    let names = all_pods(cluster, loaded).await?;
    match call.query("pod") {
        None => Ok(names.into_iter().take(PODS).collect()),
        // Only a pod of this deployment, whatever the text says.
        Some(asked) => {
            let found: Vec<_> = names.into_iter().filter(|name| name == asked).collect();
            if found.is_empty() {
                return Err(Problem::field("pod", "is no pod of this deployment now").into());
            }
            Ok(found)
        }
    }
}

/// All pods, the newest first.
///
/// # Errors
/// The cluster does not answer.
pub async fn all_pods(cluster: &Cluster, loaded: &Loaded) -> Result<Vec<String>> {
    let list = request::list_metadata(Kind::Pod, &loaded.namespace(), Some(loaded.id()));
    let found = cluster.read::<List<Object>>(&list).await?;
    let mut pods = found.map(|list| list.items).unwrap_or_default();
    pods.sort_by_key(|pod| std::cmp::Reverse(pod.metadata.creation_timestamp));
    Ok(pods.into_iter().map(|pod| pod.metadata.name).collect())
}

/// The logs one after the other, as they come. Of several pods each begins with its name.
async fn text(
    cluster: Cluster,
    namespace: String,
    pods: Vec<String>,
    wanted: Log,
) -> Result<Reply> {
    if pods.is_empty() {
        return Ok(Reply::text("There are no pods now, so there is no log.\n"));
    }
    let opens = pods.iter().map(|pod| cluster.open_log(&namespace, pod, &wanted));
    let opened: Vec<_> = pods.iter().cloned().zip(join_all(opens).await).collect();
    // Of a single one, a failure can still be told as such.
    let alone = opened.len() == 1;
    if let (true, Some((_, Err(away @ Trouble::Away(_))))) = (alone, opened.first()) {
        return Err(away.clone().into());
    }
    let (mut sender, body) = reply::channel();
    spawn_for(LIFE, async move {
        for (pod, log) in opened {
            if !alone && !sender.send(format!("==> {pod} <==\n")).await {
                return;
            }
            let going_on = match log {
                Ok(log) => sender.copy(reply::incoming(log)).await,
                Err(trouble) => sender.send(format!("({})\n", said(&trouble))).await,
            };
            if !going_on {
                return;
            }
        }
    });
    Ok(Reply::stream("text/plain; charset=utf-8", body))
}

/// Why there is no log, for programs.
pub fn no_log(trouble: &Trouble) -> NoLog {
    match trouble {
        Trouble::Refused(Refusal::NotFound) => NoLog::Gone,
        Trouble::Refused(Refusal::Fault { .. }) => NoLog::NotYet,
        _ => NoLog::Withheld,
    }
}

/// Why there is no log, for whoever reads it.
pub fn said(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Refused(Refusal::NotFound) => "The pod is gone.".into(),
        other => other.sentence(),
    }
}
