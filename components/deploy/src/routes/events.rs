//! `GET /api/v1/deployments/{deployment}/events`: the Kubernetes events of its objects,
//! newest first.

use crate::{cluster::Cluster, deployment::Deployment};
use http::StatusCode;
use nokube_domain::{
    responses::{ClusterEvent, ClusterEvents},
    whole_seconds,
};
use nokube_edge::{Call, Reply, Result, store::Store};
use nokube_kube::{observe::ObservedEvent, request};

const MAX_EVENTS: usize = 100;

pub async fn events(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let deployment = Deployment::load(&call, &store).await?;
    let service = deployment.state()?.release.spec.service.clone();
    let cluster = Cluster::new().await?;
    let list = request::events(&deployment.namespace());
    let mut events = cluster.list::<ObservedEvent>(&list).await?;
    events.retain(|event| event.is_about(&service));
    events.sort_by_key(|event| std::cmp::Reverse(event.last_occurred_at()));
    events.truncate(MAX_EVENTS);
    let events = events.iter().map(view).collect();
    Ok(Reply::json(StatusCode::OK, &ClusterEvents { events }))
}

fn view(event: &ObservedEvent) -> ClusterEvent<'_> {
    let object = &event.involved_object;
    ClusterEvent {
        at: event.last_occurred_at().map(whole_seconds),
        r#type: &event.r#type,
        reason: &event.reason,
        message: &event.message,
        object: format!("{} {}", object.kind, object.name),
        count: event.count.unwrap_or(1),
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
            .description("Newest first, at most 100. The cluster keeps them for about an hour.")
            .json_response::<ClusterEvents<'_>>(200, "The events.", json!({ "events": [event] }))
            .calls_cluster()
    }
}
