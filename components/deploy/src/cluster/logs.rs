//! The logs of pods.

use super::{Cluster, ClusterError, ClusterResult};
use crate::deployment::Deployment;
use nokube_domain::responses::NoLogReason;
use nokube_edge::{
    BoxBody,
    outbound::{self, Timeouts},
};
use nokube_kube::{
    Kind,
    error::ApiError,
    observe::{CrashLog, PartialObject},
    request::{self, LogParams},
};
use std::time::Duration;

/// A log that is followed may have no new lines for long.
const FOLLOW_TIMEOUTS: Timeouts = Timeouts { idle: Duration::from_secs(60), ..Timeouts::API };

/// How much of a crashed program's log is shown with the crash.
const CRASH_LINES: i64 = 8;
const CRASH_BYTES: i64 = 2_000;

/// The names of a deployment's pods, newest first.
pub async fn list_pods(cluster: &Cluster, deployment: &Deployment) -> ClusterResult<Vec<String>> {
    let list =
        request::list_metadata(Kind::Pod, &deployment.namespace(), Some(deployment.cluster_id()));
    let mut pods = cluster.list::<PartialObject>(&list).await?;
    pods.sort_by_key(|pod| std::cmp::Reverse(pod.metadata.creation_timestamp));
    Ok(pods.into_iter().map(|pod| pod.metadata.name).collect())
}

/// Opens a pod's log and returns the response as soon as its head is there.
///
/// # Errors
/// The API server cannot be reached, or there is no log.
pub async fn open_log(
    cluster: &Cluster,
    namespace: &str,
    pod: &str,
    options: &LogParams,
) -> ClusterResult<http::Response<BoxBody>> {
    let timeouts = if options.follow { FOLLOW_TIMEOUTS } else { Timeouts::API };
    let request = cluster.signed(&request::pod_log(namespace, pod, options));
    let response =
        outbound::send_streaming(request, timeouts).await.map_err(ClusterError::Unreachable)?;
    if response.status().is_success() {
        return Ok(response);
    }
    Err(ClusterError::Api(ApiError::from_log_status(response.status())))
}

/// Why there is no log, for programs.
pub fn no_log_reason(error: &ClusterError) -> NoLogReason {
    match error {
        ClusterError::Api(ApiError::NotFound) => NoLogReason::Gone,
        ClusterError::Api(ApiError::Rejected { .. }) => NoLogReason::NotYet,
        _ => NoLogReason::Withheld,
    }
}

/// Why there is no log, in a sentence.
pub fn no_log_message(error: &ClusterError) -> String {
    match error {
        ClusterError::Api(ApiError::NotFound) => "The pod is gone.".into(),
        other => other.message(),
    }
}

/// The last lines of a crashed program's log, if they can be read.
pub(super) async fn last_lines(
    cluster: &Cluster,
    namespace: &str,
    log: &CrashLog,
) -> Option<String> {
    let options = LogParams {
        container: Some(log.container.clone()),
        previous: log.previous,
        tail_lines: Some(CRASH_LINES),
        limit_bytes: Some(CRASH_BYTES),
        ..LogParams::default()
    };
    let request = request::pod_log(namespace, &log.pod, &options);
    let response = cluster.send(&request).await.ok()?;
    let text = String::from_utf8_lossy(response.body()).trim_end().to_owned();
    (!text.is_empty()).then_some(text)
}
