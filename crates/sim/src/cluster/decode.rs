//! The shape of what is sent: kinds, names, unknown and mistyped fields.

use serde_json::Value;

use super::json::{name, namespace, put, text, without_nulls};
use super::quantity;
use super::resources::Resource;
use super::status::Refusal;
use super::typed::check;
use super::typed::schema::Type;
use super::write::{FieldValidation, Intent};

/// `apps/v1`; `/v1` for the core group, as Go prints it.
pub fn gv(resource: &Resource) -> String {
    format!("{}/{}", resource.group, resource.version)
}

/// The shape of an applied object.
pub fn check_applied(intent: &Intent<'_>, config: &mut Value) -> Result<Vec<String>, Refusal> {
    let resource = intent.resource;
    let or_unknown = |text: &str| if text.is_empty() { "" } else { text }.to_owned();
    let kind = text(config, "/kind").to_owned();
    let what = format!(
        "({}/{}; {}, Kind={kind})",
        or_unknown(namespace(config)),
        or_unknown(name(config)),
        gv(resource)
    );
    if kind != resource.kind {
        return Err(Refusal::unexpected(format!(
            "failed to create typed patch object {what}: no corresponding type for {}, Kind={kind}",
            gv(resource)
        )));
    }
    let misfits = check::misfits(config, &intent.of());
    let (unknown, wrong): (Vec<_>, Vec<_>) = misfits.into_iter().partition(|one| one.unknown);
    if resource.is_custom() {
        if !wrong.is_empty() {
            return Err(Refusal::unexpected(format!(
                "failed to create typed patch object {what}: {}",
                check::in_one(&wrong)
            )));
        }
        // Pruned, and reported as the field validation says.
        let paths: Vec<String> = unknown
            .iter()
            .map(|one| format!("unknown field {:?}", one.path.trim_start_matches('.')))
            .collect();
        return pruned(intent, config, paths);
    }
    let all: Vec<_> = unknown.into_iter().chain(wrong).collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let message = check::in_one(&all);
    Err(Refusal::unexpected(format!("failed to create typed patch object {what}: {message}")))
}

/// The shape of an object that is created or replaced.
pub fn check_sent(intent: &Intent<'_>, object: &mut Value) -> Result<Vec<String>, Refusal> {
    let resource = intent.resource;
    for (path, expected) in
        [("/apiVersion", resource.api_version()), ("/kind", resource.kind.to_owned())]
    {
        if text(object, path).is_empty() {
            put(object, path, expected);
        } else if text(object, path) != expected {
            let what = if path == "/kind" { "kind" } else { "API version" };
            return Err(Refusal::bad_request(format!(
                "the {what} in the data ({}) does not match the expected {what} ({expected})",
                text(object, path)
            )));
        }
    }
    without_nulls(object);
    let misfits = check::misfits(object, &intent.of());
    let cannot = |why: String| {
        Refusal::bad_request(format!(
            "{} in version {:?} cannot be handled as a {}: {why}",
            resource.kind, resource.version, resource.kind
        ))
    };
    let duplicate = |one: &&check::Misfit| !one.unknown && !one.message.starts_with("duplicate");
    if let Some(wrong) = misfits.iter().find(duplicate) {
        let path = wrong.path.trim_start_matches('.');
        return Err(cannot(format!("json: cannot unmarshal into Go struct field {path}")));
    }
    quantity::check_all(resource, object).map_err(cannot)?;
    let unknown = misfits.iter().filter(|one| one.unknown);
    let paths = unknown.map(|one| format!("unknown field {:?}", one.path.trim_start_matches('.')));
    pruned(intent, object, paths.collect())
}

/// Removes unknown fields and says so, or refuses them.
fn pruned(
    intent: &Intent<'_>,
    object: &mut Value,
    unknown: Vec<String>,
) -> Result<Vec<String>, Refusal> {
    if !unknown.is_empty() && intent.validation == FieldValidation::Strict {
        let all = unknown.join(", ");
        let what = match intent.resource.is_custom() {
            true => format!(
                "{} in version {:?} cannot be handled as a {}: ",
                intent.resource.kind, intent.resource.version, intent.resource.kind
            ),
            false => String::new(),
        };
        return Err(Refusal::bad_request(format!("{what}strict decoding error: {all}")));
    }
    if !unknown.is_empty() {
        prune(object, &intent.of());
    }
    Ok(if intent.validation == FieldValidation::Warn { unknown } else { Vec::new() })
}

fn prune(value: &mut Value, of: &Type) {
    match (value, of) {
        (Value::Object(object), _) if *of != Type::Anything => {
            object.retain(|name, _| of.member(name).is_some());
            for (name, value) in object {
                prune(value, of.member(name).unwrap_or(&Type::Anything));
            }
        }
        (Value::Array(items), Type::List(inner, _)) => {
            items.iter_mut().for_each(|item| prune(item, inner));
        }
        _ => {}
    }
}

pub fn check_name(intent: &Intent<'_>, object: &Value) -> Result<(), Refusal> {
    let (wanted, given) = (intent.name, name(object));
    if given.is_empty() {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({wanted} based on URL) was undeterminable: name must be \
             provided"
        )));
    }
    if given != wanted {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({wanted})"
        )));
    }
    let given = namespace(object);
    if !intent.namespace.is_empty() && !given.is_empty() && given != intent.namespace {
        return Err(Refusal::bad_request(format!(
            "the namespace of the object ({given}) does not match the namespace on the request \
             ({})",
            intent.namespace
        )));
    }
    Ok(())
}
