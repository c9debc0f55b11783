//! Pod security by the namespace's labels: `enforce` refuses pods, `warn` warns of templates too.

use serde_json::{Value, json};

use crate::cluster::json::{flag, int, label, list, name, namespace, text};
use crate::cluster::model::Model;
use crate::cluster::resources::Resource;
use crate::cluster::status::Refusal;

pub fn check(
    model: &Model,
    resource: &Resource,
    new: &Value,
    old: Option<&Value>,
) -> Result<Vec<String>, Refusal> {
    let (meta, spec) = match resource.plural {
        "pods" if old.is_none() => (new, new.get("spec")),
        "deployments" | "replicasets" => (new, new.pointer("/spec/template/spec")),
        _ => return Ok(Vec::new()),
    };
    let (Some(spec), Some(space)) = (spec, model.namespace(namespace(meta))) else {
        return Ok(Vec::new());
    };
    let level = |mode: &str| {
        let key = format!("pod-security.kubernetes.io/{mode}");
        let level =
            label(space, &key).filter(|level| ["baseline", "restricted"].contains(level))?;
        let version = label(space, &format!("{key}-version")).unwrap_or("latest");
        let found = violations(spec, level == "restricted");
        (!found.is_empty()).then(|| format!("PodSecurity \"{level}:{version}\": {found}"))
    };
    if resource.plural == "pods"
        && let Some(found) = level("enforce")
    {
        return Err(Refusal::forbidden(resource, name(new), &format!("violates {found}")));
    }
    // Not for what controllers make of what somebody was warned of already.
    let warned = crate::cluster::json::controller(new).is_none();
    let warning = level("warn").filter(|_| warned);
    Ok(warning.map(|found| format!("would violate {found}")).into_iter().collect())
}

/// All violations in the words of the real check; empty if there is none.
fn violations(spec: &Value, restricted: bool) -> String {
    let containers: Vec<&Value> =
        list(spec, "/initContainers").iter().chain(list(spec, "/containers")).collect();
    let mut found = baseline(spec, &containers);
    if restricted {
        found.extend(restrictions(spec, &containers));
    }
    let shown = found.iter().map(|(reason, detail)| format!("{reason} ({detail})"));
    shown.collect::<Vec<_>>().join(", ")
}

type Violation = (&'static str, String);

fn baseline(spec: &Value, containers: &[&Value]) -> Vec<Violation> {
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
            format!("{} {}", plural("volume", &volumes), quoted(&volumes)),
        ));
    }
    let privileged = names(containers, |one| flag(one, "/securityContext/privileged"));
    if !privileged.is_empty() {
        let who = who(&privileged);
        found.push(("privileged", format!("{who} must not set securityContext.privileged=true")));
    }
    found
}

fn restrictions(spec: &Value, containers: &[&Value]) -> Vec<Violation> {
    let mut found = Vec::new();
    let escalating = names(containers, |one| {
        one.pointer("/securityContext/allowPrivilegeEscalation") != Some(&json!(false))
    });
    if !escalating.is_empty() {
        found.push((
            "allowPrivilegeEscalation != false",
            format!("{} must set securityContext.allowPrivilegeEscalation=false", who(&escalating)),
        ));
    }
    let capable = names(containers, |one| {
        !list(one, "/securityContext/capabilities/drop").contains(&json!("ALL"))
    });
    let adding = names(containers, |one| {
        list(one, "/securityContext/capabilities/add").iter().any(|it| it != "NET_BIND_SERVICE")
    });
    let mut details = Vec::new();
    if !capable.is_empty() {
        let who = who(&capable);
        details.push(format!("{who} must set securityContext.capabilities.drop=[\"ALL\"]"));
    }
    if !adding.is_empty() {
        let mut added: Vec<&str> = containers
            .iter()
            .flat_map(|one| list(one, "/securityContext/capabilities/add"))
            .filter_map(Value::as_str)
            .filter(|it| *it != "NET_BIND_SERVICE")
            .collect();
        added.sort_unstable();
        added.dedup();
        details.push(format!(
            "{} must not include {} in securityContext.capabilities.add",
            who(&adding),
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
        plural("volume", &bad),
        quoted(&bad),
        plural("type", &kinds),
        quoted(&kinds)
    );
    (!bad.is_empty()).then_some(("restricted volume types", detail))
}

fn non_root(spec: &Value, containers: &[&Value]) -> Vec<Violation> {
    let mut found = Vec::new();
    let of_pod = spec.pointer("/securityContext/runAsNonRoot");
    let own = "/securityContext/runAsNonRoot";
    let denying = names(containers, |one| one.pointer(own) == Some(&json!(false)));
    let pod_denies = of_pod == Some(&json!(false));
    let silent = names(containers, |one| one.pointer(own).is_none() && of_pod.is_none());
    // A pod that says no is fine where every container says yes.
    let pod_matters = pod_denies && containers.iter().any(|one| one.pointer(own).is_none());
    let reason = "runAsNonRoot != true";
    if pod_matters || !denying.is_empty() {
        let mut setters = Vec::new();
        if pod_matters {
            setters.push("pod".to_owned());
        }
        if !denying.is_empty() {
            setters.push(who(&denying));
        }
        let setters = setters.join(" and ");
        found.push((reason, format!("{setters} must not set securityContext.runAsNonRoot=false")));
    } else if !silent.is_empty() {
        let who = who(&silent);
        found.push((reason, format!("pod or {who} must set securityContext.runAsNonRoot=true")));
    }
    let root = "/securityContext/runAsUser";
    let roots = names(containers, |one| int(one, root) == Some(0));
    let mut setters = Vec::new();
    if int(spec, root) == Some(0) {
        setters.push("pod".to_owned());
    }
    if !roots.is_empty() {
        setters.push(who(&roots));
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
    let bad = names(containers, |one| !text(one, path).is_empty() && !good(text(one, path)));
    let silent = names(containers, |one| text(one, path).is_empty() && pod.is_empty());
    if !bad.is_empty() || (!pod.is_empty() && !good(pod)) {
        let mut setters = Vec::new();
        if !pod.is_empty() && !good(pod) {
            setters.push("pod".to_owned());
        }
        if !bad.is_empty() {
            setters.push(who(&bad));
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
        who(&silent)
    );
    (!silent.is_empty()).then_some(("seccompProfile", detail))
}

fn names<'a>(containers: &[&'a Value], bad: impl Fn(&Value) -> bool) -> Vec<&'a str> {
    containers.iter().filter(|one| bad(one)).map(|one| text(one, "/name")).collect()
}

fn who(names: &[&str]) -> String {
    format!("{} {}", plural("container", names), quoted(names))
}

fn plural(word: &str, of: &[&str]) -> String {
    if of.len() == 1 { word.to_owned() } else { format!("{word}s") }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}
