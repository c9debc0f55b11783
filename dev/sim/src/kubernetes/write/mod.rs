//! The write path of every object: server-side apply by clients, and what controllers write.

pub mod delete;
mod field_owners;

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::json::{int, is_terminating, name, namespace, put, remove, remove_nulls, text, uid};
use super::state::ClusterState;
use super::state::resources::{
    self, DEPLOYMENTS, INGRESS_CLASSES, INGRESSES, NAMESPACES, Resource, VOLUME_CLAIMS,
};

/// A volume claim exists as long as a pod uses it.
pub const VOLUME_CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";

const SELECTOR: &str = "/spec/selector";
const CLASS: &str = "/spec/ingressClassName";
const DEFAULT_CLASS: &str = "/metadata/annotations/ingressclass.kubernetes.io~1is-default-class";

/// A server-side apply to the path of an object.
#[derive(Clone, Copy)]
pub struct Apply<'a> {
    pub resource: &'static Resource,
    /// Empty for cluster-scoped resources.
    pub namespace: &'a str,
    pub name: &'a str,
    pub field_manager: &'a str,
    pub mode: ApplyMode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ApplyMode {
    Persist,
    DryRun,
}

pub enum Applied {
    Created(Value),
    Updated(Value),
}

/// Whether the operator's ValidatingAdmissionPolicies deny an object: of what they deny, what the platform tries.
fn is_denied_by_policy(resource: &Resource, name: &str, config: &Value) -> bool {
    match resource.plural {
        "namespaces" => !name.starts_with("nk-"),
        "services" => config.pointer("/spec/selector").is_none(),
        "poddisruptionbudgets" => config.pointer("/spec/maxUnavailable") != Some(&json!(1)),
        _ => false,
    }
}

impl ClusterState {
    /// Returns the object as it is stored, or as it would be after a dry run.
    pub fn apply(&mut self, apply: &Apply<'_>, mut config: Value) -> Result<Applied, ApiError> {
        let Apply { resource, namespace, name, field_manager, mode } = *apply;
        check_target(apply, &config)?;
        if self.options.platform_rbac && is_denied_by_policy(resource, name, &config) {
            return Err(ApiError::denied_by_policy(resource, name));
        }
        remove_nulls(&mut config);
        let expected_version = remove(&mut config, "/metadata/resourceVersion");
        let live = self.find(resource, namespace, name).cloned();
        let is_new = live.is_none();
        let selector = live.as_ref().and_then(|live| live.pointer(SELECTOR)).cloned();
        let mut new = match live {
            Some(live) => {
                let version = live.pointer("/metadata/resourceVersion");
                if expected_version.is_some() && expected_version.as_ref() != version {
                    let reason = "the object has been modified; please apply your changes to the \
                                  latest version and try again";
                    return Err(ApiError::conflict(resource, name, reason));
                }
                live
            }
            None => self.new_object(resource, namespace, name)?,
        };
        field_owners::apply(&mut new, &config, field_manager, &self.timestamp());
        set_defaults(resource, &mut new);
        if *resource == DEPLOYMENTS
            && selector.is_some_and(|old| new.pointer(SELECTOR) != Some(&old))
        {
            return Err(ApiError::field_is_immutable(resource, name, "spec.selector"));
        }
        if *resource == INGRESSES && is_new {
            self.set_default_class(&mut new);
        }
        let object = match mode {
            ApplyMode::DryRun => new,
            ApplyMode::Persist => self.update(resource, new),
        };
        Ok(if is_new { Applied::Created(object) } else { Applied::Updated(object) })
    }

    /// Creates an object for a controller.
    pub fn create(&mut self, object: Value) -> Result<Value, ApiError> {
        let resource = resource_of(&object).ok_or_else(ApiError::no_such_path)?;
        let mut new = self.new_object(resource, namespace(&object), name(&object))?;
        field_owners::merge(&mut new, &object);
        set_defaults(resource, &mut new);
        Ok(self.update(resource, new))
    }

    /// Creates an object, or replaces everything but its metadata's identity.
    pub fn put(&mut self, mut object: Value) -> Result<Value, ApiError> {
        let resource = resource_of(&object).ok_or_else(ApiError::no_such_path)?;
        let Some(live) = self.find(resource, namespace(&object), name(&object)) else {
            return self.create(object);
        };
        for field in ["uid", "creationTimestamp", "generation"] {
            let path = format!("/metadata/{field}");
            if let Some(value) = live.pointer(&path) {
                put(&mut object, &path, value.clone());
            }
        }
        Ok(self.update(resource, object))
    }

