//! Pods and their templates.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::meta::{annotations, invalid, labels, selects};
use super::text::{dns1123_label, dns1123_subdomain, env_name, port_name};
use crate::cluster::json::{int, list, members, text};
use crate::cluster::quantity::Quantity;
use crate::cluster::status::Cause;

/// `spec.template` under `spec.selector`.
pub fn template(object: &Value, causes: &mut Vec<Cause>) {
    let chosen = object.pointer("/spec/template/metadata/labels");
    let selector = object.pointer("/spec/selector").unwrap_or(&Value::Null);
    let some = members(selector, "/matchLabels").next().is_some()
        || !list(selector, "/matchExpressions").is_empty();
    if some && !selects(selector, chosen) {
        causes.push(Cause::invalid(
            "spec.template.metadata.labels",
            chosen.unwrap_or(&Value::Null),
            "`selector` does not match template `labels`",
        ));
    }
    let at = "spec.template.metadata";
    labels(object, "/spec/template/metadata/labels", &format!("{at}.labels"), causes);
    annotations(
        object,
        "/spec/template/metadata/annotations",
        &format!("{at}.annotations"),
        causes,
    );
    let spec_of = object.pointer("/spec/template/spec").unwrap_or(&Value::Null);
    spec(spec_of, "spec.template.spec", causes);
    let policy = text(spec_of, "/restartPolicy");
    if !["Always", ""].contains(&policy) && ["Never", "OnFailure"].contains(&policy) {
        let field = "spec.template.spec.restartPolicy";
        causes.push(Cause::not_supported(field, &json!(policy), &["Always"]));
    }
}

pub fn spec(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let mut volumes = BTreeSet::new();
    for (index, volume) in list(spec, "/volumes").iter().enumerate() {
        let at = format!("{at}.volumes[{index}]");
        let name = text(volume, "/name");
        if name.is_empty() {
            causes.push(Cause::required(&format!("{at}.name"), ""));
        } else {
            causes.extend(invalid(&format!("{at}.name"), name, &dns1123_label(name)));
            if !volumes.insert(name) {
                causes.push(Cause::duplicate(&format!("{at}.name"), &json!(name)));
            }
        }
        if volume.get("secret").is_some() && text(volume, "/secret/secretName").is_empty() {
            causes.push(Cause::required(&format!("{at}.secret.secretName"), ""));
        }
        if volume.get("persistentVolumeClaim").is_some()
            && text(volume, "/persistentVolumeClaim/claimName").is_empty()
        {
            causes.push(Cause::required(&format!("{at}.persistentVolumeClaim.claimName"), ""));
        }
        if volume.get("configMap").is_some() && text(volume, "/configMap/name").is_empty() {
            causes.push(Cause::required(&format!("{at}.configMap.name"), ""));
        }
    }
    if list(spec, "/containers").is_empty() {
        causes.push(Cause::required(&format!("{at}.containers"), ""));
    }
    let mut names = BTreeSet::new();
    for kind in ["containers", "initContainers"] {
        for (index, one) in list(spec, &format!("/{kind}")).iter().enumerate() {
            let at = format!("{at}.{kind}[{index}]");
            let name = text(one, "/name");
            if name.is_empty() {
                causes.push(Cause::required(&format!("{at}.name"), ""));
            } else {
                causes.extend(invalid(&format!("{at}.name"), name, &dns1123_label(name)));
                if !names.insert(name) {
                    causes.push(Cause::duplicate(&format!("{at}.name"), &json!(name)));
                }
            }
            container(one, &at, &volumes, kind == "initContainers", causes);
        }
    }
    let policy = text(spec, "/restartPolicy");
    if !["", "Always", "OnFailure", "Never"].contains(&policy) {
        let known = ["Always", "Never", "OnFailure"];
        causes.push(Cause::not_supported(&format!("{at}.restartPolicy"), &json!(policy), &known));
    }
    let account = text(spec, "/serviceAccountName");
    if !account.is_empty() {
        let field = format!("{at}.serviceAccountName");
        causes.extend(invalid(&field, account, &dns1123_subdomain(account)));
    }
    if let Some(seconds) = int(spec, "/terminationGracePeriodSeconds") {
        not_negative(seconds, &format!("{at}.terminationGracePeriodSeconds"), causes);
    }
}

