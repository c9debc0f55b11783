//! `GET /api/v1/deployments/{deployment}/events`: what the cluster noted about it, newest first.

use crate::{cluster::Cluster, present::load};
use http::StatusCode;
use nokube_domain::{
    answer::{ClusterEvent, ClusterEvents},
    whole_seconds,
};
use nokube_edge::{Call, Reply, Result, store::Store};
use nokube_kube::{
    observe::{EventSeen, List},
    request,
};

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
    let events = events.iter().map(view).collect();
    Ok(Reply::json(StatusCode::OK, &ClusterEvents { events }))
}

fn view(event: &EventSeen) -> ClusterEvent<'_> {
    let about = &event.involved_object;
    ClusterEvent {
        at: event.at().map(whole_seconds),
        r#type: &event.r#type,
        reason: &event.reason,
        message: &event.message,
        object: format!("{} {}", about.kind, about.name),
        count: event.count.unwrap_or(1),
    }
}
