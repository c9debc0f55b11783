//! Whether a value has the shape of its type, with the messages of the real server.

use std::collections::BTreeSet;

use serde_json::Value;

use super::schema::{By, Type, item_step};
use super::set::in_words;

/// A fault in a value: where, and what.
pub struct Misfit {
    pub path: String,
    pub message: String,
    /// The field is not known at all.
    pub unknown: bool,
}

/// All faults, as applying finds them.
pub fn misfits(value: &Value, of: &Type) -> Vec<Misfit> {
    let mut found = Vec::new();
    visit(value, of, "", &mut found);
    found
}

/// As one message.
pub fn in_one(misfits: &[Misfit]) -> String {
    let each = |misfit: &Misfit| match misfit.path.as_str() {
        "" => misfit.message.clone(),
        path => format!("{path}: {}", misfit.message),
    };
    match misfits {
        [only] => each(only),
        many => {
            let lines = many.iter().map(|misfit| format!("\n  {}", each(misfit)));
            format!("errors:{}", lines.collect::<String>())
        }
    }
}

fn visit(value: &Value, of: &Type, path: &str, found: &mut Vec<Misfit>) {
    let mut wrong = |message: String| {
        found.push(Misfit { path: path.to_owned(), message, unknown: false });
    };
    match (value, of) {
        (Value::Null, _) | (_, Type::Anything) => {}
        (Value::Object(object), Type::Struct(_) | Type::Map(..)) => {
            for (name, value) in object {
                let path = format!("{path}.{name}");
                match of.member(name) {
                    Some(inner) => visit(value, inner, &path, found),
                    None => {
                        let message = "field not declared in schema".to_owned();
                        found.push(Misfit { path, message, unknown: true });
                    }
                }
            }
        }
        (Value::Array(items), Type::List(inner, by)) => {
            let mut seen = BTreeSet::new();
            for (index, item) in items.iter().enumerate() {
                let step = match by {
                    By::Nothing => format!("[{index}]"),
                    _ => match item_step(item, inner, by) {
                        Some(step) => in_words(&step),
                        None => {
                            let message = format!("element {index}: {}", no_key(item, by));
                            found.push(Misfit { path: path.to_owned(), message, unknown: false });
                            return;
                        }
                    },
                };
                if !seen.insert(step.clone()) {
                    let message = format!("duplicate entries for key {step}");
                    found.push(Misfit { path: path.to_owned(), message, unknown: false });
                }
                visit(item, inner, &format!("{path}{step}"), found);
            }
        }
        (Value::String(_), Type::Text | Type::Scalar)
        | (Value::Number(_), Type::Number | Type::Scalar)
        | (Value::Bool(_), Type::Boolean | Type::Scalar) => {}
        (_, Type::Number) => {
            wrong(format!("expected numeric (int or float), got {}", go_type(value)));
        }
        (_, Type::Text) => {
            wrong(format!(
                "expected string, got &value.valueUnstructured{{Value:{}}}",
                go_syntax(value)
            ));
        }
        (_, Type::Boolean) => wrong(format!("expected boolean, got &{{{}}}", go_plain(value))),
        (_, Type::Scalar) => wrong(format!("expected any scalar, got &{{{}}}", go_plain(value))),
        (_, Type::List(..)) => wrong(format!("expected list, got &{{{}}}", go_plain(value))),
        (_, Type::Struct(_) | Type::Map(..)) => {
            wrong(format!("expected map, got &{{{}}}", go_plain(value)));
        }
    }
}

fn no_key(item: &Value, by: &By) -> String {
    match by {
        By::Keys(_) if item.is_null() => {
            "associative list with keys may not have a null element".to_owned()
        }
        By::Keys(_) if !item.is_object() => {
            "associative list with keys may not have non-map elements".to_owned()
        }
        By::Keys(keys) => {
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

/// Go's `%T`.
pub fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// Go's `%#v`.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name:?}:{}", go_syntax(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", members.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// Go's `%v`.
pub fn go_plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_plain).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}:{}", go_plain(value))).collect();
            format!("map[{}]", members.join(" "))
        }
        scalar => scalar.to_string(),
    }
}
