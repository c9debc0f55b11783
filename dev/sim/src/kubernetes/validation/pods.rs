//! Validates pods and pod templates.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::label_selector::selector_matches;
use super::metadata::{annotations, invalid, labels};
use super::name_formats::{dns1123_label, dns1123_subdomain, env_name, port_name};
use crate::kubernetes::api_error::StatusCause;
use crate::kubernetes::json::{int, list, members, text};
use crate::kubernetes::write::quantity::Quantity;

/// Validates `spec.template`, which must match `spec.selector`.
pub fn pod_template(object: &Value, causes: &mut Vec<StatusCause>) {
    let template_labels = object.pointer("/spec/template/metadata/labels");
    let selector = object.pointer("/spec/selector").unwrap_or(&Value::Null);
    let has_selector = members(selector, "/matchLabels").next().is_some()
        || !list(selector, "/matchExpressions").is_empty();
    if has_selector && !selector_matches(selector, template_labels) {
        causes.push(StatusCause::invalid(
            "spec.template.metadata.labels",
            template_labels.unwrap_or(&Value::Null),
            "`selector` does not match template `labels`",
        ));
    }
    let field_path = "spec.template.metadata";
    labels(object, "/spec/template/metadata/labels", &format!("{field_path}.labels"), causes);
    annotations(
        object,
        "/spec/template/metadata/annotations",
        &format!("{field_path}.annotations"),
        causes,
    );
    let spec = object.pointer("/spec/template/spec").unwrap_or(&Value::Null);
    pod_spec(spec, "spec.template.spec", causes);
    let policy = text(spec, "/restartPolicy");
    if !["Always", ""].contains(&policy) && ["Never", "OnFailure"].contains(&policy) {
        let field = "spec.template.spec.restartPolicy";
        causes.push(StatusCause::not_supported(field, &json!(policy), &["Always"]));
    }
}

pub fn pod_spec(spec: &Value, field_path: &str, causes: &mut Vec<StatusCause>) {
    let mut volumes = BTreeSet::new();
    for (index, volume) in list(spec, "/volumes").iter().enumerate() {
        let field_path = format!("{field_path}.volumes[{index}]");
        let name = text(volume, "/name");
        if name.is_empty() {
            causes.push(StatusCause::required(&format!("{field_path}.name"), ""));
        } else {
            causes.extend(invalid(&format!("{field_path}.name"), name, &dns1123_label(name)));
            if !volumes.insert(name) {
                causes.push(StatusCause::duplicate(&format!("{field_path}.name"), &json!(name)));
            }
        }
        if volume.get("secret").is_some() && text(volume, "/secret/secretName").is_empty() {
            causes.push(StatusCause::required(&format!("{field_path}.secret.secretName"), ""));
        }
        if volume.get("persistentVolumeClaim").is_some()
            && text(volume, "/persistentVolumeClaim/claimName").is_empty()
        {
            causes.push(StatusCause::required(
                &format!("{field_path}.persistentVolumeClaim.claimName"),
                "",
            ));
        }
        if volume.get("configMap").is_some() && text(volume, "/configMap/name").is_empty() {
            causes.push(StatusCause::required(&format!("{field_path}.configMap.name"), ""));
        }
    }
    if list(spec, "/containers").is_empty() {
        causes.push(StatusCause::required(&format!("{field_path}.containers"), ""));
    }
    let mut names = BTreeSet::new();
    for kind in ["containers", "initContainers"] {
        for (index, spec) in list(spec, &format!("/{kind}")).iter().enumerate() {
            let field_path = format!("{field_path}.{kind}[{index}]");
            let name = text(spec, "/name");
            if name.is_empty() {
                causes.push(StatusCause::required(&format!("{field_path}.name"), ""));
            } else {
                causes.extend(invalid(&format!("{field_path}.name"), name, &dns1123_label(name)));
                if !names.insert(name) {
                    causes
                        .push(StatusCause::duplicate(&format!("{field_path}.name"), &json!(name)));
                }
            }
            container(spec, &field_path, &volumes, kind == "initContainers", causes);
        }
    }
    let policy = text(spec, "/restartPolicy");
    if !["", "Always", "OnFailure", "Never"].contains(&policy) {
        let supported = ["Always", "Never", "OnFailure"];
        causes.push(StatusCause::not_supported(
            &format!("{field_path}.restartPolicy"),
            &json!(policy),
            &supported,
        ));
    }
    let account = text(spec, "/serviceAccountName");
    if !account.is_empty() {
        let field = format!("{field_path}.serviceAccountName");
        causes.extend(invalid(&field, account, &dns1123_subdomain(account)));
    }
    if let Some(seconds) = int(spec, "/terminationGracePeriodSeconds") {
        non_negative(seconds, &format!("{field_path}.terminationGracePeriodSeconds"), causes);
    }
}

