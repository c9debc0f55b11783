//! Reading and writing JSON by path, without a panic where something is absent.

use serde_json::{Map, Value};

/// The text at `/a/b`, or an empty one.
pub fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

pub fn int(value: &Value, path: &str) -> Option<i64> {
    value.pointer(path).and_then(Value::as_i64)
}

pub fn flag(value: &Value, path: &str) -> bool {
    value.pointer(path).and_then(Value::as_bool).unwrap_or_default()
}

/// The list at `/a/b`, or an empty one.
pub fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub fn list_mut<'a>(value: &'a mut Value, path: &str) -> &'a mut [Value] {
    value.pointer_mut(path).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// The object's members at `/a/b`.
pub fn members<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.pointer(path).and_then(Value::as_object).into_iter().flatten()
}

/// Sets what is at `/a/b`, and makes objects on the way there. Does not go through lists.
pub fn put(value: &mut Value, path: &str, new: impl Into<Value>) {
    let mut at = value;
    for step in path.split('/').skip(1) {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Some(object) = at.as_object_mut() else { return };
        at = object.entry(step.replace("~1", "/")).or_insert(Value::Null);
    }
    *at = new.into();
}

/// Sets it only where nothing is.
pub fn put_default(value: &mut Value, path: &str, new: impl Into<Value>) {
    if value.pointer(path).is_none_or(Value::is_null) {
        put(value, path, new);
    }
}

pub fn remove(value: &mut Value, path: &str) -> Option<Value> {
    let (parent, name) = path.rsplit_once('/')?;
    value.pointer_mut(parent)?.as_object_mut()?.remove(&name.replace("~1", "/"))
}

pub fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|_, value| !value.is_null());
            object.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

pub fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

pub fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.pointer("/metadata/labels")?.get(key)?.as_str()
}

pub fn is_deleting(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some()
}

/// The one owner that says that it controls the object.
pub fn controller(object: &Value) -> Option<&Value> {
    list(object, "/metadata/ownerReferences").iter().find(|owner| flag(owner, "/controller"))
}
