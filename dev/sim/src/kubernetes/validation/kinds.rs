//! Validates the specs of the remaining kinds.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::metadata::{invalid, selector};
use super::name_formats::{dns1123_label, dns1123_subdomain};
use super::pods::{non_negative, pod_template, port_number, port_number_or_name, protocol};
use crate::kubernetes::api_error::StatusCause;
use crate::kubernetes::json::{int, list, members, remove, text};
use crate::kubernetes::write::quantity::Quantity;

pub fn deployment(new: &Value, old: Option<&Value>, causes: &mut Vec<StatusCause>) {
    let number = |path: &str| int(new, path).unwrap_or_default();
    non_negative(number("/spec/replicas"), "spec.replicas", causes);
    match new.pointer("/spec/selector") {
        None => causes.push(StatusCause::required("spec.selector", "")),
        Some(found) => {
            selector(new, "/spec/selector", "spec.selector", causes);
            if members(found, "/matchLabels").next().is_none()
                && list(found, "/matchExpressions").is_empty()
            {
                let detail = "empty selector is invalid for deployment";
                causes.push(StatusCause::invalid("spec.selector", found, detail));
            }
        }
    }
    pod_template(new, causes);
    strategy(new, causes);
    non_negative(number("/spec/minReadySeconds"), "spec.minReadySeconds", causes);
    non_negative(number("/spec/revisionHistoryLimit"), "spec.revisionHistoryLimit", causes);
    let deadline = number("/spec/progressDeadlineSeconds");
    non_negative(deadline, "spec.progressDeadlineSeconds", causes);
    if deadline <= number("/spec/minReadySeconds") {
        let detail = "must be greater than minReadySeconds";
        causes.push(StatusCause::invalid("spec.progressDeadlineSeconds", &json!(deadline), detail));
    }
    immutable(new, old, "/spec/selector", causes);
}

fn strategy(new: &Value, causes: &mut Vec<StatusCause>) {
    let rolling = new.pointer("/spec/strategy/rollingUpdate");
    match text(new, "/spec/strategy/type") {
        "Recreate" if rolling.is_some() => causes.push(StatusCause::forbidden(
            "spec.strategy.rollingUpdate",
            "may not be specified when strategy `type` is 'Recreate'",
        )),
        "Recreate" | "RollingUpdate" => {}
        _ => causes.push(StatusCause::not_supported(
            "spec.strategy",
            new.pointer("/spec/strategy").unwrap_or(&Value::Null),
            &["Recreate", "RollingUpdate"],
        )),
    }
    let Some(rolling) = rolling else { return };
    let is_zero = |field: &str| {
        rolling.get(field).is_some_and(|value| *value == json!(0) || *value == json!("0%"))
    };
    for field in ["maxUnavailable", "maxSurge"] {
        let field_path = format!("spec.strategy.rollingUpdate.{field}");
        count_or_percentage(rolling.get(field), &field_path, causes);
    }
    if is_zero("maxUnavailable") && is_zero("maxSurge") {
        let value = rolling.get("maxUnavailable").unwrap_or(&Value::Null);
        let detail = "may not be 0 when `maxSurge` is 0";
        causes.push(StatusCause::invalid(
            "spec.strategy.rollingUpdate.maxUnavailable",
            value,
            detail,
        ));
    }
}

/// Validates a count or a percentage.
fn count_or_percentage(value: Option<&Value>, field: &str, causes: &mut Vec<StatusCause>) {
    match value {
        Some(Value::String(text)) => {
            let digits = text.strip_suffix('%').unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                let detail = "a valid percent string must be a numeric string followed by an ending \
                           '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
                causes.push(StatusCause::invalid(field, &json!(text), detail));
            }
        }
        Some(number) => non_negative(number.as_i64().unwrap_or_default(), field, causes),
        None => {}
    }
}

fn immutable(new: &Value, old: Option<&Value>, path: &str, causes: &mut Vec<StatusCause>) {
    if let Some(old) = old
        && old.pointer(path) != new.pointer(path)
    {
        let field = path.trim_start_matches('/').replace('/', ".");
        let value = new.pointer(path).unwrap_or(&Value::Null);
        causes.push(StatusCause::invalid(&field, value, "field is immutable"));
    }
}