    /// Changes fields of an object, as somebody does with `kubectl edit`.
    pub fn edit(
        &mut self,
        resource: &Resource,
        (namespace, name): (&str, &str),
        manager: &str,
        changes: &Value,
    ) -> Result<Value, ApiError> {
        let live = self.find(resource, namespace, name).cloned();
        let mut object = live.ok_or_else(|| ApiError::not_found(resource, name))?;
        field_owners::edit(&mut object, changes, manager, &self.timestamp());
        Ok(self.update(resource, object))
    }

    /// A new Ingress without a class gets the default class.
    fn set_default_class(&self, ingress: &mut Value) {
        let classes = self.objects_of(&INGRESS_CLASSES);
        let default = classes.iter().find(|class| text(class, DEFAULT_CLASS) == "true");
        if let (true, Some(class)) = (text(ingress, CLASS).is_empty(), default) {
            put(ingress, CLASS, name(class));
        }
    }

    /// The metadata and the finalizers of a new object.
    fn new_object(
        &mut self,
        resource: &Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Value, ApiError> {
        let mut object = json!({
            "apiVersion": resource.api_version(), "kind": resource.kind,
            "metadata": {
                "name": name, "uid": self.random_uid(), "creationTimestamp": self.timestamp(),
            },
        });
        if resource.namespaced {
            match self.find(&NAMESPACES, "", namespace) {
                None => return Err(ApiError::not_found(&NAMESPACES, namespace)),
                Some(found) if is_terminating(found) => {
                    return Err(ApiError::namespace_terminating(resource, name, namespace));
                }
                Some(_) => put(&mut object, "/metadata/namespace", namespace),
            }
        }
        if *resource == VOLUME_CLAIMS {
            put(&mut object, "/metadata/finalizers", json!([VOLUME_CLAIM_FINALIZER]));
        }
        Ok(object)
    }

    /// Stores a new or changed object. A changed spec increments its generation.
    pub fn update(&mut self, resource: &Resource, mut new: Value) -> Value {
        let old = self.find(resource, namespace(&new), name(&new));
        if old == Some(&new) {
            return new;
        }
        let old_spec = old.and_then(|old| old.get("spec"));
        if resource.has_generation && (old.is_none() || old_spec != new.get("spec")) {
            let generation = int(&new, "/metadata/generation").unwrap_or_default();
            put(&mut new, "/metadata/generation", generation + 1);
        }
        self.is_busy = true;
        self.store.save(resource, new)
    }

    /// Stores a status, unless it is unchanged or the object has been deleted or recreated since it was
    /// read.
    pub fn set_status(&mut self, resource: &Resource, old: &Value, status: Value) {
        let Some(current) = self.find(resource, namespace(old), name(old)) else { return };
        if uid(current) == uid(old) && current.get("status") != Some(&status) {
            let mut new = current.clone();
            put(&mut new, "/status", status);
            self.store.save(resource, new);
        }
    }
}

/// The resource of an object, by its kind.
pub fn resource_of(object: &Value) -> Option<&'static Resource> {
    resources::by_kind(text(object, "/apiVersion"), text(object, "/kind"))
}

/// Rejects an object that is not the one of the path.
fn check_target(apply: &Apply<'_>, config: &Value) -> Result<(), ApiError> {
    let Apply { resource, name: expected, .. } = *apply;
    if resource_of(config) != Some(resource) {
        let message = format!("the object is not a {}", resource.kind);
        return Err(ApiError::bad_request(message));
    }
    if name(config) != expected {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({expected})",
            name(config)
        )));
    }
    if resource.namespaced && namespace(config) != apply.namespace {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

/// Sets the fields that controllers and clients need.
fn set_defaults(resource: &Resource, object: &mut Value) {
    if *resource == DEPLOYMENTS && object.pointer("/spec/replicas").is_none() {
        put(object, "/spec/replicas", 1);
    }
    if *resource == NAMESPACES && object.get("status").is_none() {
        put(object, "/status/phase", "Active");
    }
}
