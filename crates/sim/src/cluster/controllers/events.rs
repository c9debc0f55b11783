//! Events: what happened to an object, counted where it repeats.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::json::{int, name, namespace, put, text, uid};
use crate::cluster::model::{Model, time};
use crate::cluster::resources;

/// How many are kept of one object.
const MOST: usize = 100;

/// What is reported.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    pub warning: bool,
    pub reason: &'a str,
    pub message: &'a str,
    /// `kubelet`, `replicaset-controller`, …
    pub component: &'a str,
    /// `spec.containers{app}`, where it is about a part.
    pub field: &'a str,
}

impl Model {
    pub fn report(&mut self, about: &Value, report: Report<'_>, now: Timestamp) {
        let Some(kind) = resources::by_name("events") else { return };
        let space = namespace(about).to_owned();
        let own: Vec<&Value> = self
            .store
            .list(kind, Some(&space))
            .filter(|event| text(event, "/involvedObject/uid") == uid(about))
            .collect();
        let same = |event: &&&Value| {
            text(event, "/reason") == report.reason
                && text(event, "/message") == report.message
                && text(event, "/involvedObject/fieldPath") == report.field
        };
        if let Some(old) = own.iter().find(same) {
            let mut event = (*old).clone();
            let count = int(&event, "/count").unwrap_or(1);
            put(&mut event, "/count", count + 1);
            put(&mut event, "/lastTimestamp", time(now));
            self.store.save(kind, event);
            return;
        }
        let oldest = own.first().filter(|_| own.len() >= MOST).map(|event| name(event).to_owned());
        if let Some(oldest) = oldest {
            self.store.remove(kind, &space, &oldest);
        }
        let number = self.store.writes + 0x1879_0000_0000_0000;
        let mut involved = json!({
            "kind": text(about, "/kind"), "namespace": space, "name": name(about),
            "uid": uid(about), "apiVersion": text(about, "/apiVersion"),
            "resourceVersion": text(about, "/metadata/resourceVersion"),
        });
        if !report.field.is_empty() {
            put(&mut involved, "/fieldPath", report.field);
        }
        let id = self.random_uid();
        let mut source = json!({"component": report.component});
        if report.component == "kubelet" {
            put(&mut source, "/host", text(about, "/spec/nodeName"));
        }
        let event = json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {
                "name": format!("{}.{number:x}", name(about)), "namespace": space, "uid": id,
                "creationTimestamp": time(now),
            },
            "involvedObject": involved, "reason": report.reason, "message": report.message,
            "type": if report.warning { "Warning" } else { "Normal" },
            "count": 1, "firstTimestamp": time(now), "lastTimestamp": time(now),
            "eventTime": null, "source": source,
            "reportingComponent": report.component, "reportingInstance": "",
        });
        self.store.save(kind, event);
    }
}
