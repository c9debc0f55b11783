//! `ports` and `expose`.

use super::{
    service::Service,
    value::{list, scalar},
};
use crate::{detect::DraftField, text};
use serde_yaml_ng::{Mapping, Value};

/// The port at which other services reach one, if the configuration does not say it.
const SERVICE_PORT: u16 = 8000;

/// The port at which other services reach this one here.
pub fn peer_port(fields: &Mapping) -> u16 {
    let is_set = |field: &str| fields.get(field).is_some_and(|value| !value.is_null());
    let exposed = fields.get("expose").map(list).unwrap_or_default();
    match exposed.iter().find_map(|port| container_port(port)) {
        Some(port) if !is_set("ports") => port,
        _ => SERVICE_PORT,
    }
}

pub fn convert(service: &mut Service<'_>) {
    let published = published(service);
    let exposed = service.get("expose").map(list).unwrap_or_default();
    let exposed: Vec<_> = exposed.iter().filter_map(|port| container_port(port)).collect();
    match (published.as_slice(), exposed.as_slice()) {
        ([port, others @ ..], _) => {
            service.deployment.push(DraftField::new("container_port", i64::from(*port)));
            note_others(service, "ports", *port, others);
        }
        ([], [port, others @ ..]) => {
            service.deployment.push(DraftField::new("exposure_type", "internal"));
            for field in ["container_port", "service_port"] {
                service.deployment.push(DraftField::new(field, i64::from(*port)));
            }
            note_others(service, "expose", *port, others);
        }
        // Its ports may use variables: it is no worker then.
        ([], []) if service.get("ports").is_some() => {}
        ([], []) => {
            let line = text!(
                "It has no ports in the Compose file: it receives no requests.",
                "Il n’a pas de ports dans le fichier Compose : il ne reçoit pas de requêtes."
            );
            service.deployment.push(DraftField::new("service_type", "worker").comment(line));
        }
    }
}

/// The ports of the container that are published, without those of UDP.
fn published(service: &mut Service<'_>) -> Vec<u16> {
    let Some(Value::Sequence(items)) = service.get("ports") else { return Vec::new() };
    let mut ports = Vec::new();
    for item in items {
        let (text, protocol) = match item {
            Value::Mapping(port) => {
                let text = |field: &str| port.get(field).and_then(scalar);
                (text("target").unwrap_or_default(), text("protocol").unwrap_or_default())
            }
            other => {
                let text = scalar(other).unwrap_or_default();
                let (port, protocol) = text.split_once('/').unwrap_or((&text, ""));
                (port.to_owned(), protocol.to_owned())
            }
        };
        let Some(text) = service.plain("ports", &text) else { continue };
        match container_port(&text) {
            Some(port) if protocol != "udp" && !ports.contains(&port) => ports.push(port),
            Some(port) if protocol == "udp" => {
                let reason =
                    text!("{port}/udp: only TCP is routed", "{port}/udp : seul TCP est routé");
                service.note("ports", reason);
            }
            Some(_) => {}
            None => service.note("ports", text!("{text} is no port", "{text} n’est pas un port")),
        }
    }
    ports
}

/// The container's port of `[[HOST:]PORT:]PORT`; the first of a range.
fn container_port(text: &str) -> Option<u16> {
    let port = text.split('/').next()?.rsplit(':').next()?;
    port.split('-').next()?.parse().ok().filter(|port| *port > 0)
}

fn note_others(service: &mut Service<'_>, field: &str, first: u16, others: &[u16]) {
    if !others.is_empty() {
        let others: Vec<_> = others.iter().map(u16::to_string).collect();
        let others = others.join(", ");
        let reason = text!(
            "{others}: a service has one port, here {first}",
            "{others} : un service a un port, ici {first}"
        );
        service.note(field, reason);
    }
}
