//! What a situation is waited for with.

use serde::Deserialize;
use serde_json::Value;

/// All that is given has to hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Condition {
    /// A container waits with this reason.
    waiting: Option<String>,
    /// A container of this name runs.
    running: Option<String>,
    /// A container has been restarted so often.
    restarts: Option<u64>,
    /// So many containers are ready.
    ready: Option<usize>,
    /// So many containers are not.
    unready: Option<usize>,
    pods: Option<usize>,
    deleted_pods: Option<usize>,
    /// `status.reason` of a pod.
    pod_reason: Option<String>,
    /// The reason of a condition of a pod or the Deployment.
    condition: Option<String>,
    /// An event with this reason, and how often.
    event: Option<String>,
    events: Option<u64>,
}

impl Condition {
    /// `recording`: see [`crate::recording`].
    pub fn holds(&self, recording: &Value) -> bool {
        let pods = items(recording, "pods");
        let containers: Vec<&Value> = pods.iter().flat_map(container_statuses).collect();
        let any = |test: &dyn Fn(&Value) -> bool| containers.iter().any(|status| test(status));
        let count =
            |is_ready: bool| containers.iter().filter(|status| status["ready"] == is_ready).count();
        let has_condition = |reason: &String| {
            let objects = pods.iter().chain([&recording["deployment"]]);
            objects
                .flat_map(|object| items(&object["status"], "conditions"))
                .any(|condition| condition["reason"] == **reason)
        };
        let events = |reason: &String| -> u64 {
            let events = items(recording, "events").iter();
            let events = events.filter(|event| event["reason"] == **reason);
            events.map(|event| event["count"].as_u64().unwrap_or(1)).sum()
        };
        let deleted = pods.iter().filter(|pod| !pod["metadata"]["deletionTimestamp"].is_null());
        [
            self.waiting
                .as_ref()
                .map(|reason| any(&|s| s["state"]["waiting"]["reason"] == **reason)),
            self.running
                .as_ref()
                .map(|name| any(&|s| s["name"] == **name && !s["state"]["running"].is_null())),
            self.restarts.map(|least| any(&|s| s["restartCount"].as_u64() >= Some(least))),
            self.ready.map(|least| count(true) >= least),
            self.unready.map(|least| count(false) >= least),
            self.pods.map(|least| pods.len() >= least),
            self.deleted_pods.map(|least| deleted.count() >= least),
            self.pod_reason.as_ref().map(|r| pods.iter().any(|pod| pod["status"]["reason"] == **r)),
            self.condition.as_ref().map(has_condition),
            self.event.as_ref().map(|reason| events(reason) >= self.events.unwrap_or(1)),
        ]
        .into_iter()
        .flatten()
        .all(|holds| holds)
    }
}

fn container_statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
    lists.into_iter().flat_map(|list| items(&pod["status"], list))
}

/// The items of a list in an object, or none.
pub fn items<'a>(object: &'a Value, list: &str) -> &'a [Value] {
    object[list].as_array().map_or(&[], Vec::as_slice)
}
