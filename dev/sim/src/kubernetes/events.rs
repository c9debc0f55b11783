//! Records events about objects. Repeated events are counted in one object.

use serde_json::{Value, json};

use super::json::{int, name, namespace, put, text, uid};
use super::state::ClusterState;
use super::state::resources::EVENTS;

const MAX_EVENTS_PER_OBJECT: usize = 100;

#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// `Normal` or `Warning`.
    event_type: &'static str,
    reason: &'a str,
    message: &'a str,
    /// The container of the pod that it is about.
    container: Option<&'a str>,
}

impl<'a> NewEvent<'a> {
    pub fn normal(reason: &'a str, message: &'a str) -> Self {
        Self { event_type: "Normal", reason, message, container: None }
    }

    pub fn warning(reason: &'a str, message: &'a str) -> Self {
        Self { event_type: "Warning", reason, message, container: None }
    }

    pub fn of_container(self, name: &'a str) -> Self {
        Self { container: Some(name), ..self }
    }
}

impl ClusterState {
    pub fn record_event(&mut self, about: &Value, new: NewEvent<'_>) {
        let event_namespace = namespace(about).to_owned();
        let all = self.store.list(&EVENTS, Some(&event_namespace));
        let existing: Vec<&Value> =
            all.filter(|event| text(event, "/involvedObject/uid") == uid(about)).collect();
        let is_same = |event: &&&Value| {
            text(event, "/reason") == new.reason && text(event, "/message") == new.message
        };
        if let Some(old) = existing.iter().find(is_same) {
            let mut event = (*old).clone();
            let count = int(&event, "/count").unwrap_or(1);
            put(&mut event, "/count", count + 1);
            put(&mut event, "/lastTimestamp", self.timestamp());
            self.store.save(&EVENTS, event);
            return;
        }
        let is_full = existing.len() >= MAX_EVENTS_PER_OBJECT;
        let oldest = existing.first().filter(|_| is_full).map(|event| name(event).to_owned());
        if let Some(oldest) = oldest {
            self.store.remove(&EVENTS, &event_namespace, &oldest);
        }
        let number = self.store.write_count + 0x1879_0000_0000_0000;
        let (id, now) = (self.random_uid(), self.timestamp());
        let mut event = json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {
                "name": format!("{}.{number:x}", name(about)), "namespace": event_namespace, "uid": id,
                "creationTimestamp": now,
            },
            "involvedObject": {
                "kind": text(about, "/kind"), "namespace": event_namespace, "name": name(about),
                "uid": uid(about), "apiVersion": text(about, "/apiVersion"),
            },
            "type": new.event_type, "reason": new.reason, "message": new.message,
            "count": 1, "firstTimestamp": now, "lastTimestamp": now, "eventTime": null,
        });
        if let Some(container) = new.container {
            put(&mut event, "/involvedObject/fieldPath", format!("spec.containers{{{container}}}"));
        }
        self.store.save(&EVENTS, event);
    }
}
