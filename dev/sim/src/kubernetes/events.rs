//! Records events about objects. Repeated events are counted in one object.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{int, name, namespace, put, text, uid};
use super::state::resources;
use super::state::{ClusterState, format_time};

const MAX_EVENTS_PER_OBJECT: usize = 100;

#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    pub is_warning: bool,
    pub reason: &'a str,
    pub message: &'a str,
    /// `kubelet`, `replicaset-controller`, …
    pub component: &'a str,
    /// `spec.containers{app}` if the event is about a part of the object, or empty.
    pub field_path: &'a str,
}

impl ClusterState {
    pub fn record_event(&mut self, about: &Value, new: NewEvent<'_>, now: Timestamp) {
        let Some(resource) = resources::by_name("events") else { return };
        let event_namespace = namespace(about).to_owned();
        let existing: Vec<&Value> = self
            .store
            .list(resource, Some(&event_namespace))
            .filter(|event| text(event, "/involvedObject/uid") == uid(about))
            .collect();
        let is_same = |event: &&&Value| {
            text(event, "/reason") == new.reason
                && text(event, "/message") == new.message
                && text(event, "/involvedObject/fieldPath") == new.field_path
        };
        if let Some(old) = existing.iter().find(is_same) {
            let mut event = (*old).clone();
            let count = int(&event, "/count").unwrap_or(1);
            put(&mut event, "/count", count + 1);
            put(&mut event, "/lastTimestamp", format_time(now));
            self.store.save(resource, event);
            return;
        }
        let is_full = existing.len() >= MAX_EVENTS_PER_OBJECT;
        let oldest = existing.first().filter(|_| is_full).map(|event| name(event).to_owned());
        if let Some(oldest) = oldest {
            self.store.remove(resource, &event_namespace, &oldest);
        }
        let number = self.store.write_count + 0x1879_0000_0000_0000;
        let mut involved = json!({
            "kind": text(about, "/kind"), "namespace": event_namespace, "name": name(about),
            "uid": uid(about), "apiVersion": text(about, "/apiVersion"),
            "resourceVersion": text(about, "/metadata/resourceVersion"),
        });
        if !new.field_path.is_empty() {
            put(&mut involved, "/fieldPath", new.field_path);
        }
        let id = self.random_uid();
        let mut source = json!({"component": new.component});
        if new.component == "kubelet" {
            put(&mut source, "/host", text(about, "/spec/nodeName"));
        }
        let event = json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {
                "name": format!("{}.{number:x}", name(about)), "namespace": event_namespace, "uid": id,
                "creationTimestamp": format_time(now),
            },
            "involvedObject": involved, "reason": new.reason, "message": new.message,
            "type": if new.is_warning { "Warning" } else { "Normal" },
            "count": 1, "firstTimestamp": format_time(now), "lastTimestamp": format_time(now),
            "eventTime": null, "source": source,
            "reportingComponent": new.component, "reportingInstance": "",
        });
        self.store.save(resource, event);
    }
}
