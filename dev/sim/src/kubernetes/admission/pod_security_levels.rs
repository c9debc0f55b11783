//! Pod security levels in the labels of namespaces.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pod_security::violated_checks;
use crate::kubernetes::api_error::{ApiError, StatusCause};
use crate::kubernetes::json::{label, name};
use crate::kubernetes::state::ClusterState;

/// From the most permissive to the strictest.
const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];

/// Rejects unknown levels. Warns about existing pods that violate a stricter level.
pub fn check(
    cluster: &ClusterState,
    new: &Value,
    old: Option<&Value>,
) -> Result<Vec<String>, ApiError> {
    let causes = unknown_levels(new);
    // A namespace that was invalid before can still be changed.
    if !causes.is_empty() && old.is_none_or(|old| unknown_levels(old).is_empty()) {
        return Err(ApiError::invalid("", "Namespace", name(new), &causes));
    }
    let (Some(old), Some((level, version))) = (old, enforced_level(new)) else {
        return Ok(Vec::new());
    };
    let (old_level, old_version) = enforced_level(old).unwrap_or((0, "latest"));
    if level == 0 || (version == old_version && level <= old_level) {
        return Ok(Vec::new());
    }
    // One line for all pods with the same violations.
    let mut violations: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pod in cluster.objects_in_namespace("pods", name(new)) {
        let checks = pod.get("spec").map(|spec| violated_checks(spec, level == 2));
        let checks = checks.unwrap_or_default();
        if !checks.is_empty() {
            violations.entry(checks).or_default().push(name(&pod).to_owned());
        }
    }
    let mut warnings: Vec<String> = violations
        .iter()
        .map(|(checks, pods)| {
            let first = pods.first().map_or("", String::as_str);
            match pods.len() {
                1 => format!("{first}: {checks}"),
                2 => format!("{first} (and 1 other pod): {checks}"),
                many => format!("{first} (and {} other pods): {checks}", many - 1),
            }
        })
        .collect();
    if !warnings.is_empty() {
        let level = LEVELS.get(level).copied().unwrap_or_default();
        let summary = format!(
            "existing pods in namespace {:?} violate the new PodSecurity enforce level {:?}",
            name(new),
            format!("{level}:{version}")
        );
        warnings.insert(0, summary);
    }
    Ok(warnings)
}

/// The index of the enforced level in [`LEVELS`], and its version.
fn enforced_level(namespace: &Value) -> Option<(usize, &str)> {
    let level = label(namespace, "pod-security.kubernetes.io/enforce")?;
    let version = label(namespace, "pod-security.kubernetes.io/enforce-version");
    Some((LEVELS.iter().position(|other| *other == level)?, version.unwrap_or("latest")))
}

fn unknown_levels(namespace: &Value) -> Vec<StatusCause> {
    let mut causes = Vec::new();
    for mode in ["enforce", "audit", "warn"] {
        let key = format!("pod-security.kubernetes.io/{mode}");
        if let Some(level) = label(namespace, &key).filter(|level| !LEVELS.contains(level)) {
            let detail = "must be one of privileged, baseline, restricted";
            causes.push(StatusCause::invalid(
                &format!("metadata.labels[{key}]"),
                &json!(level),
                detail,
            ));
        }
    }
    causes
}