fn container(
    container: &Value,
    at: &str,
    volumes: &BTreeSet<&str>,
    init: bool,
    causes: &mut Vec<Cause>,
) {
    let image = text(container, "/image");
    if image.is_empty() {
        causes.push(Cause::required(&format!("{at}.image"), ""));
    } else if image.trim() != image {
        let why = "must not have leading or trailing whitespace";
        causes.push(Cause::invalid(&format!("{at}.image"), &json!(image), why));
    }
    let policy = text(container, "/imagePullPolicy");
    if !["", "Always", "IfNotPresent", "Never"].contains(&policy) {
        let known = ["Always", "IfNotPresent", "Never"];
        causes.push(Cause::not_supported(&format!("{at}.imagePullPolicy"), &json!(policy), &known));
    }
    ports(container, at, causes);
    for (index, variable) in list(container, "/env").iter().enumerate() {
        let at = format!("{at}.env[{index}]");
        let name = text(variable, "/name");
        if name.is_empty() {
            causes.push(Cause::required(&format!("{at}.name"), ""));
        }
        causes.extend(invalid(&format!("{at}.name"), name, &env_name(name)));
        source(variable, &at, causes);
    }
    for (index, mount) in list(container, "/volumeMounts").iter().enumerate() {
        let at = format!("{at}.volumeMounts[{index}]");
        let name = text(mount, "/name");
        if name.is_empty() {
            causes.push(Cause::required(&format!("{at}.name"), ""));
        }
        if !volumes.contains(name) {
            causes.push(Cause::not_found(&format!("{at}.name"), &json!(name)));
        }
        if text(mount, "/mountPath").is_empty() {
            causes.push(Cause::required(&format!("{at}.mountPath"), ""));
        }
    }
    for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(found) = container.get(kind).filter(|_| !init) {
            probe(found, &format!("{at}.{kind}"), kind, causes);
        }
    }
    for hook in ["postStart", "preStop"] {
        if let Some(found) = container.pointer(&format!("/lifecycle/{hook}")) {
            handler(found, &format!("{at}.lifecycle.{hook}"), causes);
        }
    }
    resources(container, at, causes);
}

fn source(variable: &Value, at: &str, causes: &mut Vec<Cause>) {
    let Some(from) = variable.get("valueFrom").and_then(Value::as_object) else { return };
    let at = format!("{at}.valueFrom");
    if from.is_empty() {
        let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, \
                   `secretKeyRef` or `fileKeyRef`";
        causes.push(Cause::invalid(&at, &json!(""), why));
    } else if !text(variable, "/value").is_empty() {
        let why = "may not be specified when `value` is not empty";
        causes.push(Cause::invalid(&at, &json!(""), why));
    } else if from.len() > 1 {
        let why = "may not have more than one field specified at a time";
        causes.push(Cause::invalid(&at, &json!(""), why));
    }
    for kind in ["secretKeyRef", "configMapKeyRef"] {
        if let Some(reference) = from.get(kind) {
            for field in ["name", "key"] {
                if text(reference, &format!("/{field}")).is_empty() {
                    causes.push(Cause::required(&format!("{at}.{kind}.{field}"), ""));
                }
            }
        }
    }
}

fn ports(container: &Value, at: &str, causes: &mut Vec<Cause>) {
    let mut names = BTreeSet::new();
    for (index, port) in list(container, "/ports").iter().enumerate() {
        let at = format!("{at}.ports[{index}]");
        let name = text(port, "/name");
        if !name.is_empty() {
            let wrong = port_name(name);
            causes.extend(invalid(&format!("{at}.name"), name, &wrong));
            if wrong.is_empty() && !names.insert(name) {
                causes.push(Cause::duplicate(&format!("{at}.name"), &json!(name)));
            }
        }
        match int(port, "/containerPort").unwrap_or_default() {
            0 => causes.push(Cause::required(&format!("{at}.containerPort"), "")),
            number => port_number(number, &format!("{at}.containerPort"), causes),
        }
        protocol(port, &at, causes);
    }
}