fn container(
    container: &Value,
    field_path: &str,
    volumes: &BTreeSet<&str>,
    init: bool,
    causes: &mut Vec<StatusCause>,
) {
    let image = text(container, "/image");
    if image.is_empty() {
        causes.push(StatusCause::required(&format!("{field_path}.image"), ""));
    } else if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        causes.push(StatusCause::invalid(&format!("{field_path}.image"), &json!(image), detail));
    }
    let policy = text(container, "/imagePullPolicy");
    if !["", "Always", "IfNotPresent", "Never"].contains(&policy) {
        let supported = ["Always", "IfNotPresent", "Never"];
        causes.push(StatusCause::not_supported(
            &format!("{field_path}.imagePullPolicy"),
            &json!(policy),
            &supported,
        ));
    }
    ports(container, field_path, causes);
    for (index, variable) in list(container, "/env").iter().enumerate() {
        let field_path = format!("{field_path}.env[{index}]");
        let name = text(variable, "/name");
        if name.is_empty() {
            causes.push(StatusCause::required(&format!("{field_path}.name"), ""));
        }
        causes.extend(invalid(&format!("{field_path}.name"), name, &env_name(name)));
        value_from(variable, &field_path, causes);
    }
    for (index, mount) in list(container, "/volumeMounts").iter().enumerate() {
        let field_path = format!("{field_path}.volumeMounts[{index}]");
        let name = text(mount, "/name");
        if name.is_empty() {
            causes.push(StatusCause::required(&format!("{field_path}.name"), ""));
        }
        if !volumes.contains(name) {
            causes.push(StatusCause::not_found(&format!("{field_path}.name"), &json!(name)));
        }
        if text(mount, "/mountPath").is_empty() {
            causes.push(StatusCause::required(&format!("{field_path}.mountPath"), ""));
        }
    }
    for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(found) = container.get(kind).filter(|_| !init) {
            probe(found, &format!("{field_path}.{kind}"), kind, causes);
        }
    }
    for hook in ["postStart", "preStop"] {
        if let Some(found) = container.pointer(&format!("/lifecycle/{hook}")) {
            handler(found, &format!("{field_path}.lifecycle.{hook}"), causes);
        }
    }
    resources(container, field_path, causes);
}

fn value_from(variable: &Value, field_path: &str, causes: &mut Vec<StatusCause>) {
    let Some(from) = variable.get("valueFrom").and_then(Value::as_object) else { return };
    let field_path = format!("{field_path}.valueFrom");
    if from.is_empty() {
        let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, \
                   `secretKeyRef` or `fileKeyRef`";
        causes.push(StatusCause::invalid(&field_path, &json!(""), detail));
    } else if !text(variable, "/value").is_empty() {
        let detail = "may not be specified when `value` is not empty";
        causes.push(StatusCause::invalid(&field_path, &json!(""), detail));
    } else if from.len() > 1 {
        let detail = "may not have more than one field specified at a time";
        causes.push(StatusCause::invalid(&field_path, &json!(""), detail));
    }
    for kind in ["secretKeyRef", "configMapKeyRef"] {
        if let Some(reference) = from.get(kind) {
            for field in ["name", "key"] {
                if text(reference, &format!("/{field}")).is_empty() {
                    causes.push(StatusCause::required(&format!("{field_path}.{kind}.{field}"), ""));
                }
            }
        }
    }
}

fn ports(container: &Value, field_path: &str, causes: &mut Vec<StatusCause>) {
    let mut names = BTreeSet::new();
    for (index, port) in list(container, "/ports").iter().enumerate() {
        let field_path = format!("{field_path}.ports[{index}]");
        let name = text(port, "/name");
        if !name.is_empty() {
            let errors = port_name(name);
            causes.extend(invalid(&format!("{field_path}.name"), name, &errors));
            if errors.is_empty() && !names.insert(name) {
                causes.push(StatusCause::duplicate(&format!("{field_path}.name"), &json!(name)));
            }
        }
        match int(port, "/containerPort").unwrap_or_default() {
            0 => causes.push(StatusCause::required(&format!("{field_path}.containerPort"), "")),
            number => port_number(number, &format!("{field_path}.containerPort"), causes),
        }
        protocol(port, &field_path, causes);
    }
}

