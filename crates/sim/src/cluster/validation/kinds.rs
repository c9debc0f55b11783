//! What is particular to each kind.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::meta::{invalid, selector};
use super::pods::{not_negative, port_number, port_of, protocol, template};
use super::text::{dns1123_label, dns1123_subdomain};
use crate::cluster::json::{int, list, members, remove, text};
use crate::cluster::quantity::Quantity;
use crate::cluster::status::Cause;

pub fn deployment(new: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let number = |path: &str| int(new, path).unwrap_or_default();
    not_negative(number("/spec/replicas"), "spec.replicas", causes);
    match new.pointer("/spec/selector") {
        None => causes.push(Cause::required("spec.selector", "")),
        Some(found) => {
            selector(new, "/spec/selector", "spec.selector", causes);
            if members(found, "/matchLabels").next().is_none()
                && list(found, "/matchExpressions").is_empty()
            {
                let why = "empty selector is invalid for deployment";
                causes.push(Cause::invalid("spec.selector", found, why));
            }
        }
    }
    template(new, causes);
    strategy(new, causes);
    not_negative(number("/spec/minReadySeconds"), "spec.minReadySeconds", causes);
    not_negative(number("/spec/revisionHistoryLimit"), "spec.revisionHistoryLimit", causes);
    let deadline = number("/spec/progressDeadlineSeconds");
    not_negative(deadline, "spec.progressDeadlineSeconds", causes);
    if deadline <= number("/spec/minReadySeconds") {
        let why = "must be greater than minReadySeconds";
        causes.push(Cause::invalid("spec.progressDeadlineSeconds", &json!(deadline), why));
    }
    immutable(new, old, "/spec/selector", causes);
}

fn strategy(new: &Value, causes: &mut Vec<Cause>) {
    let rolling = new.pointer("/spec/strategy/rollingUpdate");
    match text(new, "/spec/strategy/type") {
        "Recreate" if rolling.is_some() => causes.push(Cause::forbidden(
            "spec.strategy.rollingUpdate",
            "may not be specified when strategy `type` is 'Recreate'",
        )),
        "Recreate" | "RollingUpdate" => {}
        _ => causes.push(Cause::not_supported(
            "spec.strategy",
            new.pointer("/spec/strategy").unwrap_or(&Value::Null),
            &["Recreate", "RollingUpdate"],
        )),
    }
    let Some(rolling) = rolling else { return };
    let none = |field: &str| matches!(rolling.get(field), Some(value) if *value == json!(0) || *value == json!("0%"));
    for field in ["maxUnavailable", "maxSurge"] {
        let at = format!("spec.strategy.rollingUpdate.{field}");
        portion(rolling.get(field), &at, causes);
    }
    if none("maxUnavailable") && none("maxSurge") {
        let value = rolling.get("maxUnavailable").unwrap_or(&Value::Null);
        let why = "may not be 0 when `maxSurge` is 0";
        causes.push(Cause::invalid("spec.strategy.rollingUpdate.maxUnavailable", value, why));
    }
}

/// A number that is not negative, or a share in percent.
fn portion(value: Option<&Value>, field: &str, causes: &mut Vec<Cause>) {
    match value {
        Some(Value::String(text)) => {
            let digits = text.strip_suffix('%').unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                let why = "a valid percent string must be a numeric string followed by an ending \
                           '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
                causes.push(Cause::invalid(field, &json!(text), why));
            }
        }
        Some(number) => not_negative(number.as_i64().unwrap_or_default(), field, causes),
        None => {}
    }
}

fn immutable(new: &Value, old: Option<&Value>, path: &str, causes: &mut Vec<Cause>) {
    if let Some(old) = old
        && old.pointer(path) != new.pointer(path)
    {
        let field = path.trim_start_matches('/').replace('/', ".");
        let value = new.pointer(path).unwrap_or(&Value::Null);
        causes.push(Cause::invalid(&field, value, "field is immutable"));
    }
}

