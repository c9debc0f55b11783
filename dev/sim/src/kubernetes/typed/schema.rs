//! The schemas of all served kinds, parsed from `schema.txt`.
//!
//! Each line of it is `Name field:type field:type …`; `Name !` is an atomic struct. Types: `s`
//! string, `n` number, `b` boolean, `u` any scalar, `?` untyped, `&Name` a struct, `[t]` an atomic
//! list, `[set t]` a set, `[key,key t]` a list that is a map by these keys, `{t}` a map, `{!t}` an
//! atomic map. `s=x` gives a key field its default. An atomic value has one owner as a whole.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    String,
    Number,
    Boolean,
    Scalar,
    Untyped,
    Struct(&'static str),
    List(Box<Type>, ListType),
    Map { values: Box<Type>, atomic: bool },
}

/// How the items of a list are identified: the API's `x-kubernetes-list-type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListType {
    /// Items have no identity.
    Atomic,
    /// By their values.
    Set,
    /// By the values of these key fields.
    Map(Vec<&'static str>),
}

#[derive(Debug)]
pub struct Field {
    pub field_type: Type,
    pub default: Option<&'static str>,
}

#[derive(Debug)]
pub struct Struct {
    pub atomic: bool,
    pub fields: BTreeMap<&'static str, Field>,
}

/// Returns an empty atomic struct if the name is unknown.
pub fn struct_named(name: &str) -> &'static Struct {
    static EMPTY: Struct = Struct { atomic: true, fields: BTreeMap::new() };
    static ALL: OnceLock<BTreeMap<&'static str, Struct>> = OnceLock::new();
    ALL.get_or_init(|| include_str!("schema.txt").lines().filter_map(parse_line).collect())
        .get(name)
        .unwrap_or(&EMPTY)
}

fn parse_line(line: &'static str) -> Option<(&'static str, Struct)> {
    let mut words = Words(line);
    let name = words.next().filter(|name| *name != "#")?;
    let mut found = Struct { atomic: false, fields: BTreeMap::new() };
    for word in words {
        let Some((field, field_type)) = word.split_once(':') else {
            found.atomic = word == "!";
            continue;
        };
        let (field_type, default) = match field_type.split_once('=') {
            Some((field_type, default)) => (field_type, Some(default)),
            None => (field_type, None),
        };
        found.fields.insert(field, Field { field_type: parse_type(field_type), default });
    }
    Some((name, found))
}

/// Splits at spaces outside of brackets.
struct Words(&'static str);

impl Iterator for Words {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        let text = self.0.trim_start();
        let mut depth = 0_i32;
        let end = text.find(|letter| {
            depth += i32::from("[{".contains(letter)) - i32::from("]}".contains(letter));
            letter == ' ' && depth == 0
        });
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

fn parse_type(text: &'static str) -> Type {
    let inside = |open, close| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    if let Some(inside) = inside('[', ']') {
        return match inside.split_once(' ') {
            None => Type::List(Box::new(parse_type(inside)), ListType::Atomic),
            Some(("set", items)) => Type::List(Box::new(parse_type(items)), ListType::Set),
            Some((keys, items)) => {
                let keys = keys.split(',').collect();
                Type::List(Box::new(parse_type(items)), ListType::Map(keys))
            }
        };
    }
    if let Some(inside) = inside('{', '}') {
        let atomic = inside.strip_prefix('!');
        let values = Box::new(parse_type(atomic.unwrap_or(inside)));
        return Type::Map { values, atomic: atomic.is_some() };
    }
    match text {
        "s" => Type::String,
        "n" => Type::Number,
        "b" => Type::Boolean,
        "u" => Type::Scalar,
        _ => match text.strip_prefix('&') {
            Some(name) => Type::Struct(name),
            None => Type::Untyped,
        },
    }
}

impl Type {
    /// Whether the value has one owner as a whole.
    pub fn is_atomic(&self) -> bool {
        match self {
            Self::String | Self::Number | Self::Boolean | Self::Scalar | Self::Untyped => true,
            Self::Struct(name) => struct_named(name).atomic,
            Self::List(_, list_type) => *list_type == ListType::Atomic,
            Self::Map { atomic, .. } => *atomic,
        }
    }

    /// Returns the type of a field or of a map's value. None if the field is unknown.
    pub fn member(&self, name: &str) -> Option<&Type> {
        match self {
            Self::Struct(struct_name) => {
                struct_named(struct_name).fields.get(name).map(|field| &field.field_type)
            }
            Self::Map { values, .. } => Some(values),
            Self::Untyped => Some(self),
            _ => None,
        }
    }

    /// Whether members are fields of a struct, and not keys of a map.
    pub fn has_named_fields(&self) -> bool {
        matches!(self, Self::Struct(_))
    }
}

/// Returns the path element of a list's item in the format of `fieldsV1`: `k:{"name":"app"}`. None
/// if the item has no identity.
pub fn item_path_element(item: &Value, item_type: &Type, list_type: &ListType) -> Option<String> {
    match list_type {
        ListType::Atomic => None,
        ListType::Set if item.is_object() || item.is_array() || item.is_null() => None,
        ListType::Set => Some(format!("v:{item}")),
        ListType::Map(keys) => {
            let Type::Struct(name) = item_type else { return None };
            let object = item.as_object()?;
            let mut parts = BTreeMap::new();
            for key in keys {
                let default = key_default(name, key);
                if let Some(value) = object.get(*key).cloned().or(default) {
                    parts.insert(*key, value);
                }
            }
            let json = serde_json::to_string(&parts).ok().filter(|_| !parts.is_empty())?;
            Some(format!("k:{json}"))
        }
    }
}

fn key_default(name: &str, key: &str) -> Option<Value> {
    struct_named(name).fields.get(key)?.default.map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_referenced_struct_is_defined() {
        fn visit(field_type: &Type) {
            match field_type {
                Type::Struct(name) => {
                    assert!(!struct_named(name).fields.is_empty(), "{name}");
                }
                Type::List(inner, _) | Type::Map { values: inner, .. } => visit(inner),
                _ => {}
            }
        }
        for name in include_str!("schema.txt").lines().filter_map(|line| line.split(' ').next()) {
            struct_named(name).fields.values().for_each(|field| visit(&field.field_type));
        }
        assert_eq!(struct_named("ContainerPort").fields["protocol"].default, Some("TCP"));
    }
}
