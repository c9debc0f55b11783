//! `GET /api/v1/deployments/{deployment}/events`: the Kubernetes events of its objects,
//! newest first. What one reader has read serves others for `deployment_quiet_seconds`.

use crate::{
    cluster::{Cluster, ClusterError, events::list_events},
    deployment::Deployment,
    status::cached,
};
use http::StatusCode;
use nokube_domain::{
    DeploymentId, Problem, ProblemKind, Timestamp,
    cache::{CacheEntry, Freshness},
    deployments::KnownRevision,
    responses::{ClusterEvent, ClusterEvents},
    whole_seconds,
};
use nokube_edge::{
    Call, Error, Reply, Result, now,
    store::{CacheRead, Store, WindowName},
};
use nokube_kube::observe::ObservedEvent;
use serde::{Deserialize, Serialize};

const MAX_EVENTS: usize = 100;
/// The most characters of an event's message.
const MAX_MESSAGE_CHARS: usize = 2_000;

pub async fn events(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let id: DeploymentId = call.path_parameter("deployment", "deployment")?;
    let (store, cluster) = (Store::open().await?, Cluster::new().await?);
    let name = WindowName::events(id);
    let (deployment, entry) = futures::join!(
        Deployment::load(&call, &store),
        cached(&store, &name, cluster.settings.quiet_seconds)
    );
    let (deployment, entry) = (deployment?, entry?);
    deployment.state()?;
    let events = list(&store, &cluster, &deployment, entry).await?;
    Ok(Reply::json(StatusCode::OK, &ClusterEvents { events }))
}

/// What a reader has read of the cluster.
#[derive(Serialize, Deserialize)]
struct ReadEvents {
    known: KnownRevision,
    at: Timestamp,
    result: std::result::Result<Vec<ClusterEvent>, Failure>,
}

/// Why the events cannot be read.
#[derive(Serialize, Deserialize)]
struct Failure {
    detail: String,
    /// `None`: repeating the request does not help.
    retry_after: Option<u32>,
}

async fn list(
    store: &Store,
    cluster: &Cluster,
    deployment: &Deployment,
    entry: Option<CacheEntry>,
) -> Result<Vec<ClusterEvent>> {
    let seconds = cluster.settings.quiet_seconds;
    if seconds == 0 {
        return Ok(read_now(cluster, deployment).await?);
    }
    let known = deployment.known_revision();
    let freshness = |cached: &ReadEvents| match cached.known.includes(&known) {
        true => Freshness::of(cached.at, now(), seconds),
        false => Freshness::Expired,
    };
    let read = async |_| {
        let result = read_now(cluster, deployment).await.map_err(Failure::from);
        ReadEvents { known, at: now(), result }
    };
    let name = WindowName::events(deployment.id());
    match store.read_cached(&name, entry, freshness, read).await? {
        CacheRead::New(found) | CacheRead::Cached(found) => Ok(found.result?),
        CacheRead::Pending => Err(ClusterError::no_answer().into()),
    }
}

async fn read_now(
    cluster: &Cluster,
    deployment: &Deployment,
) -> std::result::Result<Vec<ClusterEvent>, ClusterError> {
    let service = &deployment.record.service;
    let mut events = list_events(cluster, &deployment.namespace(), service).await?;
    events.truncate(MAX_EVENTS);
    Ok(events.iter().map(view).collect())
}

fn view(event: &ObservedEvent) -> ClusterEvent {
    let object = &event.involved_object;
    ClusterEvent {
        at: event.last_occurred_at().map(whole_seconds),
        r#type: event.r#type.clone(),
        reason: event.reason.clone(),
        message: event.message.chars().take(MAX_MESSAGE_CHARS).collect(),
        object: format!("{} {}", object.kind, object.name),
        count: event.count(),
    }
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        let detail = error.message();
        match Error::from(error) {
            Error::Problem(Problem { detail, retry_after, .. }) => Self { detail, retry_after },
            _ => Self { detail, retry_after: None },
        }
    }
}

impl From<Failure> for Error {
    fn from(Failure { detail, retry_after }: Failure) -> Self {
        match retry_after {
            Some(seconds) => Problem::new(ProblemKind::UpstreamUnavailable, detail)
                .with_retry_after(seconds)
                .into(),
            None => Self::problem(ProblemKind::UpstreamRefused, detail),
        }
    }
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn events() -> Operation {
        let event = json!({
            "at": "2025-08-18T10:35:09Z", "type": "Normal", "reason": "Started",
            "message": "Started container app", "object": "Pod frontend-6f7d8c9b5-x2x4z",
            "count": 1,
        });
        Operation::new("listEvents", "List the Kubernetes events of a deployment")
            .description(
                "Those of its pods, ReplicaSets, Deployment, Service, route, volume claim, autoscaler \
                 and certificate. Newest first, at most 100. The cluster keeps them for about an hour. What \
                 one reader has read serves others for some seconds.",
            )
            .json_response::<ClusterEvents>(200, "The events.", json!({ "events": [event] }))
            .calls_cluster()
    }
}
