//! Deletion: preconditions, foreground deletion and finalizers.

use serde_json::{Value, json};

use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{self, has_finalizer, is_terminating, list, put, text, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{NAMESPACES, PODS, Resource};

/// Finalizer of an object that waits until its dependents are deleted.
pub const FOREGROUND_FINALIZER: &str = "foregroundDeletion";

impl ClusterState {
    /// Deletes an object, or marks it as terminating. Returns the body of the response.
    pub fn delete(
        &mut self,
        resource: &Resource,
        (namespace, name): (&str, &str),
        options: &Value,
    ) -> Result<Value, ApiError> {
        let old = self.find(resource, namespace, name).cloned();
        let old = old.ok_or_else(|| ApiError::not_found(resource, name))?;
        check_preconditions(resource, &old, options)?;
        let mut finalizers = list(&old, "/metadata/finalizers").to_vec();
        let is_foreground = text(options, "/propagationPolicy") == "Foreground";
        if is_foreground && !has_finalizer(&old, FOREGROUND_FINALIZER) {
            finalizers.push(FOREGROUND_FINALIZER.into());
        }
        // A running pod must terminate first, and a namespace must be emptied first.
        let is_running = *resource == PODS && !text(&old, "/spec/nodeName").is_empty();
        if finalizers.is_empty() && !is_running && *resource != NAMESPACES {
            self.is_busy = true;
            self.store.remove(resource, namespace, name);
            let details = json!({"name": name, "kind": resource.plural, "uid": uid(&old)});
            return Ok(json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                "details": details,
            }));
        }
        let mut new = old;
        if !finalizers.is_empty() {
            put(&mut new, "/metadata/finalizers", finalizers);
        }
        if !is_terminating(&new) {
            put(&mut new, "/metadata/deletionTimestamp", self.timestamp());
        }
        if *resource == NAMESPACES {
            put(&mut new, "/status/phase", "Terminating");
        }
        Ok(self.update(resource, new))
    }

    /// Removes a finalizer, and deletes the object if it was the last one.
    pub fn remove_finalizer(&mut self, resource: &Resource, object: &Value, finalizer: &str) {
        let (namespace, name) = (json::namespace(object), json::name(object));
        let Some(current) = self.find(resource, namespace, name) else { return };
        let finalizers = list(current, "/metadata/finalizers").iter();
        let left: Vec<Value> = finalizers.filter(|other| *other != finalizer).cloned().collect();
        if left.is_empty() {
            self.store.remove(resource, namespace, name);
        } else {
            let mut new = current.clone();
            put(&mut new, "/metadata/finalizers", left);
            self.store.save(resource, new);
        }
    }
}

fn check_preconditions(resource: &Resource, old: &Value, options: &Value) -> Result<(), ApiError> {
    for (field, label) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let expected = text(options, &format!("/preconditions/{field}"));
        let actual = text(old, &format!("/metadata/{field}"));
        if !expected.is_empty() && expected != actual {
            let reason = format!(
                "the {label} in the precondition ({expected}) does not match the {label} in record \
                 ({actual}). The object might have been {}",
                if field == "uid" { "deleted and then recreated" } else { "modified" }
            );
            return Err(ApiError::precondition_failed(resource, json::name(old), &reason));
        }
    }
    Ok(())
}
