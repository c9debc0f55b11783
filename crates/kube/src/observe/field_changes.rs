//! Changes that others made to our objects, from `managedFields`.
//!
//! Whoever changes a field takes it over, so a field that NoKube applies and only somebody else owns was changed.
//! Another apply takes it back. What others add is theirs: another apply does not remove it.
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>

use super::{
    metadata::{ManagedFields, Metadata},
    reachability::ExposureObjects,
};
use crate::{
    Kind, Platform,
    labels::FIELD_MANAGER,
    manifest::{ManifestInput, Manifests},
};
use nokube_domain::{
    deployments::{ErrorCode, Issue},
    whole_seconds,
};
use serde_json::Value;

/// Scales Deployments for autoscalers.
const CONTROLLER_MANAGER: &str = "kube-controller-manager";
/// The fields that the message names; the detail names all.
const SHOWN_FIELDS: usize = 3;

/// One issue for each manager that changed fields of the Deployment, the Service or the route.
pub fn changes_by_others(
    platform: &Platform,
    input: &ManifestInput<'_>,
    workload: &Metadata,
    objects: &ExposureObjects,
) -> Vec<Issue> {
    let route_kind = platform.apps.as_ref().map_or(Kind::Ingress, |apps| apps.routing.kind());
    let services = objects.services.found().into_iter().flatten();
    let routes = objects.routes.found().into_iter().flatten();
    let found: Vec<_> = std::iter::once((Kind::Deployment, workload))
        .chain(services.map(|service| (Kind::Service, &service.metadata)))
        .chain(routes.map(|route| (route_kind, &route.metadata)))
        .filter(|(_, metadata)| metadata.is_of_deployment(input.id))
        .filter(|(_, metadata)| metadata.managed_fields.iter().any(is_of_others))
        .collect();
    // Almost never has anybody else changed anything. Then there is nothing to compare.
    if found.is_empty() {
        return Vec::new();
    }
    let manifests = Manifests::new(platform, input, None);
    let issues = found.into_iter().filter_map(|(kind, metadata)| {
        let mut all = manifests.all();
        let manifest = all.find(|of| of.kind == kind && of.name == metadata.name)?;
        let spec = manifest.body.get("spec")?;
        Some(changes(kind, metadata, spec))
    });
    issues.flatten().collect()
}

/// Whether these fields of a spec belong to somebody other than NoKube and Kubernetes' own controllers.
fn is_of_others(fields: &ManagedFields) -> bool {
    let manager = fields.manager.as_str();
    let is_ours = manager == FIELD_MANAGER
        || manager.strip_prefix(FIELD_MANAGER).is_some_and(|rest| rest.starts_with('-'));
    let has_fields = fields.spec().as_object().is_some_and(|spec| !spec.is_empty());
    has_fields && !is_ours && manager != CONTROLLER_MANAGER && fields.subresource != "status"
}

/// The paths of fields that a manager changed.
#[derive(Default)]
struct Changes {
    /// Fields that NoKube applies.
    changed: Vec<String>,
    /// Others.
    added: Vec<String>,
}

/// The issues of one object, whose spec in the manifest is `applied`.
fn changes(kind: Kind, metadata: &Metadata, applied: &Value) -> Vec<Issue> {
    let ours: Vec<&Value> = metadata.applied_fields().collect();
    let others = metadata.managed_fields.iter().filter(|fields| is_of_others(fields));
    let issues = others.filter_map(|fields| {
        let mut changes = Changes::default();
        collect(fields.spec(), &ours, applied, "spec", &mut changes);
        issue(kind, metadata, fields, &changes)
    });
    issues.collect()
}

fn issue(kind: Kind, metadata: &Metadata, by: &ManagedFields, changes: &Changes) -> Option<Issue> {
    let ManagedFields { manager, operation, time, .. } = by;
    let at = time.map(|time| format!(" at {}", whole_seconds(time))).unwrap_or_default();
    let kind = kind.name();
    let (verb, fields, action) = match (changes.changed.as_slice(), changes.added.as_slice()) {
        ([], []) => return None,
        ([], added) => (
            "added fields to",
            added,
            "Remove them with the same tool: applying it again only restores the fields that the \
             platform sets.",
        ),
        (changed, _) => (
            "changed",
            changed,
            "Apply it again to undo that, or deploy the change here: the next deployment overwrites \
             what was changed elsewhere.",
        ),
    };
    let shown = fields.iter().take(SHOWN_FIELDS).map(String::as_str).collect::<Vec<_>>();
    let more = match fields.len().saturating_sub(SHOWN_FIELDS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message =
        format!("Somebody has {verb} its {kind} with '{manager}'{at}: {}{more}.", shown.join(", "));
    let all: Vec<_> = changes.changed.iter().chain(&changes.added).map(String::as_str).collect();
    let detail = format!("{manager} ({operation}{at}): {}", all.join(", "));
    let issue = Issue::permanent(ErrorCode::ChangedByOthers, message, action);
    Some(issue.with_detail(&detail).with_object(kind, &metadata.name))
}

/// Collects the paths of fields in the tree `theirs` that are not in our own trees.
fn collect(theirs: &Value, ours: &[&Value], applied: &Value, path: &str, changes: &mut Changes) {
    for (key, inner) in theirs.as_object().into_iter().flatten() {
        let Some(name) = path_of(key) else { continue };
        let path = format!("{path}{name}");
        let Some(value) = member(applied, key) else {
            if !is_left_to_others(&path) {
                changes.added.push(path);
            }
            continue;
        };
        let ours: Vec<&Value> = ours.iter().filter_map(|fields| fields.get(key)).collect();
        let is_leaf = inner.as_object().is_none_or(|keys| keys.keys().all(|key| key == "."));
        if !is_leaf {
            collect(inner, &ours, value, &path, changes);
        } else if ours.is_empty() {
            changes.changed.push(path);
        }
    }
}

/// With an autoscaler, NoKube does not set the replicas. Tools annotate pods, as `kubectl rollout restart` does.
fn is_left_to_others(path: &str) -> bool {
    path == "spec.replicas" || path.starts_with("spec.template.metadata.")
}

/// How a key of a field tree is written in a path: `f:NAME` is a field, `k:{…}` the list item with these keys, `v:…` a
/// value in a list.
fn path_of(key: &str) -> Option<String> {
    let (kind, name) = key.split_once(':')?;
    if kind == "f" {
        return Some(format!(".{name}"));
    }
    let text = |value: &Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    let value: Value = serde_json::from_str(name).ok()?;
    let parts = match value.as_object() {
        Some(keys) => keys.values().map(text).collect::<Vec<_>>().join(","),
        None => text(&value),
    };
    Some(format!("[{parts}]"))
}

/// The member of a manifest that a key of a field tree means.
fn member<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let (kind, name) = key.split_once(':')?;
    if kind == "f" {
        return value.get(name);
    }
    let wanted: Value = serde_json::from_str(name).ok()?;
    let is_wanted = |item: &&Value| match (kind, wanted.as_object()) {
        // A key that is left out has its default value.
        ("k", Some(keys)) => {
            keys.iter().all(|(key, value)| item.get(key).is_none_or(|of| of == value))
        }
        ("v", _) => **item == wanted,
        _ => false,
    };
    value.as_array()?.iter().find(is_wanted)
}
