//! `deploy`, and the older fields for processors and memory.

use super::{left_out, program, service::Service, value::scalar, volumes};
use crate::{detect::DraftField, text};
use nokube_domain::deployments::parse_milli;
use serde_yaml_ng::{Mapping, Value};

/// The limits of a configuration that has none.
const DEFAULT_CPU_LIMIT: &str = "500m";
const DEFAULT_MEMORY_LIMIT: &str = "512Mi";

pub fn convert(service: &mut Service<'_>) {
    let deploy = service.get("deploy").and_then(Value::as_mapping);
    let has_volume = volumes::has_volume(service);
    program::replicas(service, deploy.and_then(|deploy| deploy.get("replicas")), has_volume);
    let resources = deploy.and_then(|deploy| deploy.get("resources"));
    let limits = resources.and_then(|resources| resources.get("limits"));
    let requests = resources.and_then(|resources| resources.get("reservations"));
    let text = |of: Option<&Value>, field: &str| of.and_then(|it| it.get(field)).and_then(scalar);
    let old = |service: &Service<'_>, field: &str| service.get(field).and_then(scalar);

    let limit = text(limits, "cpus").or_else(|| old(service, "cpus"));
    let request = text(requests, "cpus");
    amounts(service, ("cpu_request", request), ("cpu_limit", limit), DEFAULT_CPU_LIMIT, cpu);
    let limit = text(limits, "memory").or_else(|| old(service, "mem_limit"));
    let request = text(requests, "memory").or_else(|| old(service, "mem_reservation"));
    let (request, limit) = (("memory_request", request), ("memory_limit", limit));
    amounts(service, request, limit, DEFAULT_MEMORY_LIMIT, memory);
    if let Some(deploy) = deploy {
        note_rest(service, deploy);
    }
}

/// Takes a request and a limit. Without a limit, the default one must not be below the request.
fn amounts(
    service: &mut Service<'_>,
    (request_field, request): (&'static str, Option<String>),
    (limit_field, limit): (&'static str, Option<String>),
    default_limit: &str,
    convert: fn(&str) -> Option<String>,
) {
    let mut amount = |field: &'static str, text: Option<String>| {
        let text = service.plain(field, &text?)?;
        let amount = convert(&text);
        if amount.is_none() {
            service.note(field, text!("{text} is no amount", "{text} n’est pas une quantité"));
        }
        amount
    };
    let (request, limit) = (amount(request_field, request), amount(limit_field, limit));
    let is_above = |request: &String| parse_milli(request) > parse_milli(default_limit);
    let limit = limit.or_else(|| request.clone().filter(is_above));
    let fields = [(request_field, request), (limit_field, limit)];
    for (field, amount) in fields.into_iter().filter_map(|(field, it)| Some((field, it?))) {
        service.deployment.push(DraftField::new(field, amount));
    }
}

/// `0.5` as `500m`.
fn cpu(text: &str) -> Option<String> {
    let milli = (text.parse::<f64>().ok()? * 1000.0).ceil();
    (1.0..1e9).contains(&milli).then(|| format!("{milli:.0}m"))
}

/// Compose's units are powers of 1024: `512M`, `1gb`, `64k`.
fn memory(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor: f64 = match unit.trim() {
        "" | "b" => 1.0,
        "k" | "kb" => 1024.0,
        "m" | "mb" => 1024.0 * 1024.0,
        "g" | "gb" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let mebibytes = (number.parse::<f64>().ok()? * factor / (1024.0 * 1024.0)).ceil();
    (1.0..1e9).contains(&mebibytes).then(|| format!("{mebibytes:.0}Mi"))
}

fn note_rest(service: &mut Service<'_>, deploy: &Mapping) {
    let known = ["replicas", "resources", "restart_policy"];
    let others = deploy.keys().filter_map(scalar).filter(|field| !known.contains(&field.as_str()));
    for field in others {
        let is_replicated =
            field == "mode" && deploy.get("mode").and_then(Value::as_str) == Some("replicated");
        if !is_replicated {
            service.note(&format!("deploy.{field}"), left_out::no_counterpart());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_in_the_units_of_kubernetes() {
        for (text, expected) in [("0.5", "500m"), ("2", "2000m"), (".25", "250m")] {
            assert_eq!(cpu(text).as_deref(), Some(expected));
        }
        for (text, expected) in [
            ("512M", "512Mi"),
            ("1gb", "1024Mi"),
            ("1.5g", "1536Mi"),
            ("67108864", "64Mi"),
            ("100k", "1Mi"),
        ] {
            assert_eq!(memory(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!((cpu("x"), memory("1t"), memory("")), (None, None, None));
    }
}