pub fn service(new: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let kind = text(new, "/spec/type");
    let ports = list(new, "/spec/ports");
    let headless = text(new, "/spec/clusterIP") == "None";
    if ports.is_empty() && !headless && kind != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    let known = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !known.contains(&kind) {
        causes.push(Cause::not_supported("spec.type", &json!(kind), &known));
    }
    let (mut names, mut pairs) = (BTreeSet::new(), BTreeSet::new());
    for (index, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{index}]");
        let name = text(port, "/name");
        if name.is_empty() && ports.len() > 1 {
            causes.push(Cause::required(&format!("{at}.name"), ""));
        } else if !name.is_empty() {
            causes.extend(invalid(&format!("{at}.name"), name, &dns1123_label(name)));
            if !names.insert(name) {
                causes.push(Cause::duplicate(&format!("{at}.name"), &json!(name)));
            }
        }
        let number = int(port, "/port").unwrap_or_default();
        port_number(number, &format!("{at}.port"), causes);
        protocol(port, &at, causes);
        port_of(port.get("targetPort"), &format!("{at}.targetPort"), causes);
        if !pairs.insert((number, text(port, "/protocol"))) {
            causes.push(Cause::duplicate(
                &at,
                &json!({
                    "port": number, "protocol": text(port, "/protocol"),
                }),
            ));
        }
    }
    super::meta::labels(new, "/spec/selector", "spec.selector", causes);
    if let Some(old) = old
        && text(old, "/spec/type") != "ExternalName"
        && kind != "ExternalName"
        && text(old, "/spec/clusterIP") != text(new, "/spec/clusterIP")
    {
        let address = json!([text(new, "/spec/clusterIP")]);
        causes.push(Cause::invalid("spec.clusterIPs[0]", &address, "may not change once set"));
    }
}

pub fn claim(new: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let modes = list(new, "/spec/accessModes");
    if modes.is_empty() {
        causes.push(Cause::required("spec.accessModes", "at least 1 access mode is required"));
    }
    let known = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    for mode in modes.iter().filter(|mode| !known.contains(&mode.as_str().unwrap_or_default())) {
        causes.push(Cause::not_supported("spec.accessModes", mode, &known));
    }
    match new.pointer("/spec/resources/requests/storage") {
        None => causes.push(Cause::required("spec.resources[storage]", "")),
        Some(size) if Quantity::of(size).nano <= 0 => {
            let why = "must be greater than zero";
            causes.push(Cause::invalid("spec.resources[storage]", size, why));
        }
        Some(_) => {}
    }
    let Some(old) = old else { return };
    let bare = |claim: &Value| {
        let mut spec = claim.get("spec").cloned().unwrap_or_default();
        remove(&mut spec, "/volumeName");
        if text(old, "/status/phase") == "Bound" {
            remove(&mut spec, "/resources/requests/storage");
        }
        spec
    };
    if bare(new) != bare(old) {
        let why = "spec is immutable after creation except resources.requests and \
                   volumeAttributesClassName for bound claims\n";
        causes.push(Cause::forbidden("spec", why));
    }
    let size =
        |claim: &Value, path: &str| claim.pointer(path).map_or(0, |it| Quantity::of(it).nano);
    let path = "/spec/resources/requests/storage";
    if size(new, path) < size(old, path) && size(new, path) <= size(old, "/status/capacity/storage")
    {
        let field = "spec.resources.requests.storage";
        causes.push(Cause::forbidden(field, "field can not be less than status.capacity"));
    }
}

pub fn autoscaler(new: &Value, causes: &mut Vec<Cause>) {
    let least = int(new, "/spec/minReplicas").unwrap_or(1);
    let most = int(new, "/spec/maxReplicas").unwrap_or_default();
    if least < 1 {
        let why = "must be greater than or equal to 1";
        causes.push(Cause::invalid("spec.minReplicas", &json!(least), why));
    }
    if most == 0 {
        causes.push(Cause::required("spec.maxReplicas", "must be set and greater than 0"));
    } else if most < 0 {
        let why = "must be greater than or equal to 1";
        causes.push(Cause::invalid("spec.maxReplicas", &json!(most), why));
    }
    if most < least {
        let why = "must be greater than or equal to `minReplicas`";
        causes.push(Cause::invalid("spec.maxReplicas", &json!(most), why));
    }
    for field in ["kind", "name"] {
        if text(new, &format!("/spec/scaleTargetRef/{field}")).is_empty() {
            causes.push(Cause::required(&format!("spec.scaleTargetRef.{field}"), ""));
        }
    }
    for (index, metric) in list(new, "/spec/metrics").iter().enumerate() {
        let target = "/resource/target/averageUtilization";
        if let Some(share) = int(metric, target)
            && share < 1
        {
            let at = format!("spec.metrics[{index}].resource.target.averageUtilization");
            causes.push(Cause::invalid(&at, &json!(share), "must be greater than 0"));
        }
    }
}