pub fn protocol(port: &Value, at: &str, causes: &mut Vec<Cause>) {
    let protocol = text(port, "/protocol");
    if !["TCP", "UDP", "SCTP"].contains(&protocol) {
        let known = ["SCTP", "TCP", "UDP"];
        causes.push(Cause::not_supported(&format!("{at}.protocol"), &json!(protocol), &known));
    }
}

pub fn port_number(number: i64, field: &str, causes: &mut Vec<Cause>) {
    if !(1..=65535).contains(&number) {
        causes.push(Cause::invalid(
            field,
            &json!(number),
            "must be between 1 and 65535, inclusive",
        ));
    }
}

/// A number, or a name.
pub fn port_of(port: Option<&Value>, field: &str, causes: &mut Vec<Cause>) {
    match port {
        Some(Value::String(name)) => causes.extend(invalid(field, name, &port_name(name))),
        other => port_number(other.and_then(Value::as_i64).unwrap_or_default(), field, causes),
    }
}

pub fn not_negative(number: i64, field: &str, causes: &mut Vec<Cause>) {
    if number < 0 {
        causes.push(Cause::invalid(field, &json!(number), "must be greater than or equal to 0"));
    }
}

fn probe(probe: &Value, at: &str, kind: &str, causes: &mut Vec<Cause>) {
    handler(probe, at, causes);
    for field in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        let number = int(probe, &format!("/{field}")).unwrap_or_default();
        not_negative(number, &format!("{at}.{field}"), causes);
    }
    let successes = int(probe, "/successThreshold").unwrap_or(1);
    if kind != "readinessProbe" && successes != 1 {
        causes.push(Cause::invalid(
            &format!("{at}.successThreshold"),
            &json!(successes),
            "must be 1",
        ));
    }
}

fn handler(handler: &Value, at: &str, causes: &mut Vec<Cause>) {
    let mut found = 0;
    for kind in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let Some(action) = handler.get(kind) else { continue };
        found += 1;
        let at = format!("{at}.{kind}");
        if found > 1 {
            causes.push(Cause::forbidden(&at, "may not specify more than 1 handler type"));
            continue;
        }
        match kind {
            "httpGet" => {
                port_of(action.get("port"), &format!("{at}.port"), causes);
                let scheme = text(action, "/scheme");
                if !["HTTP", "HTTPS"].contains(&scheme) {
                    let known = ["HTTP", "HTTPS"];
                    let field = format!("{at}.scheme");
                    causes.push(Cause::not_supported(&field, &json!(scheme), &known));
                }
            }
            "tcpSocket" => port_of(action.get("port"), &format!("{at}.port"), causes),
            "exec" if list(action, "/command").is_empty() => {
                causes.push(Cause::required(&format!("{at}.command"), ""));
            }
            _ => {}
        }
    }
    if found == 0 {
        causes.push(Cause::required(at, "must specify a handler type"));
    }
}

/// Requests must not exceed limits.
fn resources(container: &Value, at: &str, causes: &mut Vec<Cause>) {
    for field in ["limits", "requests"] {
        for (name, value) in members(container, &format!("/resources/{field}")) {
            let quantity = Quantity::of(value);
            let at = format!("{at}.resources.{field}");
            let standard = ["cpu", "memory", "ephemeral-storage"].contains(&name.as_str())
                || name.starts_with("hugepages-");
            if !name.contains('/') && !standard {
                let why = "must be a standard resource for containers";
                causes.push(Cause::invalid(&at, &json!(name), why));
            }
            if quantity.nano < 0 {
                let why = "must be greater than or equal to 0";
                causes.push(Cause::invalid(&format!("{at}[{name}]"), value, why));
            }
        }
    }
    for (name, value) in members(container, "/resources/requests") {
        let limit = container.pointer("/resources/limits").and_then(|limits| limits.get(name));
        if let Some(limit) = limit.map(Quantity::of)
            && Quantity::of(value).nano > limit.nano
        {
            let why = format!("must be less than or equal to {name} limit of {limit}");
            causes.push(Cause::invalid(&format!("{at}.resources.requests"), value, &why));
        }
    }
}
