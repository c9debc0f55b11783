//! Pod security admission: the label `enforce` of a namespace rejects pods; `warn` warns about pods and
//! pod templates.

use serde_json::{Value, json};

use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{controller, flag, int, label, list, name, namespace, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::Resource;

pub fn check(
    cluster: &ClusterState,
    resource: &Resource,
    new: &Value,
    old: Option<&Value>,
) -> Result<Vec<String>, ApiError> {
    let (object, spec) = match resource.plural {
        "pods" if old.is_none() => (new, new.get("spec")),
        "deployments" | "replicasets" => (new, new.pointer("/spec/template/spec")),
        _ => return Ok(Vec::new()),
    };
    let (Some(spec), Some(pod_namespace)) = (spec, cluster.namespace(namespace(object))) else {
        return Ok(Vec::new());
    };
    let violations_of = |mode: &str| {
        let key = format!("pod-security.kubernetes.io/{mode}");
        let level = label(pod_namespace, &key)
            .filter(|level| ["baseline", "restricted"].contains(level))?;
        let version = label(pod_namespace, &format!("{key}-version")).unwrap_or("latest");
        let violations = describe_violations(spec, level == "restricted");
        (!violations.is_empty()).then(|| format!("PodSecurity \"{level}:{version}\": {violations}"))
    };
    if resource.plural == "pods"
        && let Some(violations) = violations_of("enforce")
    {
        return Err(ApiError::forbidden(resource, name(new), &format!("violates {violations}")));
    }
    // The client was already warned about the controller's own template.
    let has_no_controller = controller(new).is_none();
    let warning = violations_of("warn").filter(|_| has_no_controller);
    Ok(warning.map(|violations| format!("would violate {violations}")).into_iter().collect())
}

/// Describes all violations with the real server's message. Empty if there are none.
fn describe_violations(spec: &Value, restricted: bool) -> String {
    let found = violations(spec, restricted);
    let descriptions = found.iter().map(|(check, detail)| format!("{check} ({detail})"));
    descriptions.collect::<Vec<_>>().join(", ")
}

/// Lists the violated checks without details. Empty if there are none.
pub fn violated_checks(spec: &Value, restricted: bool) -> String {
    violations(spec, restricted).into_iter().map(|(check, _)| check).collect::<Vec<_>>().join(", ")
}

fn violations(spec: &Value, restricted: bool) -> Vec<Violation> {
    let containers: Vec<&Value> =
        list(spec, "/initContainers").iter().chain(list(spec, "/containers")).collect();
    let mut found = baseline_violations(spec, &containers);
    if restricted {
        found.extend(restricted_violations(spec, &containers));
    }
    found
}

/// The name of the violated check, and details.
type Violation = (&'static str, String);

fn baseline_violations(spec: &Value, containers: &[&Value]) -> Vec<Violation> {
    let mut found = Vec::new();
    let host: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .iter()
        .filter(|field| flag(spec, &format!("/{field}")))
        .map(|field| format!("{field}=true"))
        .collect();
    if !host.is_empty() {
        found.push(("host namespaces", host.join(", ")));
    }
    let volumes: Vec<&str> = list(spec, "/volumes")
        .iter()
        .filter(|volume| volume.get("hostPath").is_some())
        .map(|volume| text(volume, "/name"))
        .collect();
    if !volumes.is_empty() {
        found.push((
            "hostPath volumes",
            format!("{} {}", pluralize("volume", &volumes), quoted(&volumes)),
        ));
    }
    let privileged = names(containers, |container| flag(container, "/securityContext/privileged"));
    if !privileged.is_empty() {
        let containers = describe_containers(&privileged);
        found.push((
            "privileged",
            format!("{containers} must not set securityContext.privileged=true"),
        ));
    }
    found
}

fn restricted_violations(spec: &Value, containers: &[&Value]) -> Vec<Violation> {
    let mut found = Vec::new();
    let escalating = names(containers, |container| {
        container.pointer("/securityContext/allowPrivilegeEscalation") != Some(&json!(false))
    });
    if !escalating.is_empty() {
        found.push((
            "allowPrivilegeEscalation != false",
            format!(
                "{} must set securityContext.allowPrivilegeEscalation=false",
                describe_containers(&escalating)
            ),
        ));
    }
    let not_dropping = names(containers, |container| {
        !list(container, "/securityContext/capabilities/drop").contains(&json!("ALL"))
    });
    let adding = names(containers, |container| {
        list(container, "/securityContext/capabilities/add")
            .iter()
            .any(|capability| capability != "NET_BIND_SERVICE")
    });
    let mut details = Vec::new();
    if !not_dropping.is_empty() {
        let containers = describe_containers(&not_dropping);
        details.push(format!("{containers} must set securityContext.capabilities.drop=[\"ALL\"]"));
    }
    if !adding.is_empty() {
        let mut added: Vec<&str> = containers
            .iter()
            .flat_map(|container| list(container, "/securityContext/capabilities/add"))
            .filter_map(Value::as_str)
            .filter(|capability| *capability != "NET_BIND_SERVICE")
            .collect();
        added.sort_unstable();
        added.dedup();
        details.push(format!(
            "{} must not include {} in securityContext.capabilities.add",
            describe_containers(&adding),
            quoted(&added)
        ));
    }
    if !details.is_empty() {
        found.push(("unrestricted capabilities", details.join("; ")));
    }
    found.extend(volumes(spec));
    found.extend(non_root(spec, containers));
    found.extend(seccomp(spec, containers));
    found
}

fn volumes(spec: &Value) -> Option<Violation> {
    const ALLOWED: [&str; 8] = [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];
    let (mut bad, mut kinds) = (Vec::new(), Vec::new());
    for volume in list(spec, "/volumes") {
        let keys = volume.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        for kind in keys.filter(|key| *key != "name" && !ALLOWED.contains(key)) {
            bad.push(text(volume, "/name"));
            kinds.push(kind);
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    let uses = if bad.len() == 1 { "uses" } else { "use" };
    let detail = format!(
        "{} {} {uses} restricted volume {} {}",
        pluralize("volume", &bad),
        quoted(&bad),
        pluralize("type", &kinds),
        quoted(&kinds)
    );
    (!bad.is_empty()).then_some(("restricted volume types", detail))
}

fn non_root(spec: &Value, containers: &[&Value]) -> Vec<Violation> {
    let mut found = Vec::new();
    let of_pod = spec.pointer("/securityContext/runAsNonRoot");
    let own = "/securityContext/runAsNonRoot";
    let containers_with_false =
        names(containers, |container| container.pointer(own) == Some(&json!(false)));
    let pod_is_false = of_pod == Some(&json!(false));
    let containers_without =
        names(containers, |container| container.pointer(own).is_none() && of_pod.is_none());
    // The pod's field does not matter if all containers set their own.
    let pod_violates =
        pod_is_false && containers.iter().any(|container| container.pointer(own).is_none());
    let check = "runAsNonRoot != true";
    if pod_violates || !containers_with_false.is_empty() {
        let mut setters = Vec::new();
        if pod_violates {
            setters.push("pod".to_owned());
        }
        if !containers_with_false.is_empty() {
            setters.push(describe_containers(&containers_with_false));
        }
        let setters = setters.join(" and ");
        found.push((check, format!("{setters} must not set securityContext.runAsNonRoot=false")));
    } else if !containers_without.is_empty() {
        let containers = describe_containers(&containers_without);
        found.push((
            check,
            format!("pod or {containers} must set securityContext.runAsNonRoot=true"),
        ));
    }
    let root = "/securityContext/runAsUser";
    let root_containers = names(containers, |container| int(container, root) == Some(0));
    let mut setters = Vec::new();
    if int(spec, root) == Some(0) {
        setters.push("pod".to_owned());
    }
    if !root_containers.is_empty() {
        setters.push(describe_containers(&root_containers));
    }
    if !setters.is_empty() {
        found.push(("runAsUser=0", format!("{} must not set runAsUser=0", setters.join(" and "))));
    }
    found
}

fn seccomp(spec: &Value, containers: &[&Value]) -> Option<Violation> {
    let path = "/securityContext/seccompProfile/type";
    let good = |value: &str| ["RuntimeDefault", "Localhost"].contains(&value);
    let pod = text(spec, path);
    let bad = names(containers, |container| {
        !text(container, path).is_empty() && !good(text(container, path))
    });
    let containers_without =
        names(containers, |container| text(container, path).is_empty() && pod.is_empty());
    if !bad.is_empty() || (!pod.is_empty() && !good(pod)) {
        let mut setters = Vec::new();
        if !pod.is_empty() && !good(pod) {
            setters.push("pod".to_owned());
        }
        if !bad.is_empty() {
            setters.push(describe_containers(&bad));
        }
        let detail = format!(
            "{} must not set securityContext.seccompProfile.type to \"Unconfined\"",
            setters.join(" and ")
        );
        return Some(("seccompProfile", detail));
    }
    let detail = format!(
        "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \
         \"Localhost\"",
        describe_containers(&containers_without)
    );
    (!containers_without.is_empty()).then_some(("seccompProfile", detail))
}

fn names<'a>(containers: &[&'a Value], is_violating: impl Fn(&Value) -> bool) -> Vec<&'a str> {
    containers
        .iter()
        .filter(|container| is_violating(container))
        .map(|container| text(container, "/name"))
        .collect()
}

fn describe_containers(names: &[&str]) -> String {
    format!("{} {}", pluralize("container", names), quoted(names))
}

fn pluralize(word: &str, of: &[&str]) -> String {
    if of.len() == 1 { word.to_owned() } else { format!("{word}s") }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}
