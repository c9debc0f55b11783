//! The write path of every object: decoding, merge, defaulting, admission, validation, storage.

mod decode;
pub mod defaulting;
pub mod delete;
pub mod quantity;
mod quantity_fields;
pub mod request;
mod strategy;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::decode::{
    check_applied, check_name, check_namespace, check_values, decode, group_version,
};
use self::quantity_fields::canonicalize_quantities;
use self::request::{WriteRequest, WriteResult};
use self::strategy::prepare_for_update;
use super::api_error::ApiError;
use super::json::{int, is_terminating, list, name, put, remove_nulls, text, uid};
use super::state::resources::{self, NAMESPACES, Resource};
use super::state::{CONTROLLER_MANAGER, ClusterState};
use super::typed::managed_fields;
use super::typed::merge::merge;
use super::{admission, validation};

impl ClusterState {
    /// Server-side apply: `PATCH` with `application/apply-patch+yaml`.
    pub fn apply(
        &mut self,
        request: &WriteRequest<'_>,
        mut config: Value,
    ) -> Result<WriteResult, ApiError> {
        let WriteRequest { resource, namespace, name, .. } = *request;
        let live = self.store.get(resource, namespace, name).cloned();
        let version = resource.api_version();
        if text(&config, "/apiVersion") != version {
            return Err(ApiError::bad_request(format!(
                "Incorrect version specified in apply patch. Specified patch version: {}, \
                 expected: {version}",
                text(&config, "/apiVersion")
            )));
        }
        if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
            return Err(ApiError::bad_request("metadata.managedFields must be nil"));
        }
        check_applied(request, &config)?;
        remove_nulls(&mut config);
        if let Some(expected) = config.pointer("/metadata/uid").and_then(Value::as_str) {
            let error = match &live {
                None => Some(format!(
                    "uid mismatch: the provided object specified uid {expected}, and no existing \
                     object was found"
                )),
                Some(live) if uid(live) != expected => Some(format!(
                    "Precondition failed: UID in precondition: {expected}, UID in object meta: {}",
                    uid(live)
                )),
                Some(_) => None,
            };
            if let Some(error) = error {
                return Err(ApiError::conflict(resource, name, &error));
            }
        }
        let empty = json!({"apiVersion": version, "kind": resource.kind, "metadata": {}});
        let merged = managed_fields::apply(
            live.as_ref().unwrap_or(&empty),
            &config,
            &request.schema(),
            request.writer(),
            request.force,
            resource.has_status,
        );
        let merged = merged.map_err(|conflicts| ApiError::apply_conflict(&conflicts))?;
        check_values(resource, &merged).map_err(|error| {
            ApiError::internal(format!(
                "failed to convert new object ({namespace}/{name}; {}, Kind={}) to proper version: \
                 {error}",
                group_version(resource),
                resource.kind
            ))
        })?;
        check_name(request, &merged)?;
        if let Some(live) = &live {
            check_resource_version(resource, &merged, live)?;
        }
        self.commit(request, merged, live, false)
    }

    /// `POST`.
    pub fn create(
        &mut self,
        request: &WriteRequest<'_>,
        object: Value,
    ) -> Result<WriteResult, ApiError> {
        let mut object = object;
        let warnings = decode(request, &mut object)?;
        let resource = request.resource;
        check_namespace(request, &object)?;
        if resource.namespaced {
            put(&mut object, "/metadata/namespace", request.namespace);
        }
        if name(&object).is_empty() && !text(&object, "/metadata/generateName").is_empty() {
            let name = text(&object, "/metadata/generateName").to_owned() + &self.random_suffix(5);
            put(&mut object, "/metadata/name", name);
        }
        if !text(&object, "/metadata/resourceVersion").is_empty() {
            return Err(ApiError::bad_request(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let name = name(&object).to_owned();
        let request = WriteRequest { name: &name, ..*request };
        let existing = self.store.get(resource, request.namespace, &name).cloned();
        let mut result = self.commit(&request, object, None, true)?;
        if existing.is_some() {
            return Err(ApiError::already_exists(resource, &name));
        }
        result.warnings.splice(0..0, warnings);
        Ok(result)
    }

    /// `PUT`.
    pub fn replace(
        &mut self,
        request: &WriteRequest<'_>,
        object: Value,
    ) -> Result<WriteResult, ApiError> {
        let mut object = object;
        let warnings = decode(request, &mut object)?;
        check_name(request, &object)?;
        let mut result = self.commit_update(request, object)?;
        result.warnings.splice(0..0, warnings);
        Ok(result)
    }

    /// `PATCH` with a JSON merge patch, or with a strategic merge patch.
    pub fn patch(
        &mut self,
        request: &WriteRequest<'_>,
        patch: &Value,
        strategic: bool,
    ) -> Result<WriteResult, ApiError> {
        let live = self.store.get(request.resource, request.namespace, request.name);
        let live = live.ok_or_else(|| ApiError::not_found(request.resource, request.name))?;
        let mut new = if strategic {
            merge(Some(live), Some(patch), &request.schema()).unwrap_or_default()
        } else {
            let mut new = live.clone();
            merge_patch(&mut new, patch);
            new
        };
        let warnings = decode(request, &mut new)?;
        check_name(request, &new)?;
        let mut result = self.commit_update(request, new)?;
        result.warnings.splice(0..0, warnings);
        Ok(result)
    }

    fn commit_update(
        &mut self,
        request: &WriteRequest<'_>,
        mut new: Value,
    ) -> Result<WriteResult, ApiError> {
        let WriteRequest { resource, namespace, name, .. } = *request;
        let Some(live) = self.store.get(resource, namespace, name).cloned() else {
            return Err(ApiError::not_found(resource, name));
        };
        if resource.namespaced {
            put(&mut new, "/metadata/namespace", namespace);
        }
        check_resource_version(resource, &new, &live)?;
        self.commit(request, new, Some(live), true)
    }

    /// Creates or replaces an object with the field manager `someone-else`.
    pub fn put(&mut self, object: Value, now: Timestamp) -> Result<Value, ApiError> {
        let resource = resource_of(&object)?;
        let text = |path: &str| text(&object, path).to_owned();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let request = WriteRequest::new(resource, &namespace, &name, "someone-else", now);
        let result = match self.store.get(resource, &namespace, &name) {
            Some(_) => self.replace(&request, object)?,
            None => self.create(&request, object)?,
        };
        Ok(result.object)
    }

    /// Creates an object for a controller, with the same checks as for any client.
    pub fn create_by_controller(
        &mut self,
        object: Value,
        now: Timestamp,
    ) -> Result<Value, ApiError> {
        let resource = resource_of(&object)?;
        let text = |path: &str| text(&object, path).to_owned();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let request = WriteRequest::new(resource, &namespace, &name, CONTROLLER_MANAGER, now);
        Ok(self.create(&request, object)?.object)
    }

    /// Defaults, admits, validates and stores an object. `is_update` makes the field manager the owner of
    /// the changed fields; server-side apply has set the owners before.
    fn commit(
        &mut self,
        request: &WriteRequest<'_>,
        mut new: Value,
        old: Option<Value>,
        is_update: bool,
    ) -> Result<WriteResult, ApiError> {
        let resource = request.resource;
        canonicalize_quantities(resource, &mut new);
        defaulting::set_defaults(resource, &mut new);
        match &old {
            None => self.prepare_for_create(request, &mut new)?,
            Some(old) => prepare_for_update(request, &mut new, old),
        }
        if is_update {
            let empty = json!({
                "apiVersion": resource.api_version(), "kind": resource.kind, "metadata": {},
            });
            let live = old.as_ref().unwrap_or(&empty);
            managed_fields::update(
                live,
                &mut new,
                &request.schema(),
                request.writer(),
                resource.has_status,
            );
        }
        let causes = validation::validate(resource, &new, old.as_ref());
        if !causes.is_empty() {
            return Err(ApiError::invalid(resource.group, resource.kind, request.name, &causes));
        }
        let warnings = admission::validate(self, resource, &new, old.as_ref())?;
        let created = old.is_none();
        if created && self.store.get(resource, request.namespace, request.name).is_some() {
            return Err(ApiError::already_exists(resource, request.name));
        }
        let object = if request.dry_run || old.as_ref() == Some(&new) {
            new
        } else {
            self.is_busy = true;
            if request.field_manager != CONTROLLER_MANAGER {
                // The change may have fixed why pods could not be created.
                self.replica_set_retries.clear();
            }
            let stored = self.store.save(resource, new);
            if is_deletable(resource, &stored) {
                self.store.remove(resource, request.namespace, request.name);
            } else {
                self.after_write(&stored, request.now);
            }
            stored
        };
        Ok(WriteResult { object, created, warnings })
    }
}

fn resource_of(object: &Value) -> Result<&'static Resource, ApiError> {
    let resource = resources::by_kind(text(object, "/apiVersion"), text(object, "/kind"));
    resource.ok_or_else(ApiError::no_such_path)
}

/// Whether a terminating object has nothing left to wait for. The namespace controller deletes
/// namespaces.
fn is_deletable(resource: &Resource, object: &Value) -> bool {
    is_terminating(object)
        && resource.plural != NAMESPACES
        && list(object, "/metadata/finalizers").is_empty()
        && int(object, "/metadata/deletionGracePeriodSeconds").unwrap_or_default() == 0
}

/// Rejects a write with an outdated resource version.
fn check_resource_version(resource: &Resource, new: &Value, live: &Value) -> Result<(), ApiError> {
    let version = text(new, "/metadata/resourceVersion");
    if version.is_empty() || version == text(live, "/metadata/resourceVersion") {
        return Ok(());
    }
    let message = "the object has been modified; please apply your changes to the latest version and \
               try again";
    Err(ApiError::conflict(resource, name(live), message))
}

/// JSON merge patch: [RFC 7396](https://www.rfc-editor.org/rfc/rfc7396).
fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(object) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            object.remove(name);
        } else {
            merge_patch(object.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}
