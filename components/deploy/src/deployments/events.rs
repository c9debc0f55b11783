//! `GET /api/v1/deployments/{deployment}/events`: what the cluster noted about it, newest first.

use crate::{cluster::Cluster, present::load};
use http::StatusCode;
use nokube_edge::{Call, Reply, Result, store::Store};
use nokube_kube::{
    observe::{EventSeen, List},
    request,
};
use serde_json::json;

/// The most that are shown.
const MOST: usize = 100;

pub async fn events(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let loaded = load(&call, &store).await?;
    let service = loaded.run()?.release.spec.service.clone();
    let cluster = Cluster::new().await?;
    let list = request::events(&loaded.namespace(), None);
    let found = cluster.read::<List<EventSeen>>(&list).await?;
    let mut events = found.map(|list| list.items).unwrap_or_default();
    events.retain(|event| event.is_about(service.as_str()));
    events.sort_by_key(|event| std::cmp::Reverse(event.at()));
    events.truncate(MOST);
    let views: Vec<_> = events
        .iter()
        .map(|event| {
            json!({
                "at": event.at().map(nokube_domain::whole_seconds),
                "type": event.r#type,
                "reason": event.reason,
                "message": event.message,
                "object": format!("{} {}", event.involved_object.kind, event.involved_object.name),
                "count": event.count.unwrap_or(1),
            })
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &json!({ "events": views })))
}
