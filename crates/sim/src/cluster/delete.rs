//! Deleting: preconditions, propagation, grace.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{is_deleting, list, name, namespace, put, text, uid};
use super::model::{Model, time};
use super::resources::Resource;
use super::status::{Refusal, details};

pub const FOREGROUND: &str = "foregroundDeletion";
pub const ORPHAN: &str = "orphan";

/// Namespaces that are always there.
const PROTECTED: [&str; 3] = ["default", "kube-public", "kube-system"];

/// Kinds whose deletion is answered with the object, not with a Status.
const ANSWERED_WITH_OBJECT: [&str; 5] =
    ["services", "serviceaccounts", "persistentvolumeclaims", "pods", "resourcequotas"];

impl Model {
    /// Deletes an object, or begins to. Returns the body of the answer.
    pub fn delete(
        &mut self,
        resource: &'static Resource,
        wanted: (&str, &str),
        options: &Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let found = self.store.get(resource, wanted.0, wanted.1).cloned();
        let old = found.ok_or_else(|| Refusal::not_found(resource, wanted.1))?;
        if resource.plural == "namespaces" && PROTECTED.contains(&wanted.1) {
            let why = "this namespace may not be deleted";
            return Err(Refusal::forbidden(resource, wanted.1, why));
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
            "Foreground" => Some(FOREGROUND),
            "Orphan" => Some(ORPHAN),
            _ => None,
        };
        finalizers.retain(|one| add.is_none() || (one != FOREGROUND && one != ORPHAN));
        finalizers.extend(add.map(Value::from));
        let grace = self.grace(resource, &old, options);
        if finalizers.is_empty() && grace.is_none() {
            if !dry_run {
                self.busy = true;
                self.store.remove(resource, wanted.0, wanted.1);
            }
            if ANSWERED_WITH_OBJECT.contains(&resource.plural) {
                return Ok(old);
            }
            let mut about = details(wanted.1, resource.group, resource.plural);
            put(&mut about, "/uid", json!(uid(&old)));
            return Ok(json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                "details": about,
            }));
        }
        if !finalizers.is_empty() {
            put(&mut new, "/metadata/finalizers", finalizers);
        }
        if !is_deleting(&new) {
            put(&mut new, "/metadata/deletionTimestamp", time(now));
            put(&mut new, "/metadata/deletionGracePeriodSeconds", grace.unwrap_or(0));
            if resource.has_generation {
                let generation = super::json::int(&new, "/metadata/generation").unwrap_or_default();
                put(&mut new, "/metadata/generation", generation + 1);
            }
        }
        if resource.plural == "namespaces" {
            put(&mut new, "/status/phase", "Terminating");
            super::json::remove(&mut new, "/metadata/deletionGracePeriodSeconds");
        }
        if dry_run || new == old {
            return Ok(new);
        }
        self.busy = true;
        Ok(self.store.save(resource, new))
    }

    /// Seconds until it is really gone: a pod that was given to a node ends first, a namespace is
    /// emptied first.
    fn grace(&self, resource: &Resource, old: &Value, options: &Value) -> Option<i64> {
        match resource.plural {
            "namespaces" => Some(0),
            "pods" => {
                let asked = super::json::int(options, "/gracePeriodSeconds");
                let own = super::json::int(old, "/spec/terminationGracePeriodSeconds");
                let seconds = asked.or(own).unwrap_or(30);
                let placed = !text(old, "/spec/nodeName").is_empty();
                let over = ["Succeeded", "Failed"].contains(&text(old, "/status/phase"));
                (placed && !over && seconds > 0).then_some(seconds)
            }
            _ => None,
        }
    }

    /// Takes a finalizer away, and removes the object if nothing else keeps it.
    pub fn finalize(&mut self, resource: &'static Resource, object: &Value, finalizer: &str) {
        let (namespace, name) = (namespace(object).to_owned(), name(object).to_owned());
        let Some(current) = self.store.get(resource, &namespace, &name).cloned() else { return };
        let left: Vec<Value> = list(&current, "/metadata/finalizers")
            .iter()
            .filter(|one| *one != finalizer)
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

fn check_preconditions(resource: &Resource, old: &Value, options: &Value) -> Result<(), Refusal> {
    let given =
        |field: &str| options.pointer(&format!("/preconditions/{field}")).and_then(Value::as_str);
    let what = [
        ("uid", "UID", uid(old)),
        ("resourceVersion", "ResourceVersion", text(old, "/metadata/resourceVersion")),
    ];
    for (field, shown, actual) in what {
        if let Some(given) = given(field)
            && given != actual
        {
            let why = format!(
                "the {shown} in the precondition ({given}) does not match the {shown} in record \
                 ({actual}). The object might have been {}",
                if field == "uid" { "deleted and then recreated" } else { "modified" }
            );
            // The real one names the kind here, not the resource.
            let qualified = match resource.group {
                "" => resource.kind.to_owned(),
                group => format!("{}.{group}", resource.kind),
            };
            let mut refusal = Refusal::conflict(resource, name(old), &why);
            refusal.message =
                format!("Operation cannot be fulfilled on {qualified} {:?}: {why}", name(old));
            refusal.details = details(name(old), resource.group, resource.kind);
            return Err(refusal);
        }
    }
    Ok(())
}