pub fn service(new: &Value, old: Option<&Value>, causes: &mut Vec<StatusCause>) {
    let kind = text(new, "/spec/type");
    let ports = list(new, "/spec/ports");
    let is_headless = text(new, "/spec/clusterIP") == "None";
    if ports.is_empty() && !is_headless && kind != "ExternalName" {
        causes.push(StatusCause::required("spec.ports", ""));
    }
    let supported = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !supported.contains(&kind) {
        causes.push(StatusCause::not_supported("spec.type", &json!(kind), &supported));
    }
    let (mut names, mut ports_and_protocols) = (BTreeSet::new(), BTreeSet::new());
    for (index, port) in ports.iter().enumerate() {
        let field_path = format!("spec.ports[{index}]");
        let name = text(port, "/name");
        if name.is_empty() && ports.len() > 1 {
            causes.push(StatusCause::required(&format!("{field_path}.name"), ""));
        } else if !name.is_empty() {
            causes.extend(invalid(&format!("{field_path}.name"), name, &dns1123_label(name)));
            if !names.insert(name) {
                causes.push(StatusCause::duplicate(&format!("{field_path}.name"), &json!(name)));
            }
        }
        let number = int(port, "/port").unwrap_or_default();
        port_number(number, &format!("{field_path}.port"), causes);
        protocol(port, &field_path, causes);
        port_number_or_name(port.get("targetPort"), &format!("{field_path}.targetPort"), causes);
        if !ports_and_protocols.insert((number, text(port, "/protocol"))) {
            causes.push(StatusCause::duplicate(
                &field_path,
                &json!({
                    "port": number, "protocol": text(port, "/protocol"),
                }),
            ));
        }
    }
    super::metadata::labels(new, "/spec/selector", "spec.selector", causes);
    if let Some(old) = old
        && text(old, "/spec/type") != "ExternalName"
        && kind != "ExternalName"
        && text(old, "/spec/clusterIP") != text(new, "/spec/clusterIP")
    {
        let address = json!([text(new, "/spec/clusterIP")]);
        causes.push(StatusCause::invalid(
            "spec.clusterIPs[0]",
            &address,
            "may not change once set",
        ));
    }
}

pub fn volume_claim(new: &Value, old: Option<&Value>, causes: &mut Vec<StatusCause>) {
    let modes = list(new, "/spec/accessModes");
    if modes.is_empty() {
        causes
            .push(StatusCause::required("spec.accessModes", "at least 1 access mode is required"));
    }
    let supported = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    for mode in modes.iter().filter(|mode| !supported.contains(&mode.as_str().unwrap_or_default()))
    {
        causes.push(StatusCause::not_supported("spec.accessModes", mode, &supported));
    }
    match new.pointer("/spec/resources/requests/storage") {
        None => causes.push(StatusCause::required("spec.resources[storage]", "")),
        Some(size) if Quantity::from_value(size).nanos <= 0 => {
            let detail = "must be greater than zero";
            causes.push(StatusCause::invalid("spec.resources[storage]", size, detail));
        }
        Some(_) => {}
    }
    let Some(old) = old else { return };
    let immutable_spec = |claim: &Value| {
        let mut spec = claim.get("spec").cloned().unwrap_or_default();
        remove(&mut spec, "/volumeName");
        if text(old, "/status/phase") == "Bound" {
            remove(&mut spec, "/resources/requests/storage");
        }
        spec
    };
    if immutable_spec(new) != immutable_spec(old) {
        let detail = "spec is immutable after creation except resources.requests and \
                   volumeAttributesClassName for bound claims\n";
        causes.push(StatusCause::forbidden("spec", detail));
    }
    let size = |claim: &Value, path: &str| {
        claim.pointer(path).map_or(0, |size| Quantity::from_value(size).nanos)
    };
    let path = "/spec/resources/requests/storage";
    if size(new, path) < size(old, path) && size(new, path) <= size(old, "/status/capacity/storage")
    {
        let field = "spec.resources.requests.storage";
        causes.push(StatusCause::forbidden(field, "field can not be less than status.capacity"));
    }
}

pub fn autoscaler(new: &Value, causes: &mut Vec<StatusCause>) {
    let min = int(new, "/spec/minReplicas").unwrap_or(1);
    let max = int(new, "/spec/maxReplicas").unwrap_or_default();
    if min < 1 {
        let detail = "must be greater than or equal to 1";
        causes.push(StatusCause::invalid("spec.minReplicas", &json!(min), detail));
    }
    if max == 0 {
        causes.push(StatusCause::required("spec.maxReplicas", "must be set and greater than 0"));
    } else if max < 0 {
        let detail = "must be greater than or equal to 1";
        causes.push(StatusCause::invalid("spec.maxReplicas", &json!(max), detail));
    }
    if max < min {
        let detail = "must be greater than or equal to `minReplicas`";
        causes.push(StatusCause::invalid("spec.maxReplicas", &json!(max), detail));
    }
    for field in ["kind", "name"] {
        if text(new, &format!("/spec/scaleTargetRef/{field}")).is_empty() {
            causes.push(StatusCause::required(&format!("spec.scaleTargetRef.{field}"), ""));
        }
    }
    for (index, metric) in list(new, "/spec/metrics").iter().enumerate() {
        let target = "/resource/target/averageUtilization";
        if let Some(percentage) = int(metric, target)
            && percentage < 1
        {
            let field_path = format!("spec.metrics[{index}].resource.target.averageUtilization");
            causes.push(StatusCause::invalid(
                &field_path,
                &json!(percentage),
                "must be greater than 0",
            ));
        }
    }
}

