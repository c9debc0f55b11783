//! Checks values against their types, with the error messages of the real API server.

use std::collections::BTreeSet;

use serde_json::Value;

use super::field_set::display_path_element;
use super::go_format::{go_syntax, plain, type_name};
use super::schema::{ListType, Type, item_path_element};

pub struct TypeError {
    pub path: String,
    pub message: String,
    /// The schema does not declare the field.
    pub is_unknown_field: bool,
}

/// Returns all errors that server-side apply would report.
pub fn type_errors(value: &Value, schema: &Type) -> Vec<TypeError> {
    let mut found = Vec::new();
    visit(value, schema, "", &mut found);
    found
}

/// Joins errors to one message.
pub fn join_errors(errors: &[TypeError]) -> String {
    let each = |error: &TypeError| match error.path.as_str() {
        "" => error.message.clone(),
        path => format!("{path}: {}", error.message),
    };
    match errors {
        [only] => each(only),
        many => {
            let lines = many.iter().map(|error| format!("\n  {}", each(error)));
            format!("errors:{}", lines.collect::<String>())
        }
    }
}

fn visit(value: &Value, schema: &Type, path: &str, found: &mut Vec<TypeError>) {
    let mut add_error = |message: String| {
        found.push(TypeError { path: path.to_owned(), message, is_unknown_field: false });
    };
    match (value, schema) {
        (Value::Null, _) | (_, Type::Untyped) => {}
        (Value::Object(object), Type::Struct(_) | Type::Map { .. }) => {
            for (name, value) in object {
                let path = format!("{path}.{name}");
                match schema.member(name) {
                    Some(inner) => visit(value, inner, &path, found),
                    None => {
                        let message = "field not declared in schema".to_owned();
                        found.push(TypeError { path, message, is_unknown_field: true });
                    }
                }
            }
        }
        (Value::Array(items), Type::List(inner, list_type)) => {
            let mut elements = BTreeSet::new();
            for (index, item) in items.iter().enumerate() {
                let element = match list_type {
                    ListType::Atomic => format!("[{index}]"),
                    _ => match item_path_element(item, inner, list_type) {
                        Some(element) => display_path_element(&element),
                        None => {
                            let message =
                                format!("element {index}: {}", missing_key(item, list_type));
                            found.push(TypeError {
                                path: path.to_owned(),
                                message,
                                is_unknown_field: false,
                            });
                            return;
                        }
                    },
                };
                if !elements.insert(element.clone()) {
                    let message = format!("duplicate entries for key {element}");
                    found.push(TypeError {
                        path: path.to_owned(),
                        message,
                        is_unknown_field: false,
                    });
                }
                visit(item, inner, &format!("{path}{element}"), found);
            }
        }
        (Value::String(_), Type::String | Type::Scalar)
        | (Value::Number(_), Type::Number | Type::Scalar)
        | (Value::Bool(_), Type::Boolean | Type::Scalar) => {}
        (_, Type::Number) => {
            add_error(format!("expected numeric (int or float), got {}", type_name(value)));
        }
        (_, Type::String) => {
            add_error(format!(
                "expected string, got &value.valueUnstructured{{Value:{}}}",
                go_syntax(value)
            ));
        }
        (_, Type::Boolean) => add_error(format!("expected boolean, got &{{{}}}", plain(value))),
        (_, Type::Scalar) => add_error(format!("expected any scalar, got &{{{}}}", plain(value))),
        (_, Type::List(..)) => add_error(format!("expected list, got &{{{}}}", plain(value))),
        (_, Type::Struct(_) | Type::Map { .. }) => {
            add_error(format!("expected map, got &{{{}}}", plain(value)));
        }
    }
}

/// Returns the error of a list's item that has no key.
fn missing_key(item: &Value, list_type: &ListType) -> String {
    match list_type {
        ListType::Map(_) if item.is_null() => {
            "associative list with keys may not have a null element".to_owned()
        }
        ListType::Map(_) if !item.is_object() => {
            "associative list with keys may not have non-map elements".to_owned()
        }
        ListType::Map(keys) => {
            let keys: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
            format!(
                "associative list with keys has an element that omits all key fields [{}] (and \
                 doesn't have default values for any key fields)",
                keys.join(" ")
            )
        }
        _ if item.is_object() => {
            "associative list without keys has an element that's a map type".to_owned()
        }
        _ if item.is_null() => {
            "associative list without keys has an element that's an explicit null".to_owned()
        }
        _ => "not supported: associative list with lists as elements".to_owned(),
    }
}
