//! The one way by which every object is created or changed: decode, merge, default, admit, check,
//! store.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::decode::{check_applied, check_name, check_sent, gv};
use super::json::{name, namespace, put, text, uid, without_nulls};
use super::model::{CONTROLLERS, Model};
use super::prepare::keep;
use super::resources::Resource;
use super::status::Refusal;
use super::typed::managers::{self, Writer};
use super::typed::merge::merge;
use super::typed::schema::Type;
use super::{admission, defaults, quantity, validation};

/// What is wanted of which object, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    pub resource: &'static Resource,
    pub namespace: &'a str,
    pub name: &'a str,
    /// The field manager.
    pub manager: &'a str,
    /// `status`, `scale` or empty.
    pub subresource: &'a str,
    pub dry_run: bool,
    pub force: bool,
    pub validation: FieldValidation,
    pub now: Timestamp,
}

/// What becomes of unknown fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

impl<'a> Intent<'a> {
    pub fn new(
        resource: &'static Resource,
        namespace: &'a str,
        name: &'a str,
        manager: &'a str,
        now: Timestamp,
    ) -> Self {
        Self {
            resource,
            namespace,
            name,
            manager,
            subresource: "",
            dry_run: false,
            force: false,
            validation: FieldValidation::Warn,
            now,
        }
    }

    pub fn of(&self) -> Type {
        Type::Struct(self.resource.kind)
    }

    fn writer(&self) -> Writer<'a> {
        Writer { name: self.manager, subresource: self.subresource, now: self.now }
    }
}

/// What a write led to.
#[derive(Debug)]
pub struct Outcome {
    pub object: Value,
    pub created: bool,
    pub warnings: Vec<String>,
}

