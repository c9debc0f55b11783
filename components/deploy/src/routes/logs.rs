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
use nokube_edge::{
    Call, Reply, Result,
    body::{STREAM_LIMITS, stream_log},
    store::Store,
};
use nokube_kube::request::LogParams;

/// Maximum number of pods whose logs are returned.
const MAX_PODS: usize = 10;
const DEFAULT_TAIL: i64 = 200;
const MAX_TAIL: i64 = 5_000;
const MAX_SINCE_SECONDS: i64 = 30 * 24 * 3600;

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

fn log_options(call: &Call) -> Result<LogParams> {
    let mut errors = Vec::new();
    let mut flag = |name: &str| {
        call.query_flag(name).unwrap_or_else(|error| {
            errors.push(error);
            false
        })
    };
    let (previous, timestamps) = (flag("previous"), flag("timestamps"));
    let mut number = |name: &str, max: i64| {
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
    Ok(LogParams {
        previous,
        timestamps,
        tail_lines: Some(tail.unwrap_or(DEFAULT_TAIL)),
        since_seconds,
        ..LogParams::default()
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
    options: LogParams,
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
    let body = stream_log(STREAM_LIMITS, async move |sender| {
        for (pod, log) in logs {
            if !is_single && !sender.send(format!("==> {pod} <==\n")).await {
                return;
            }
            let is_connected = match log {
                Ok(log) => sender.forward(log.into_body()).await,
                Err(error) => sender.send(format!("({})\n", no_log_message(&error))).await,
            };
            if !is_connected {
                return;
            }
        }
    });
    Ok(Reply::stream("text/plain; charset=utf-8", body))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    const EVENTS: &str = "retry: 1000\n\nevent: log\nid: 2025-08-18T10:35:05.123456789Z\n\
                          data: {\"pod\":\"frontend-6f7d8c9b5-x2x4z\",\
                          \"at\":\"2025-08-18T10:35:05.123456789Z\",\
                          \"line\":\"listening on 3000\"}\n\n";

    pub fn logs() -> Operation {
        Operation::new("readDeploymentLogs", "Read or follow a deployment's logs")
            .description(
                "The logs of all pods or of one, as plain text. With `Accept: text/event-stream` the \
                 response is a stream with a `log` event for each line, including lines of pods that \
                 start later. A stream ends after 25 seconds; `EventSource` in a browser reconnects and \
                 continues where it stopped.",
            )
            .query_parameter("pod", schemas::string_up_to(253), "Only the log of this pod.")
            .query_parameter(
                "tail",
                schemas::integer(1, 5_000, Some(200)),
                "Number of lines of each pod.",
            )
            .query_parameter(
                "since",
                schemas::integer(1, 2_592_000, None),
                "Only lines of the last so many seconds.",
            )
            .query_flag("previous", "The logs of the containers before their last restart.")
            .query_flag("timestamps", "In plain text: start each line with its time.")
            .last_event_id()
            .log_response("The logs.", "listening on 3000\n", EVENTS, |schemas| {
                json!({ "log": schemas.add::<PodLine<'_>>() })
            })
            .problem(ProblemKind::Invalid, "pod: is no pod of this deployment now")
            .calls_cluster()
    }
}