pub fn protocol(port: &Value, field_path: &str, causes: &mut Vec<StatusCause>) {
    let protocol = text(port, "/protocol");
    if !["TCP", "UDP", "SCTP"].contains(&protocol) {
        let supported = ["SCTP", "TCP", "UDP"];
        causes.push(StatusCause::not_supported(
            &format!("{field_path}.protocol"),
            &json!(protocol),
            &supported,
        ));
    }
}

pub fn port_number(number: i64, field: &str, causes: &mut Vec<StatusCause>) {
    if !(1..=65535).contains(&number) {
        causes.push(StatusCause::invalid(
            field,
            &json!(number),
            "must be between 1 and 65535, inclusive",
        ));
    }
}

/// Validates a port number or port name.
pub fn port_number_or_name(port: Option<&Value>, field: &str, causes: &mut Vec<StatusCause>) {
    match port {
        Some(Value::String(name)) => causes.extend(invalid(field, name, &port_name(name))),
        other => port_number(other.and_then(Value::as_i64).unwrap_or_default(), field, causes),
    }
}

pub fn non_negative(number: i64, field: &str, causes: &mut Vec<StatusCause>) {
    if number < 0 {
        causes.push(StatusCause::invalid(
            field,
            &json!(number),
            "must be greater than or equal to 0",
        ));
    }
}

fn probe(probe: &Value, field_path: &str, kind: &str, causes: &mut Vec<StatusCause>) {
    handler(probe, field_path, causes);
    for field in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        let number = int(probe, &format!("/{field}")).unwrap_or_default();
        non_negative(number, &format!("{field_path}.{field}"), causes);
    }
    let successes = int(probe, "/successThreshold").unwrap_or(1);
    if kind != "readinessProbe" && successes != 1 {
        causes.push(StatusCause::invalid(
            &format!("{field_path}.successThreshold"),
            &json!(successes),
            "must be 1",
        ));
    }
}

fn handler(handler: &Value, field_path: &str, causes: &mut Vec<StatusCause>) {
    let mut handlers = 0;
    for kind in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let Some(action) = handler.get(kind) else { continue };
        handlers += 1;
        let field_path = format!("{field_path}.{kind}");
        if handlers > 1 {
            causes.push(StatusCause::forbidden(
                &field_path,
                "may not specify more than 1 handler type",
            ));
            continue;
        }
        match kind {
            "httpGet" => {
                port_number_or_name(action.get("port"), &format!("{field_path}.port"), causes);
                let scheme = text(action, "/scheme");
                if !["HTTP", "HTTPS"].contains(&scheme) {
                    let supported = ["HTTP", "HTTPS"];
                    let field = format!("{field_path}.scheme");
                    causes.push(StatusCause::not_supported(&field, &json!(scheme), &supported));
                }
            }
            "tcpSocket" => {
                port_number_or_name(action.get("port"), &format!("{field_path}.port"), causes)
            }
            "exec" if list(action, "/command").is_empty() => {
                causes.push(StatusCause::required(&format!("{field_path}.command"), ""));
            }
            _ => {}
        }
    }
    if handlers == 0 {
        causes.push(StatusCause::required(field_path, "must specify a handler type"));
    }
}

/// Validates requests and limits. Requests must not exceed limits.
fn resources(container: &Value, field_path: &str, causes: &mut Vec<StatusCause>) {
    for field in ["limits", "requests"] {
        for (name, value) in members(container, &format!("/resources/{field}")) {
            let quantity = Quantity::from_value(value);
            let field_path = format!("{field_path}.resources.{field}");
            let is_standard = ["cpu", "memory", "ephemeral-storage"].contains(&name.as_str())
                || name.starts_with("hugepages-");
            if !name.contains('/') && !is_standard {
                let detail = "must be a standard resource for containers";
                causes.push(StatusCause::invalid(&field_path, &json!(name), detail));
            }
            if quantity.nanos < 0 {
                let detail = "must be greater than or equal to 0";
                causes.push(StatusCause::invalid(&format!("{field_path}[{name}]"), value, detail));
            }
        }
    }
    for (name, value) in members(container, "/resources/requests") {
        let limit = container.pointer("/resources/limits").and_then(|limits| limits.get(name));
        if let Some(limit) = limit.map(Quantity::from_value)
            && Quantity::from_value(value).nanos > limit.nanos
        {
            let detail = format!("must be less than or equal to {name} limit of {limit}");
            causes.push(StatusCause::invalid(
                &format!("{field_path}.resources.requests"),
                value,
                &detail,
            ));
        }
    }
}
