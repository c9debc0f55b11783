//! Checks the form of sent objects: kind, name, unknown fields and types of fields.

use serde_json::Value;

use super::quantity_fields::check_quantities;
use super::request::{FieldValidation, WriteRequest};
use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{name, namespace, put, remove_nulls, text};
use crate::kubernetes::state::resources::Resource;
use crate::kubernetes::typed::schema::Type;
use crate::kubernetes::typed::type_check::{self, TypeError};
use crate::kubernetes::validation::data::check_base64;

/// `apps/v1`. The core group's is `/v1`, in Go's format.
pub fn group_version(resource: &Resource) -> String {
    format!("{}/{}", resource.group, resource.version)
}

/// Checks the kind and the fields of an applied object.
pub fn check_applied(request: &WriteRequest<'_>, config: &Value) -> Result<(), ApiError> {
    let resource = request.resource;
    let kind = text(config, "/kind").to_owned();
    let object = format!(
        "({}/{}; {}, Kind={kind})",
        namespace(config),
        name(config),
        group_version(resource)
    );
    if kind.is_empty() {
        return Err(ApiError::bad_request(format!(
            "invalid object type: {}, Kind=",
            group_version(resource)
        )));
    }
    if kind != resource.kind {
        return Err(ApiError::internal(format!(
            "failed to create typed patch object {object}: no corresponding type for {}, Kind={kind}",
            group_version(resource)
        )));
    }
    let errors = type_check::type_errors(config, &request.schema());
    let (unknown, mistyped): (Vec<_>, Vec<_>) =
        errors.into_iter().partition(|error| error.is_unknown_field);
    let errors: Vec<_> = unknown.into_iter().chain(mistyped).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let message = type_check::join_errors(&errors);
    Err(ApiError::internal(format!("failed to create typed patch object {object}: {message}")))
}

/// Checks and prunes an object that is created or replaced. Returns warnings.
pub fn decode(request: &WriteRequest<'_>, object: &mut Value) -> Result<Vec<String>, ApiError> {
    let resource = request.resource;
    for (path, expected) in
        [("/apiVersion", resource.api_version()), ("/kind", resource.kind.to_owned())]
    {
        if text(object, path).is_empty() {
            put(object, path, expected);
        } else if text(object, path) != expected {
            let field = if path == "/kind" { "kind" } else { "API version" };
            return Err(ApiError::bad_request(format!(
                "the {field} in the data ({}) does not match the expected {field} ({expected})",
                text(object, path)
            )));
        }
    }
    remove_nulls(object);
    let errors = type_check::type_errors(object, &request.schema());
    let cannot_be_handled = |reason: String| {
        ApiError::bad_request(format!(
            "{} in version {:?} cannot be handled as a {}: {reason}",
            resource.kind, resource.version, resource.kind
        ))
    };
    let is_mistyped =
        |error: &&TypeError| !error.is_unknown_field && !error.message.starts_with("duplicate");
    if let Some(error) = errors.iter().find(is_mistyped) {
        let path = error.path.trim_start_matches('.');
        return Err(cannot_be_handled(format!(
            "json: cannot unmarshal into Go struct field {path}"
        )));
    }
    check_values(resource, object).map_err(cannot_be_handled)?;
    let unknown = errors.iter().filter(|error| error.is_unknown_field);
    let unknown = unknown
        .map(|error| format!("unknown field {:?}", error.path.trim_start_matches('.')))
        .collect();
    prune_unknown_fields(request, object, unknown)
}

/// Checks quantities and base64.
pub fn check_values(resource: &Resource, object: &Value) -> Result<(), String> {
    check_quantities(resource, object)?;
    check_base64(resource, object)
}

/// Rejects unknown fields, or removes them and returns warnings.
fn prune_unknown_fields(
    request: &WriteRequest<'_>,
    object: &mut Value,
    unknown: Vec<String>,
) -> Result<Vec<String>, ApiError> {
    if !unknown.is_empty() && request.field_validation == FieldValidation::Strict {
        let unknown = unknown.join(", ");
        let Resource { kind, version, .. } = request.resource;
        return Err(ApiError::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: strict decoding error: \
             {unknown}"
        )));
    }
    if !unknown.is_empty() {
        prune(object, &request.schema());
    }
    Ok(if request.field_validation == FieldValidation::Warn { unknown } else { Vec::new() })
}

fn prune(value: &mut Value, schema: &Type) {
    match (value, schema) {
        (Value::Object(object), _) if *schema != Type::Untyped => {
            object.retain(|name, _| schema.member(name).is_some());
            for (name, value) in object {
                prune(value, schema.member(name).unwrap_or(&Type::Untyped));
            }
        }
        (Value::Array(items), Type::List(inner, _)) => {
            items.iter_mut().for_each(|item| prune(item, inner));
        }
        _ => {}
    }
}

pub fn check_name(request: &WriteRequest<'_>, object: &Value) -> Result<(), ApiError> {
    check_namespace(request, object)?;
    let (expected, given) = (request.name, name(object));
    if given.is_empty() {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({expected} based on URL) was undeterminable: name must be \
             provided"
        )));
    }
    if given != expected {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({expected})"
        )));
    }
    Ok(())
}

pub fn check_namespace(request: &WriteRequest<'_>, object: &Value) -> Result<(), ApiError> {
    let given = namespace(object);
    if request.resource.namespaced && !given.is_empty() && given != request.namespace {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}
