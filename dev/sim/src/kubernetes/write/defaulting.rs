//! Defaulting: sets fields that the client left out, as the API server does.

use serde_json::{Value, json};

use crate::kubernetes::json::{list, list_mut, members, put, put_default, remove, text};
use crate::kubernetes::state::resources::Resource;
use crate::kubernetes::write::quantity::Quantity;

pub fn set_defaults(resource: &Resource, object: &mut Value) {
    match resource.plural {
        "pods" => pod_spec(object.get_mut("spec"), true),
        "deployments" => deployment(object),
        "replicasets" => {
            put_default(object, "/spec/replicas", 1);
            pod_spec(object.pointer_mut("/spec/template/spec"), false);
        }
        "services" => service(object),
        "secrets" => secret(object),
        "persistentvolumeclaims" => {
            put_default(object, "/spec/volumeMode", "Filesystem");
        }
        "horizontalpodautoscalers" => autoscaler(object),
        "limitranges" => list_mut(object, "/spec/limits").iter_mut().for_each(limit),
        "networkpolicies" => network_policy(object),
        "ingresses" => {
            for rule in list_mut(object, "/spec/rules") {
                for path in list_mut(rule, "/http/paths") {
                    put_default(path, "/pathType", "ImplementationSpecific");
                }
            }
        }
        "httproutes" => route(object),
        "rolebindings" => {
            let subjects = list_mut(object, "/subjects");
            for subject in subjects {
                let group = match text(subject, "/kind") {
                    "ServiceAccount" => continue,
                    _ => "rbac.authorization.k8s.io",
                };
                put_default(subject, "/apiGroup", group);
            }
            put_default(object, "/roleRef/apiGroup", "rbac.authorization.k8s.io");
        }
        _ => {}
    }
}

fn deployment(object: &mut Value) {
    put_default(object, "/spec/replicas", 1);
    put_default(object, "/spec/revisionHistoryLimit", 10);
    put_default(object, "/spec/progressDeadlineSeconds", 600);
    put_default(object, "/spec/strategy/type", "RollingUpdate");
    if text(object, "/spec/strategy/type") == "RollingUpdate" {
        put_default(object, "/spec/strategy/rollingUpdate/maxUnavailable", "25%");
        put_default(object, "/spec/strategy/rollingUpdate/maxSurge", "25%");
    }
    pod_spec(object.pointer_mut("/spec/template/spec"), false);
}

