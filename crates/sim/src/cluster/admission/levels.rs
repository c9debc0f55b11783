//! The levels of pod security that a namespace's labels name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::security::reasons;
use crate::cluster::json::{label, name};
use crate::cluster::model::Model;
use crate::cluster::status::{Cause, Refusal};

/// From the most open on.
const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];

/// Refuses a level that is none, and warns of pods that break a new one.
pub fn check(model: &Model, new: &Value, old: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let causes = unknown(new);
    // What was wrong already does not stand in the way of another change.
    if !causes.is_empty() && old.is_none_or(|old| unknown(old).is_empty()) {
        return Err(Refusal::invalid("", "Namespace", name(new), &causes));
    }
    let (Some(old), Some((level, version))) = (old, enforced(new)) else { return Ok(Vec::new()) };
    let (before, version_before) = enforced(old).unwrap_or((0, "latest"));
    if level == 0 || (version == version_before && level <= before) {
        return Ok(Vec::new());
    }
    // One line for all pods that break it in the same way.
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pod in model.in_namespace("pods", name(new)) {
        let why = pod.get("spec").map(|spec| reasons(spec, level == 2)).unwrap_or_default();
        if !why.is_empty() {
            found.entry(why).or_default().push(name(&pod).to_owned());
        }
    }
    let mut warnings: Vec<String> = found
        .iter()
        .map(|(why, pods)| {
            let first = pods.first().map_or("", String::as_str);
            match pods.len() {
                1 => format!("{first}: {why}"),
                2 => format!("{first} (and 1 other pod): {why}"),
                many => format!("{first} (and {} other pods): {why}", many - 1),
            }
        })
        .collect();
    if !warnings.is_empty() {
        let level = LEVELS.get(level).copied().unwrap_or_default();
        let first = format!(
            "existing pods in namespace {:?} violate the new PodSecurity enforce level {:?}",
            name(new),
            format!("{level}:{version}")
        );
        warnings.insert(0, first);
    }
    Ok(warnings)
}

/// The level that is enforced, by its place, and its version.
fn enforced(namespace: &Value) -> Option<(usize, &str)> {
    let level = label(namespace, "pod-security.kubernetes.io/enforce")?;
    let version = label(namespace, "pod-security.kubernetes.io/enforce-version");
    Some((LEVELS.iter().position(|known| *known == level)?, version.unwrap_or("latest")))
}

fn unknown(namespace: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for mode in ["enforce", "audit", "warn"] {
        let key = format!("pod-security.kubernetes.io/{mode}");
        if let Some(level) = label(namespace, &key).filter(|level| !LEVELS.contains(level)) {
            let why = "must be one of privileged, baseline, restricted";
            causes.push(Cause::invalid(&format!("metadata.labels[{key}]"), &json!(level), why));
        }
    }
    causes
}
