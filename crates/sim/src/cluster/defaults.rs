//! The values that the server sets where none is given.

use serde_json::{Value, json};

use super::json::{list, list_mut, members, put, put_default, remove, text};
use super::quantity::Quantity;
use super::resources::Resource;

pub fn set(resource: &Resource, object: &mut Value) {
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
    // Clear text is only ever written, never kept.
    if let Some(Value::Object(clear)) = remove(object, "/stringData") {
        for (key, value) in clear {
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
        let at = |field: &str| format!("/spec/behavior/{direction}/{field}");
        put_default(object, &at("selectPolicy"), "Max");
        put_default(object, &at("policies"), policies);
        if direction == "scaleUp" {
            put_default(object, &at("stabilizationWindowSeconds"), 0);
        }
    }
}

fn limit(limit: &mut Value) {
    if text(limit, "/type") != "Container" {
        return;
    }
    // What is given on one side holds on the other.
    for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")]
    {
        let given: Vec<(String, Value)> =
            members(limit, &format!("/{from}")).map(|(k, v)| (k.clone(), v.clone())).collect();
        for (key, value) in given {
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
    let everything = json!([{"path": {"type": "PathPrefix", "value": "/"}}]);
    put_default(object, "/spec/rules", json!([{"matches": everything}]));
    for rule in list_mut(object, "/spec/rules") {
        put_default(rule, "/matches", everything.clone());
        for one in list_mut(rule, "/matches") {
            put_default(one, "/path/type", "PathPrefix");
            put_default(one, "/path/value", "/");
            for kind in ["/headers", "/queryParams"] {
                list_mut(one, kind).iter_mut().for_each(|it| put_default(it, "/type", "Exact"));
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

/// The defaults of a pod, or of a template of one.
fn pod_spec(spec: Option<&mut Value>, is_pod: bool) {
    let Some(spec) = spec else { return };
    put_default(spec, "/dnsPolicy", "ClusterFirst");
    put_default(spec, "/restartPolicy", "Always");
    put_default(spec, "/securityContext", json!({}));
    put_default(spec, "/terminationGracePeriodSeconds", 30);
    put_default(spec, "/schedulerName", "default-scheduler");
    // The old name of the field is still written.
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
    // What is limited and not asked for is asked for.
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
        // An empty value is not kept.
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

/// The tag of an image; `latest` without one, empty with a digest only.
fn tag(image: &str) -> &str {
    let (named, digest) =
        image.split_once('@').map_or((image, ""), |(named, digest)| (named, digest));
    let last = named.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        Some((_, tag)) => tag,
        None if digest.is_empty() => "latest",
        None => "",
    }
}

/// The quality of service of a pod.
pub fn qos(pod: &Value) -> &'static str {
    let (mut any, mut all) = (false, true);
    for kind in ["/spec/initContainers", "/spec/containers"] {
        for container in list(pod, kind) {
            for resource in ["cpu", "memory"] {
                let get = |field: &str| {
                    let found = container.pointer(&format!("/resources/{field}/{resource}"));
                    found.map(Quantity::of).filter(|quantity| quantity.nano > 0)
                };
                let (request, limit) = (get("requests"), get("limits"));
                any |= request.is_some() || limit.is_some();
                let same = request.map(|it| it.nano) == limit.map(|it| it.nano);
                all &= limit.is_some() && same;
            }
        }
    }
    match (any, all) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