fn service(object: &mut Value) {
    put_default(object, "/spec/sessionAffinity", "None");
    put_default(object, "/spec/type", "ClusterIP");
    for port in list_mut(object, "/spec/ports") {
        put_default(port, "/protocol", "TCP");
        let number = port.get("port").cloned().unwrap_or_default();
        put_default(port, "/targetPort", number);
    }
    let kind = text(object, "/spec/type").to_owned();
    if kind == "NodePort" || kind == "LoadBalancer" {
        put_default(object, "/spec/externalTrafficPolicy", "Cluster");
    }
    if kind != "ExternalName" {
        put_default(object, "/spec/internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        put_default(object, "/spec/allocateLoadBalancerNodePorts", true);
    }
}

fn secret(object: &mut Value) {
    use base64::Engine;
    put_default(object, "/type", "Opaque");
    // `stringData` is write-only.
    if let Some(Value::Object(plain)) = remove(object, "/stringData") {
        for (key, value) in plain {
            let value = value.as_str().unwrap_or_default();
            let value = base64::engine::general_purpose::STANDARD.encode(value);
            put(object, &format!("/data/{}", key.replace('/', "~1")), value);
        }
    }
}

fn autoscaler(object: &mut Value) {
    put_default(object, "/spec/minReplicas", 1);
    put_default(
        object,
        "/spec/metrics",
        json!([{"type": "Resource", "resource": {"name": "cpu", "target": {
            "type": "Utilization", "averageUtilization": 80}}}]),
    );
    if object.pointer("/spec/behavior").is_none() {
        return;
    }
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    for (direction, policies) in
        [("scaleUp", vec![pods, percent.clone()]), ("scaleDown", vec![percent])]
    {
        let path = |field: &str| format!("/spec/behavior/{direction}/{field}");
        put_default(object, &path("selectPolicy"), "Max");
        put_default(object, &path("policies"), policies);
        if direction == "scaleUp" {
            put_default(object, &path("stabilizationWindowSeconds"), 0);
        }
    }
}

fn limit(limit: &mut Value) {
    if text(limit, "/type") != "Container" {
        return;
    }
    // Missing defaults follow from the maximum and the minimum.
    for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")]
    {
        let values: Vec<(String, Value)> =
            members(limit, &format!("/{from}")).map(|(k, v)| (k.clone(), v.clone())).collect();
        for (key, value) in values {
            put_default(limit, &format!("/{to}/{}", key.replace('/', "~1")), value);
        }
    }
}

fn network_policy(object: &mut Value) {
    let egress = !list(object, "/spec/egress").is_empty();
    let types = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    put_default(object, "/spec/policyTypes", types);
    for direction in ["ingress", "egress"] {
        for rule in list_mut(object, &format!("/spec/{direction}")) {
            for port in list_mut(rule, "/ports") {
                put_default(port, "/protocol", "TCP");
            }
        }
    }
}

fn route(object: &mut Value) {
    for parent in list_mut(object, "/spec/parentRefs") {
        put_default(parent, "/group", "gateway.networking.k8s.io");
        put_default(parent, "/kind", "Gateway");
    }
    let match_all = json!([{"path": {"type": "PathPrefix", "value": "/"}}]);
    put_default(object, "/spec/rules", json!([{"matches": match_all}]));
    for rule in list_mut(object, "/spec/rules") {
        put_default(rule, "/matches", match_all.clone());
        for route_match in list_mut(rule, "/matches") {
            put_default(route_match, "/path/type", "PathPrefix");
            put_default(route_match, "/path/value", "/");
            for kind in ["/headers", "/queryParams"] {
                list_mut(route_match, kind)
                    .iter_mut()
                    .for_each(|header| put_default(header, "/type", "Exact"));
            }
        }
        for backend in list_mut(rule, "/backendRefs") {
            put_default(backend, "/group", "");
            put_default(backend, "/kind", "Service");
            put_default(backend, "/weight", 1);
        }
        for filter in list_mut(rule, "/filters") {
            if filter.get("requestRedirect").is_some() {
                put_default(filter, "/requestRedirect/statusCode", 302);
            }
        }
    }
}

/// The defaults of a pod or of a pod template.
fn pod_spec(spec: Option<&mut Value>, is_pod: bool) {
    let Some(spec) = spec else { return };
    put_default(spec, "/dnsPolicy", "ClusterFirst");
    put_default(spec, "/restartPolicy", "Always");
    put_default(spec, "/securityContext", json!({}));
    put_default(spec, "/terminationGracePeriodSeconds", 30);
    put_default(spec, "/schedulerName", "default-scheduler");
    // `serviceAccount` is the deprecated name of the field.
    let account = text(spec, "/serviceAccountName").to_owned();
    if !account.is_empty() {
        put(spec, "/serviceAccount", account);
    }
    if is_pod {
        put_default(spec, "/enableServiceLinks", true);
    }
    for kind in ["/initContainers", "/containers"] {
        list_mut(spec, kind).iter_mut().for_each(container);
    }
    list_mut(spec, "/volumes").iter_mut().for_each(volume);
}

fn container(container: &mut Value) {
    let image = text(container, "/image").to_owned();
    let policy = if tag(&image) == "latest" { "Always" } else { "IfNotPresent" };
    put_default(container, "/imagePullPolicy", policy);
    put_default(container, "/terminationMessagePath", "/dev/termination-log");
    put_default(container, "/terminationMessagePolicy", "File");
    put_default(container, "/resources", json!({}));
    for port in list_mut(container, "/ports") {
        put_default(port, "/protocol", "TCP");
    }
    // Requests default to limits.
    let limits: Vec<(String, Value)> =
        members(container, "/resources/limits").map(|(k, v)| (k.clone(), v.clone())).collect();
    for (name, limit) in limits {
        put_default(container, &format!("/resources/requests/{}", name.replace('/', "~1")), limit);
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get_mut(probe) else { continue };
        for (field, value) in [
            ("timeoutSeconds", 1),
            ("periodSeconds", 10),
            ("successThreshold", 1),
            ("failureThreshold", 3),
        ] {
            put_default(probe, &format!("/{field}"), value);
        }
        handler(probe);
    }
    for hook in ["postStart", "preStop"] {
        if let Some(hook) = container.pointer_mut(&format!("/lifecycle/{hook}")) {
            handler(hook);
        }
    }
    for variable in list_mut(container, "/env") {
        if variable.pointer("/valueFrom/fieldRef").is_some() {
            put_default(variable, "/valueFrom/fieldRef/apiVersion", "v1");
        }
        // The server omits empty values.
        if variable.get("value") == Some(&json!("")) {
            remove(variable, "/value");
        }
    }
}

fn handler(handler: &mut Value) {
    if handler.get("httpGet").is_some() {
        put_default(handler, "/httpGet/path", "/");
        put_default(handler, "/httpGet/scheme", "HTTP");
    }
}

fn volume(volume: &mut Value) {
    for kind in ["secret", "configMap", "downwardAPI", "projected"] {
        if volume.get(kind).is_some() {
            put_default(volume, &format!("/{kind}/defaultMode"), 420);
        }
    }
    let kinds = volume.as_object().map_or(0, |members| members.len());
    if kinds == 1 {
        put(volume, "/emptyDir", json!({}));
    }
}

/// The tag of an image. `latest` if there is neither a tag nor a digest, empty if only a digest.
fn tag(image: &str) -> &str {
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let last = name.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        Some((_, tag)) => tag,
        None if digest.is_empty() => "latest",
        None => "",
    }
}

pub fn qos_class(pod: &Value) -> &'static str {
    let (mut has_any, mut all_limited) = (false, true);
    for kind in ["/spec/initContainers", "/spec/containers"] {
        for container in list(pod, kind) {
            for resource in ["cpu", "memory"] {
                let get = |field: &str| {
                    let found = container.pointer(&format!("/resources/{field}/{resource}"));
                    found.map(Quantity::from_value).filter(|quantity| quantity.nanos > 0)
                };
                let (request, limit) = (get("requests"), get("limits"));
                has_any |= request.is_some() || limit.is_some();
                let is_equal =
                    request.map(|quantity| quantity.nanos) == limit.map(|quantity| quantity.nanos);
                all_limited &= limit.is_some() && is_equal;
            }
        }
    }
    match (has_any, all_limited) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
