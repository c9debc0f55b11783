//! Deletion: preconditions, propagation policy, finalizers and grace period.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kubernetes::api_error::{ApiError, details};
use crate::kubernetes::json::{self, int, is_terminating, list, put, remove, text, uid};
use crate::kubernetes::state::resources::Resource;
use crate::kubernetes::state::{ClusterState, format_time};

/// Finalizer of an object that waits until its dependents are deleted.
pub const FOREGROUND_FINALIZER: &str = "foregroundDeletion";
/// Finalizer of an object that waits until its dependents are orphaned.
pub const ORPHAN_FINALIZER: &str = "orphan";

/// Namespaces that cannot be deleted.
const PROTECTED_NAMESPACES: [&str; 3] = ["default", "kube-public", "kube-system"];

/// Resources whose deletion returns the object instead of a `Status`.
const RETURNS_OBJECT: [&str; 5] =
    ["services", "serviceaccounts", "persistentvolumeclaims", "pods", "resourcequotas"];

impl ClusterState {
    /// Deletes an object, or marks it as terminating. Returns the body of the response.
    pub fn delete(
        &mut self,
        resource: &'static Resource,
        (namespace, name): (&str, &str),
        options: &Value,
        now: Timestamp,
    ) -> Result<Value, ApiError> {
        let old = self.store.get(resource, namespace, name).cloned();
        let old = old.ok_or_else(|| ApiError::not_found(resource, name))?;
        if resource.plural == "namespaces" && PROTECTED_NAMESPACES.contains(&name) {
            let message = "this namespace may not be deleted";
            return Err(ApiError::forbidden(resource, name, message));
        }
        check_preconditions(resource, &old, options)?;
        let dry_run = !list(options, "/dryRun").is_empty();
        let mut new = old.clone();
        let mut finalizers: Vec<Value> = list(&old, "/metadata/finalizers").to_vec();
        let policy = match text(options, "/propagationPolicy") {
            "" if options.get("orphanDependents") == Some(&json!(true)) => "Orphan",
            other => other,
        };
        let add = match policy {
            "Foreground" => Some(FOREGROUND_FINALIZER),
            "Orphan" => Some(ORPHAN_FINALIZER),
            _ => None,
        };
        finalizers.retain(|finalizer| {
            add.is_none() || (finalizer != FOREGROUND_FINALIZER && finalizer != ORPHAN_FINALIZER)
        });
        finalizers.extend(add.map(Value::from));
        let grace_period = self.grace_period(resource, &old, options);
        if finalizers.is_empty() && grace_period.is_none() {
            if !dry_run {
                self.is_busy = true;
                self.store.remove(resource, namespace, name);
            }
            if RETURNS_OBJECT.contains(&resource.plural) {
                return Ok(old);
            }
            let mut details = details(name, resource.group, resource.plural);
            put(&mut details, "/uid", json!(uid(&old)));
            return Ok(json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                "details": details,
            }));
        }
        if !finalizers.is_empty() {
            put(&mut new, "/metadata/finalizers", finalizers);
        }
        if !is_terminating(&new) {
            put(&mut new, "/metadata/deletionTimestamp", format_time(now));
            put(&mut new, "/metadata/deletionGracePeriodSeconds", grace_period.unwrap_or(0));
            if resource.has_generation {
                let generation = int(&new, "/metadata/generation").unwrap_or_default();
                put(&mut new, "/metadata/generation", generation + 1);
            }
        }
        if resource.plural == "namespaces" {
            put(&mut new, "/status/phase", "Terminating");
            remove(&mut new, "/metadata/deletionGracePeriodSeconds");
        }
        if dry_run || new == old {
            return Ok(new);
        }
        self.is_busy = true;
        Ok(self.store.save(resource, new))
    }

    /// The seconds until the object is deleted; None if it is deleted immediately. A scheduled pod must terminate
    /// first, and a namespace must be emptied first.
    fn grace_period(&self, resource: &Resource, old: &Value, options: &Value) -> Option<i64> {
        match resource.plural {
            "namespaces" => Some(0),
            "pods" => {
                let requested = int(options, "/gracePeriodSeconds");
                let of_pod = int(old, "/spec/terminationGracePeriodSeconds");
                let seconds = requested.or(of_pod).unwrap_or(30);
                let is_scheduled = !text(old, "/spec/nodeName").is_empty();
                let has_ended = ["Succeeded", "Failed"].contains(&text(old, "/status/phase"));
                (is_scheduled && !has_ended && seconds > 0).then_some(seconds)
            }
            _ => None,
        }
    }

    /// Removes a finalizer, and deletes the object if it was the last one.
    pub fn remove_finalizer(
        &mut self,
        resource: &'static Resource,
        object: &Value,
        finalizer: &str,
    ) {
        let namespace = json::namespace(object).to_owned();
        let name = json::name(object).to_owned();
        let Some(current) = self.store.get(resource, &namespace, &name).cloned() else { return };
        let left: Vec<Value> = list(&current, "/metadata/finalizers")
            .iter()
            .filter(|other| *other != finalizer)
            .cloned()
            .collect();
        if left.is_empty() {
            self.store.remove(resource, &namespace, &name);
        } else {
            let mut new = current;
            put(&mut new, "/metadata/finalizers", left);
            self.store.save(resource, new);
        }
    }
}

fn check_preconditions(resource: &Resource, old: &Value, options: &Value) -> Result<(), ApiError> {
    let expected =
        |field: &str| options.pointer(&format!("/preconditions/{field}")).and_then(Value::as_str);
    let fields = [
        ("uid", "UID", uid(old)),
        ("resourceVersion", "ResourceVersion", text(old, "/metadata/resourceVersion")),
    ];
    for (field, label, actual) in fields {
        if let Some(expected) = expected(field)
            && expected != actual
        {
            let reason = format!(
                "the {label} in the precondition ({expected}) does not match the {label} in record \
                 ({actual}). The object might have been {}",
                if field == "uid" { "deleted and then recreated" } else { "modified" }
            );
            // Unlike other messages, this one contains the kind instead of the resource.
            let qualified = match resource.group {
                "" => resource.kind.to_owned(),
                group => format!("{}.{group}", resource.kind),
            };
            let mut error = ApiError::conflict(resource, json::name(old), &reason);
            error.message = format!(
                "Operation cannot be fulfilled on {qualified} {:?}: {reason}",
                json::name(old)
            );
            error.details = details(json::name(old), resource.group, resource.kind);
            return Err(error);
        }
    }
    Ok(())
}