impl Model {
    /// `PATCH` with `application/apply-patch+yaml`.
    pub fn apply(&mut self, intent: &Intent<'_>, mut config: Value) -> Result<Outcome, Refusal> {
        let Intent { resource, namespace, name, .. } = *intent;
        let live = self.store.get(resource, namespace, name).cloned();
        let version = resource.api_version();
        if text(&config, "/apiVersion") != version {
            return Err(Refusal::bad_request(format!(
                "Incorrect version specified in apply patch. Specified patch version: {}, \
                 expected: {version}",
                text(&config, "/apiVersion")
            )));
        }
        if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
            return Err(Refusal::bad_request("metadata.managedFields must be nil"));
        }
        let warnings = check_applied(intent, &mut config)?;
        without_nulls(&mut config);
        if let Some(wanted) = config.pointer("/metadata/uid").and_then(Value::as_str) {
            let why = match &live {
                None => Some(format!(
                    "uid mismatch: the provided object specified uid {wanted}, and no existing \
                     object was found"
                )),
                Some(live) if uid(live) != wanted => Some(format!(
                    "Precondition failed: UID in precondition: {wanted}, UID in object meta: {}",
                    uid(live)
                )),
                Some(_) => None,
            };
            if let Some(why) = why {
                return Err(Refusal::conflict(resource, name, &why));
            }
        }
        let empty = json!({"apiVersion": version, "kind": resource.kind, "metadata": {}});
        let merged = managers::apply(
            live.as_ref().unwrap_or(&empty),
            &config,
            &intent.of(),
            intent.writer(),
            intent.force,
            resource.has_status,
        );
        let merged = merged.map_err(|conflicts| Refusal::apply_conflict(&conflicts))?;
        quantity::check_all(resource, &merged).map_err(|why| {
            Refusal::unexpected(format!(
                "failed to convert new object ({namespace}/{name}; {}, Kind={}) to proper version \
                 ({version}): {why}",
                gv(resource),
                resource.kind
            ))
        })?;
        check_name(intent, &merged)?;
        let mut outcome = self.commit(intent, merged, live, false)?;
        outcome.warnings.splice(0..0, warnings);
        Ok(outcome)
    }

    /// `POST`.
    pub fn create(&mut self, intent: &Intent<'_>, object: Value) -> Result<Outcome, Refusal> {
        let mut object = object;
        let warnings = check_sent(intent, &mut object)?;
        let (resource, place) = (intent.resource, intent.namespace);
        match namespace(&object) {
            "" if resource.namespaced => put(&mut object, "/metadata/namespace", place),
            other if resource.namespaced && other != place => {
                return Err(Refusal::bad_request(
                    "the namespace of the provided object does not match the namespace sent on \
                     the request",
                ));
            }
            _ => {}
        }
        if name(&object).is_empty() && !text(&object, "/metadata/generateName").is_empty() {
            let name = text(&object, "/metadata/generateName").to_owned() + &self.random_name(5);
            put(&mut object, "/metadata/name", name);
        }
        if !text(&object, "/metadata/resourceVersion").is_empty() {
            return Err(Refusal::bad_request(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let name = name(&object).to_owned();
        let intent = Intent { name: &name, ..*intent };
        let existing = self.store.get(resource, intent.namespace, &name).cloned();
        let mut outcome = self.commit(&intent, object, None, true)?;
        if existing.is_some() {
            return Err(Refusal::exists(resource, &name));
        }
        outcome.warnings.splice(0..0, warnings);
        Ok(outcome)
    }

    /// `PUT`.
    pub fn replace(&mut self, intent: &Intent<'_>, object: Value) -> Result<Outcome, Refusal> {
        let mut object = object;
        let warnings = check_sent(intent, &mut object)?;
        check_name(intent, &object)?;
        let mut outcome = self.change(intent, object)?;
        outcome.warnings.splice(0..0, warnings);
        Ok(outcome)
    }

    /// `PATCH` with a merge patch, or with a strategic one (by the lists' keys).
    pub fn patch(
        &mut self,
        intent: &Intent<'_>,
        patch: &Value,
        strategic: bool,
    ) -> Result<Outcome, Refusal> {
        let live = self.store.get(intent.resource, intent.namespace, intent.name);
        let live = live.ok_or_else(|| Refusal::not_found(intent.resource, intent.name))?;
        let mut new = if strategic {
            merge(Some(live), Some(patch), &intent.of()).unwrap_or_default()
        } else {
            let mut new = live.clone();
            merge_patch(&mut new, patch);
            new
        };
        let warnings = check_sent(intent, &mut new)?;
        check_name(intent, &new)?;
        let mut outcome = self.change(intent, new)?;
        outcome.warnings.splice(0..0, warnings);
        Ok(outcome)
    }

    fn change(&mut self, intent: &Intent<'_>, mut new: Value) -> Result<Outcome, Refusal> {
        let Intent { resource, namespace, name, .. } = *intent;
        let Some(live) = self.store.get(resource, namespace, name).cloned() else {
            return Err(Refusal::not_found(resource, name));
        };
        if resource.namespaced {
            put(&mut new, "/metadata/namespace", namespace);
        }
        let version = text(&new, "/metadata/resourceVersion");
        if !version.is_empty() && version != text(&live, "/metadata/resourceVersion") {
            let why = "the object has been modified; please apply your changes to the latest \
                       version and try again";
            return Err(Refusal::conflict(resource, name, why));
        }
        self.commit(intent, new, Some(live), true)
    }

    /// Defaults, admits, checks and stores. `track` says that the change is an update, whose
    /// fields go to its manager.
    fn commit(
        &mut self,
        intent: &Intent<'_>,
        mut new: Value,
        old: Option<Value>,
        track: bool,
    ) -> Result<Outcome, Refusal> {
        let resource = intent.resource;
        quantity::canonical_all(resource, &mut new);
        defaults::set(resource, &mut new);
        match &old {
            None => self.begin(intent, &mut new)?,
            Some(old) => keep(intent, &mut new, old),
        }
        if track {
            let bare = json!({
                "apiVersion": resource.api_version(), "kind": resource.kind, "metadata": {},
            });
            let live = old.as_ref().unwrap_or(&bare);
            managers::update(live, &mut new, &intent.of(), intent.writer(), resource.has_status);
        }
        let causes = validation::check(resource, &new, old.as_ref());
        if !causes.is_empty() {
            return Err(Refusal::invalid(resource.group, resource.kind, intent.name, &causes));
        }
        let warnings = admission::validate(self, resource, &new, old.as_ref())?;
        let created = old.is_none();
        if created && self.store.get(resource, intent.namespace, intent.name).is_some() {
            return Err(Refusal::exists(resource, intent.name));
        }
        let object = if intent.dry_run || old.as_ref() == Some(&new) {
            new
        } else {
            self.busy = true;
            if intent.manager != CONTROLLERS {
                // Whatever changed may be what somebody waits for.
                self.retries.clear();
            }
            let stored = self.store.save(resource, new);
            self.stored(&stored, intent.now);
            stored
        };
        Ok(Outcome { object, created, warnings })
    }
}

/// [RFC 7396](https://www.rfc-editor.org/rfc/rfc7396)
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