pub fn budget(new: &Value, causes: &mut Vec<Cause>) {
    let get = |field: &str| new.pointer(&format!("/spec/{field}"));
    if get("minAvailable").is_some() && get("maxUnavailable").is_some() {
        let why = "minAvailable and maxUnavailable cannot be both set";
        causes.push(Cause::invalid("spec", new.get("spec").unwrap_or(&Value::Null), why));
    }
    portion(get("minAvailable"), "spec.minAvailable", causes);
    portion(get("maxUnavailable"), "spec.maxUnavailable", causes);
    selector(new, "/spec/selector", "spec.selector", causes);
}

pub fn ingress(new: &Value, causes: &mut Vec<Cause>) {
    let rules = list(new, "/spec/rules");
    if rules.is_empty() && new.pointer("/spec/defaultBackend").is_none() {
        let why = "either `defaultBackend` or `rules` must be specified";
        causes.push(Cause::invalid("spec", new.get("spec").unwrap_or(&Value::Null), why));
    }
    for (index, rule) in rules.iter().enumerate() {
        let host = text(rule, "/host");
        if !host.is_empty() {
            let plain = host.strip_prefix("*.").unwrap_or(host);
            let field = format!("spec.rules[{index}].host");
            causes.extend(invalid(&field, host, &dns1123_subdomain(plain)));
        }
        for (number, path) in list(rule, "/http/paths").iter().enumerate() {
            let at = format!("spec.rules[{index}].http.paths[{number}]");
            let kind = text(path, "/pathType");
            let known = ["Exact", "ImplementationSpecific", "Prefix"];
            if !known.contains(&kind) {
                causes.push(Cause::not_supported(&format!("{at}.pathType"), &json!(kind), &known));
            }
            if kind != "ImplementationSpecific" && !text(path, "/path").starts_with('/') {
                let value = json!(text(path, "/path"));
                causes.push(Cause::invalid(
                    &format!("{at}.path"),
                    &value,
                    "must be an absolute path",
                ));
            }
            if text(path, "/backend/service/name").is_empty()
                && path.pointer("/backend/resource").is_none()
            {
                causes.push(Cause::required(&format!("{at}.backend.service.name"), ""));
            }
        }
    }
}

/// As the resource definition's schema says it.
pub fn route(new: &Value, causes: &mut Vec<Cause>) {
    for (index, host) in list(new, "/spec/hostnames").iter().enumerate() {
        let host = host.as_str().unwrap_or_default();
        let plain = host.strip_prefix("*.").unwrap_or(host);
        if !dns1123_subdomain(plain).is_empty() {
            let pattern =
                "^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
            let field = format!("spec.hostnames[{index}]");
            let why = format!("spec.hostnames[{index}] in body should match '{pattern}'");
            causes.push(Cause::invalid(&field, &json!(host), &why));
        }
    }
    for (index, parent) in list(new, "/spec/parentRefs").iter().enumerate() {
        if text(parent, "/name").is_empty() {
            causes.push(Cause::required(&format!("spec.parentRefs[{index}].name"), ""));
        }
    }
    for (index, rule) in list(new, "/spec/rules").iter().enumerate() {
        for (number, backend) in list(rule, "/backendRefs").iter().enumerate() {
            let at = format!("spec.rules[{index}].backendRefs[{number}]");
            if text(backend, "/name").is_empty() {
                causes.push(Cause::required(&format!("{at}.name"), ""));
            }
            if let Some(port) = int(backend, "/port").filter(|port| !(1..=65535).contains(port)) {
                let (bound, side) = if port < 1 { (1, "greater") } else { (65535, "less") };
                let why = format!("{at}.port in body should be {side} than or equal to {bound}");
                causes.push(Cause::invalid(&format!("{at}.port"), &json!(port), &why));
            }
        }
    }
}

pub fn binding(new: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    if let Some(old) = old
        && old.get("roleRef") != new.get("roleRef")
    {
        let value = new.get("roleRef").unwrap_or(&Value::Null);
        causes.push(Cause::invalid("roleRef", value, "cannot change roleRef"));
    }
    if text(new, "/roleRef/name").is_empty() {
        causes.push(Cause::required("roleRef.name", ""));
    }
}