pub fn disruption_budget(new: &Value, causes: &mut Vec<StatusCause>) {
    let get = |field: &str| new.pointer(&format!("/spec/{field}"));
    if get("minAvailable").is_some() && get("maxUnavailable").is_some() {
        let detail = "minAvailable and maxUnavailable cannot be both set";
        let field_or_null = |field: &str| get(field).unwrap_or(&Value::Null);
        // The real message contains the Go struct as JSON.
        let formatted = format!(
            r#"{{"MinAvailable":{},"Selector":{},"MaxUnavailable":{},"UnhealthyPodEvictionPolicy":{}}}"#,
            field_or_null("minAvailable"),
            field_or_null("selector"),
            field_or_null("maxUnavailable"),
            field_or_null("unhealthyPodEvictionPolicy"),
        );
        causes.push(StatusCause::invalid_formatted("spec", &formatted, detail));
    }
    count_or_percentage(get("minAvailable"), "spec.minAvailable", causes);
    count_or_percentage(get("maxUnavailable"), "spec.maxUnavailable", causes);
    selector(new, "/spec/selector", "spec.selector", causes);
}

pub fn ingress(new: &Value, causes: &mut Vec<StatusCause>) {
    let rules = list(new, "/spec/rules");
    if rules.is_empty() && new.pointer("/spec/defaultBackend").is_none() {
        let detail = "either `defaultBackend` or `rules` must be specified";
        causes.push(StatusCause::invalid("spec", new.get("spec").unwrap_or(&Value::Null), detail));
    }
    for (index, rule) in rules.iter().enumerate() {
        let host = text(rule, "/host");
        if !host.is_empty() {
            let without_wildcard = host.strip_prefix("*.").unwrap_or(host);
            let field = format!("spec.rules[{index}].host");
            causes.extend(invalid(&field, host, &dns1123_subdomain(without_wildcard)));
        }
        for (number, path) in list(rule, "/http/paths").iter().enumerate() {
            let field_path = format!("spec.rules[{index}].http.paths[{number}]");
            let kind = text(path, "/pathType");
            let supported = ["Exact", "ImplementationSpecific", "Prefix"];
            if !supported.contains(&kind) {
                causes.push(StatusCause::not_supported(
                    &format!("{field_path}.pathType"),
                    &json!(kind),
                    &supported,
                ));
            }
            if kind != "ImplementationSpecific" && !text(path, "/path").starts_with('/') {
                let value = json!(text(path, "/path"));
                causes.push(StatusCause::invalid(
                    &format!("{field_path}.path"),
                    &value,
                    "must be an absolute path",
                ));
            }
            if text(path, "/backend/service/name").is_empty()
                && path.pointer("/backend/resource").is_none()
            {
                causes
                    .push(StatusCause::required(&format!("{field_path}.backend.service.name"), ""));
            }
        }
    }
}

/// Validates an HTTPRoute with the messages of its CustomResourceDefinition's schema.
pub fn route(new: &Value, causes: &mut Vec<StatusCause>) {
    for (index, host) in list(new, "/spec/hostnames").iter().enumerate() {
        let host = host.as_str().unwrap_or_default();
        let without_wildcard = host.strip_prefix("*.").unwrap_or(host);
        if !dns1123_subdomain(without_wildcard).is_empty() {
            let pattern =
                "^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
            let field = format!("spec.hostnames[{index}]");
            let detail = format!("spec.hostnames[{index}] in body should match '{pattern}'");
            causes.push(StatusCause::invalid(&field, &json!(host), &detail));
        }
    }
    for (index, parent) in list(new, "/spec/parentRefs").iter().enumerate() {
        if text(parent, "/name").is_empty() {
            causes.push(StatusCause::required(&format!("spec.parentRefs[{index}].name"), ""));
        }
    }
    for (index, rule) in list(new, "/spec/rules").iter().enumerate() {
        for (number, backend) in list(rule, "/backendRefs").iter().enumerate() {
            let field_path = format!("spec.rules[{index}].backendRefs[{number}]");
            if text(backend, "/name").is_empty() {
                causes.push(StatusCause::required(&format!("{field_path}.name"), ""));
            }
            let is_service =
                text(backend, "/group").is_empty() && text(backend, "/kind") == "Service";
            if is_service && backend.get("port").is_none() {
                causes.push(StatusCause::invalid_formatted(
                    &field_path,
                    "",
                    "Must have port for Service reference",
                ));
            }
            if let Some(port) = int(backend, "/port").filter(|port| !(1..=65535).contains(port)) {
                let (bound, comparison) = if port < 1 { (1, "greater") } else { (65535, "less") };
                let detail = format!(
                    "{field_path}.port in body should be {comparison} than or equal to {bound}"
                );
                causes.push(StatusCause::invalid(
                    &format!("{field_path}.port"),
                    &json!(port),
                    &detail,
                ));
            }
        }
    }
}

pub fn role_binding(new: &Value, old: Option<&Value>, causes: &mut Vec<StatusCause>) {
    if let Some(old) = old
        && old.get("roleRef") != new.get("roleRef")
    {
        let value = new.get("roleRef").unwrap_or(&Value::Null);
        causes.push(StatusCause::invalid("roleRef", value, "cannot change roleRef"));
    }
    if text(new, "/roleRef/name").is_empty() {
        causes.push(StatusCause::required("roleRef.name", ""));
    }
}
