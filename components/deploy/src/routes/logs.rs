//! `GET /api/v1/deployments/{deployment}/logs`: the log of one pod (`pod=`) or of all, as text or followed
//! as server-sent events. `previous=true`: of the container's previous instance; `tail=`: the last lines
//! of each pod; `since=`: seconds.

use super::follow_logs;
use crate::{
    cluster::{
        Cluster, ClusterError,
        logs::{list_pods, no_log_message, open_log},
    },
    deployment::Deployment,
};
use futures::future::join_all;
use nokube_domain::{Problem, problem::FieldError};
use nokube_edge::{Call, Reply, Result, reply, spawn_for, store::Store};
use nokube_kube::request::LogOptions;

/// Maximum number of pods whose logs are returned.
const MAX_PODS: usize = 10;
/// A text that the client has not read by then is cut off.
const TEXT_TIMEOUT_MS: u64 = 60_000;
const DEFAULT_TAIL: u32 = 200;
const MAX_TAIL: u32 = 5_000;
const MAX_SINCE_SECONDS: u32 = 30 * 24 * 3600;

pub async fn logs(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["pod", "previous", "tail", "since", "timestamps"])?;
    let options = log_options(&call)?;
    let store = Store::open().await?;
    let deployment = Deployment::load(&call, &store).await?;
    deployment.state()?;
    let cluster = Cluster::new().await?;
    let pods = select_pods(&call, &cluster, &deployment).await?;
    if call.accepts_event_stream() {
        return follow_logs::follow(&call, cluster, deployment, pods, options).await;
    }
    text(cluster, deployment.namespace(), pods, options).await
}

fn log_options(call: &Call) -> Result<LogOptions> {
    let mut errors = Vec::new();
    let mut flag = |name: &str| {
        call.query_flag(name).unwrap_or_else(|error| {
            errors.push(error);
            false
        })
    };
    let (previous, timestamps) = (flag("previous"), flag("timestamps"));
    let mut number = |name: &str, max: u32| {
        let text = call.query(name)?;
        let number = text.parse().ok().filter(|number| (1..=max).contains(number));
        if number.is_none() {
            let detail = format!("must be a whole number from 1 to {max}");
            errors.push(FieldError { field: name.into(), detail });
        }
        number
    };
    let tail = number("tail", MAX_TAIL);
    let since_seconds = number("since", MAX_SINCE_SECONDS);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors).into());
    }
    let tail = Some(tail.unwrap_or(DEFAULT_TAIL));
    Ok(LogOptions {
        previous,
        timestamps,
        tail_lines: tail,
        since_seconds,
        ..LogOptions::default()
    })
}

/// The pod that the query names, or all.
async fn select_pods(
    call: &Call,
    cluster: &Cluster,
    deployment: &Deployment,
) -> Result<Vec<String>> {
    let names = list_pods(cluster, deployment).await?;
    match call.query("pod") {
        None => Ok(names.into_iter().take(MAX_PODS).collect()),
        // The name reaches the API server only if it is one of this deployment's pods.
        Some(selected) => {
            let found: Vec<_> = names.into_iter().filter(|name| name == selected).collect();
            if found.is_empty() {
                return Err(
                    Problem::invalid_field("pod", "is no pod of this deployment now").into()
                );
            }
            Ok(found)
        }
    }
}

/// Streams the logs one after the other. If there are several, each begins with its pod's name.
async fn text(
    cluster: Cluster,
    namespace: String,
    pods: Vec<String>,
    options: LogOptions,
) -> Result<Reply> {
    if pods.is_empty() {
        return Ok(Reply::text("There are no pods now, so there is no log.\n"));
    }
    let responses = pods.iter().map(|pod| open_log(&cluster, &namespace, pod, &options));
    let logs: Vec<_> = pods.iter().cloned().zip(join_all(responses).await).collect();
    let is_single = logs.len() == 1;
    // The status can still say that the cluster is unreachable.
    if let (true, Some((_, Err(error @ ClusterError::Unreachable(_))))) = (is_single, logs.first())
    {
        return Err(error.clone().into());
    }
    let (mut sender, body) = reply::body_channel();
    spawn_for(TEXT_TIMEOUT_MS, async move {
        for (pod, log) in logs {
            if !is_single && !sender.send(format!("==> {pod} <==\n")).await {
                return;
            }
            let is_connected = match log {
                Ok(log) => sender.forward(reply::response_body(log)).await,
                Err(error) => sender.send(format!("({})\n", no_log_message(&error))).await,
            };
            if !is_connected {
                return;
            }
        }
    });
    Ok(Reply::stream("text/plain; charset=utf-8", body))
}
