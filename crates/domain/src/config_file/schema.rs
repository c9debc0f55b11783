//! The JSON Schema of `nokube.toml`, for editors: from the field descriptions that make the OpenAPI document.

use super::{
    MAX_SERVICES,
    names::{SECRETS, build_fields, deployment_fields},
};
use crate::{
    builds::NewSource,
    deployments::NewDeployment,
    name::{ProjectName, ServiceName},
    schema::{FieldDescription, Schemas, object, reference},
    services::NewAutomation,
};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

const SERVICE: &str = "A service. It may be empty: then it is built with buildpacks, and the file does not say how it is \
                       deployed.";
const BUILD: &str = "How the service is built. The repository and the branch are those of the file. What is omitted is \
                     what is saved of the service.";
const DEPLOYMENT: &str = "How the service is deployed. It is the whole configuration: what is omitted has its default. \
                          Only the custom domain is not set here.";
const SECRETS_TEXT: &str = "The names of secrets that must be saved before the service is deployed. Set their values \
                            with `nokube secrets set`: they never belong into this file.";

/// The JSON Schema, in the draft that editors know for TOML.
pub fn json_schema() -> Value {
    let mut schemas = Schemas::new();
    let project = json!(reference::<ProjectName>(&mut schemas));
    let service_name = json!(reference::<ServiceName>(&mut schemas));
    NewSource::schemas(&mut schemas);
    NewAutomation::schemas(&mut schemas);
    NewDeployment::schemas(&mut schemas);
    let descriptions = NewSource::descriptions().into_iter();
    let descriptions = descriptions.chain(NewAutomation::descriptions());
    let build = table(BUILD, descriptions, &build_fields().collect::<Vec<_>>());
    let fields: Vec<_> = deployment_fields().collect();
    let mut deployment = table(DEPLOYMENT, NewDeployment::descriptions().into_iter(), &fields);
    set(
        &mut deployment,
        &["properties", SECRETS],
        json!({
            "type": "array", "items": { "type": "string" }, "uniqueItems": true, "description": SECRETS_TEXT,
        }),
    );
    let mut schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "nokube.toml",
        "description": "The services of a repository, for NoKube.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "project": described("The project that the command line takes.", project),
            "services": {
                "description": "The services by name: [services.NAME].",
                "type": "object",
                "propertyNames": service_name,
                "additionalProperties": { "$ref": "#/components/schemas/Service" },
                "maxProperties": MAX_SERVICES,
            },
        },
    });
    let service = json!({
        "description": SERVICE,
        "type": "object",
        "additionalProperties": false,
        "properties": { "build": build, "deployment": deployment },
    });
    let all = schemas.into_iter().map(|(name, schema)| (name, json!(schema)));
    let all: Map<_, _> = all.chain([("Service".to_owned(), service)]).collect();
    let used = used_definitions(&schema, &all);
    set(&mut schema, &["definitions"], Value::Object(used));
    for_toml(&mut schema);
    schema
}

/// The schema of a table that has those of `descriptions` whose names are in `names`.
fn table(
    text: &str,
    descriptions: impl Iterator<Item = FieldDescription>,
    names: &[&str],
) -> Value {
    let fields = descriptions.filter(|field| names.contains(&field.name));
    let fields = fields.map(|field| FieldDescription { is_required: false, ..field });
    json!(object(&[text], fields.collect()))
}

fn described(text: &str, mut schema: Value) -> Value {
    set(&mut schema, &["description"], json!(text));
    schema
}

fn set(schema: &mut Value, path: &[&str], value: Value) {
    let place = path.iter().try_fold(schema, |schema, name| {
        Some(schema.as_object_mut()?.entry(*name).or_insert(Value::Null))
    });
    if let Some(place) = place {
        *place = value;
    }
}

/// Those of `all` that `schema` refers to, be it by way of others.
fn used_definitions(schema: &Value, all: &Map<String, Value>) -> Map<String, Value> {
    let mut used = Map::new();
    let mut texts = vec![schema.to_string()];
    while let Some(text) = texts.pop() {
        for (name, definition) in all {
            if !used.contains_key(name) && text.contains(&format!("/schemas/{name}\"")) {
                used.insert(name.clone(), definition.clone());
                texts.push(definition.to_string());
            }
        }
    }
    used
}

/// Makes a schema of JSON one of TOML in draft 7: without `null`, and nothing beside a reference.
fn for_toml(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(for_toml),
        Value::Object(object) => {
            without_null(object);
            let target = object.get("$ref").and_then(Value::as_str);
            let name = target.and_then(|target| target.rsplit('/').next()).map(str::to_owned);
            if let Some(name) = name {
                object.remove("$ref");
                let target = json!(format!("#/definitions/{name}"));
                if object.is_empty() {
                    object.insert("$ref".into(), target);
                } else {
                    object.insert("allOf".into(), json!([{ "$ref": target }]));
                }
                return;
            }
            object.values_mut().for_each(for_toml);
        }
        _ => {}
    }
}

/// Removes `null` from the types and the alternatives.
fn without_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(alternatives)) = object.get_mut("oneOf") {
        alternatives.retain(|schema| schema.get("type").is_none_or(|kind| kind != "null"));
        if let [Value::Object(only)] = alternatives.as_slice() {
            let only = only.clone();
            object.remove("oneOf");
            for (keyword, value) in only {
                object.entry(keyword).or_insert(value);
            }
        }
    }
    if object.get("default") == Some(&Value::Null) {
        object.remove("default");
    }
}
