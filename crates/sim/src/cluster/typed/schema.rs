//! The types of all kinds that are served, read from `schema.txt`.
//!
//! A line there is `Name field:type field:type …`; `Name !` is a struct that has one owner as a
//! whole. Types: `s` text, `n` number, `b` boolean, `u` any scalar, `?` anything, `&Name` a struct,
//! `[t]` an atomic list, `[set t]`, `[key,key t]` a list by keys, `{t}` a map, `{!t}` an atomic one.
//! `s=x` is a key's default.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Text,
    Number,
    Boolean,
    Scalar,
    Anything,
    Struct(&'static str),
    List(Box<Type>, By),
    /// Of which the flag says that it has one owner as a whole.
    Map(Box<Type>, bool),
}

/// By what the items of a list are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Not at all: the list has one owner as a whole.
    Nothing,
    Value,
    Keys(Vec<&'static str>),
}

#[derive(Debug)]
pub struct Field {
    pub of: Type,
    pub default: Option<&'static str>,
}

#[derive(Debug)]
pub struct Struct {
    pub atomic: bool,
    pub fields: BTreeMap<&'static str, Field>,
}

/// The struct of this name; an empty one if the table does not have it.
pub fn of(name: &str) -> &'static Struct {
    static EMPTY: Struct = Struct { atomic: true, fields: BTreeMap::new() };
    static ALL: OnceLock<BTreeMap<&'static str, Struct>> = OnceLock::new();
    ALL.get_or_init(|| include_str!("schema.txt").lines().filter_map(line).collect())
        .get(name)
        .unwrap_or(&EMPTY)
}

fn line(line: &'static str) -> Option<(&'static str, Struct)> {
    let mut words = Words(line);
    let name = words.next().filter(|name| *name != "#")?;
    let mut found = Struct { atomic: false, fields: BTreeMap::new() };
    for word in words {
        let Some((field, of)) = word.split_once(':') else {
            found.atomic = word == "!";
            continue;
        };
        let (of, default) = match of.split_once('=') {
            Some((of, default)) => (of, Some(default)),
            None => (of, None),
        };
        found.fields.insert(field, Field { of: read(of), default });
    }
    Some((name, found))
}

/// Words between blanks that are not inside brackets.
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

fn read(text: &'static str) -> Type {
    let inside = |open, close| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    if let Some(inside) = inside('[', ']') {
        return match inside.split_once(' ') {
            None => Type::List(Box::new(read(inside)), By::Nothing),
            Some(("set", of)) => Type::List(Box::new(read(of)), By::Value),
            Some((keys, of)) => Type::List(Box::new(read(of)), By::Keys(keys.split(',').collect())),
        };
    }
    if let Some(inside) = inside('{', '}') {
        let atomic = inside.strip_prefix('!');
        return Type::Map(Box::new(read(atomic.unwrap_or(inside))), atomic.is_some());
    }
    match text {
        "s" => Type::Text,
        "n" => Type::Number,
        "b" => Type::Boolean,
        "u" => Type::Scalar,
        _ => match text.strip_prefix('&') {
            Some(name) => Type::Struct(name),
            None => Type::Anything,
        },
    }
}

impl Type {
    /// Whether it has one owner as a whole.
    pub fn is_atomic(&self) -> bool {
        match self {
            Self::Text | Self::Number | Self::Boolean | Self::Scalar | Self::Anything => true,
            Self::Struct(name) => of(name).atomic,
            Self::List(_, by) => *by == By::Nothing,
            Self::Map(_, atomic) => *atomic,
        }
    }

    /// The type of a member; None if there is no such field.
    pub fn member(&self, name: &str) -> Option<&Type> {
        match self {
            Self::Struct(of_name) => of(of_name).fields.get(name).map(|field| &field.of),
            Self::Map(of, _) => Some(of),
            Self::Anything => Some(self),
            _ => None,
        }
    }

    /// Whether a member is a named field and not just a key of a map.
    pub fn has_named_fields(&self) -> bool {
        matches!(self, Self::Struct(_))
    }
}

/// What an item of a list is called in a field set, as `fieldsV1` writes it: `k:{"name":"app"}`.
pub fn item_step(item: &Value, of: &Type, by: &By) -> Option<String> {
    match by {
        By::Nothing => None,
        By::Value if item.is_object() || item.is_array() || item.is_null() => None,
        By::Value => Some(format!("v:{item}")),
        By::Keys(keys) => {
            let Type::Struct(name) = of else { return None };
            let object = item.as_object()?;
            let mut parts = BTreeMap::new();
            for key in keys {
                let default = of_key_default(name, key);
                if let Some(value) = object.get(*key).cloned().or(default) {
                    parts.insert(*key, value);
                }
            }
            let json = serde_json::to_string(&parts).ok().filter(|_| !parts.is_empty())?;
            Some(format!("k:{json}"))
        }
    }
}

fn of_key_default(name: &str, key: &str) -> Option<Value> {
    of(name).fields.get(key)?.default.map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_exists() {
        fn visit(of_type: &Type) {
            match of_type {
                Type::Struct(name) => assert!(!of(name).fields.is_empty(), "{name}"),
                Type::List(inner, _) | Type::Map(inner, _) => visit(inner),
                _ => {}
            }
        }
        for name in include_str!("schema.txt").lines().filter_map(|line| line.split(' ').next()) {
            of(name).fields.values().for_each(|field| visit(&field.of));
        }
        assert_eq!(of("ContainerPort").fields["protocol"].default, Some("TCP"));
    }
}
