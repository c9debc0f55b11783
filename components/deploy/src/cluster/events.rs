//! The events of a service.

use super::{Cluster, ClusterResult};
use futures::future::{Either, select};
use nokube_domain::name::ServiceName;
use nokube_edge::sleep;
use nokube_kube::{
    observe::{List, ObservedEvent, newest_first},
    request,
};
use std::{pin::pin, time::Duration};

/// The most pages of a list that are read, of 500 events each. The list is not ordered by time, so all are needed.
const MAX_PAGES: usize = 20;
/// How long a status waits for the events that explain it.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// All events of a service, newest first.
///
/// # Errors
/// The first page cannot be read. If a later one cannot, such as because its token has expired, the events that were
/// read so far are returned.
pub async fn list_events(
    cluster: &Cluster,
    namespace: &str,
    service: &ServiceName,
) -> ClusterResult<Vec<ObservedEvent>> {
    let mut events = Vec::new();
    let mut page: Option<String> = None;
    for number in 0..MAX_PAGES {
        let request = request::events(namespace, page.as_deref());
        let list = match cluster.read::<List<ObservedEvent>>(&request).await {
            Ok(Some(list)) => list,
            Err(error) if number == 0 => return Err(error),
            Ok(None) | Err(_) => break,
        };
        page = list.next_page().map(str::to_owned);
        events.extend(list.items.into_iter().filter(|event| event.is_about(service)));
        if page.is_none() {
            break;
        }
    }
    newest_first(&mut events);
    Ok(events)
}

/// The events that explain a status; none if they cannot be read in time.
pub async fn events_for_status(
    cluster: &Cluster,
    namespace: &str,
    service: &ServiceName,
) -> Vec<ObservedEvent> {
    let once = cluster.without_retries();
    let events = list_events(&once, namespace, service);
    match select(pin!(events), pin!(sleep(TIME_LIMIT))).await {
        Either::Left((Ok(events), _)) => events,
        _ => Vec::new(),
    }
}
