//! Merges and compares typed values, and removes sets of fields from them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field_set::FieldSet;
use super::schema::{ListType, Type, item_path_element};

/// Merges `new` into `old`: maps and lists with keys per item, other values as a whole.
pub fn merge(old: Option<&Value>, new: Option<&Value>, schema: &Type) -> Option<Value> {
    let (Some(left), Some(right)) = (old, new) else {
        return new.or(old).cloned();
    };
    if schema.is_atomic() {
        return Some(right.clone());
    }
    match (left, right, schema) {
        (Value::Object(left), Value::Object(right), _) => {
            let mut merged = left.clone();
            for (name, value) in right {
                let inner = schema.member(name).unwrap_or(&Type::Untyped);
                if let Some(value) = merge(left.get(name), Some(value), inner) {
                    merged.insert(name.clone(), value);
                }
            }
            Some(Value::Object(merged))
        }
        (Value::Array(left), Value::Array(right), Type::List(inner, list_type)) => {
            Some(Value::Array(merge_lists(left, right, inner, list_type)))
        }
        _ => Some(right.clone()),
    }
}

/// Merges lists by item. The order is that of the real server: `right`'s order, while items that only
/// `left` has keep their place.
fn merge_lists(
    left: &[Value],
    right: &[Value],
    item_type: &Type,
    list_type: &ListType,
) -> Vec<Value> {
    let element = |item: &Value| item_path_element(item, item_type, list_type).unwrap_or_default();
    let left_elements: Vec<String> = left.iter().map(element).collect();
    let right_elements: Vec<String> = right.iter().map(element).collect();
    let find = |elements: &[String], items: &'_ [Value], element: &String| {
        let index = elements.iter().position(|other| other == element)?;
        items.get(index).cloned()
    };
    let mut shared = right_elements.iter().filter(|element| left_elements.contains(element));
    let mut next_shared = shared.next();
    let mut left_iter = left_elements.iter().peekable();
    let mut right_iter = right_elements.iter().peekable();
    let (mut merged, mut merged_elements): (Vec<Value>, Vec<&String>) = (Vec::new(), Vec::new());
    while left_iter.peek().is_some() || right_iter.peek().is_some() {
        let merge_item = |element: &String| {
            let left_item = find(&left_elements, left, element);
            let right_item = find(&right_elements, right, element);
            merge(left_item.as_ref(), right_item.as_ref(), item_type)
        };
        if let (Some(a), Some(b)) = (left_iter.peek().copied(), right_iter.peek().copied()) {
            if a == b {
                merged.extend(merge_item(a));
                merged_elements.push(a);
                left_iter.next();
                right_iter.next();
                next_shared = shared.next();
                continue;
            }
            if right_elements.contains(a) && next_shared.is_some_and(|next| next != a) {
                left_iter.next();
                continue;
            }
        }
        if let Some(a) = left_iter.peek().copied() {
            if !right_elements.contains(a) {
                merged.extend(merge_item(a));
                left_iter.next();
                continue;
            }
            if merged_elements.contains(&a) {
                left_iter.next();
            }
        }
        if let Some(b) = right_iter.next() {
            merged.extend(merge_item(b));
            merged_elements.push(b);
            if next_shared == Some(b) {
                next_shared = shared.next();
            }
        }
    }
    merged
}

/// Returns the value without the members of the set. None if nothing is left.
pub fn remove_fields(value: &Value, set: &FieldSet, schema: &Type) -> Option<Value> {
    match (value, schema) {
        (Value::Object(object), _) => {
            let mut left = Map::new();
            for (name, value) in object {
                let inner = schema.member(name).unwrap_or(&Type::Untyped);
                match set.children.get(&format!("f:{name}")) {
                    Some(child) if child.is_member => {}
                    Some(child) => {
                        left.extend(
                            remove_fields(value, child, inner).map(|value| (name.clone(), value)),
                        );
                    }
                    None => {
                        left.insert(name.clone(), value.clone());
                    }
                }
            }
            (!left.is_empty()).then_some(Value::Object(left))
        }
        (Value::Array(items), Type::List(inner, list_type)) => {
            let keep = |item: &Value| match set
                .children
                .get(&item_path_element(item, inner, list_type)?)
            {
                Some(child) if child.is_member => None,
                Some(child) => remove_fields(item, child, inner),
                None => Some(item.clone()),
            };
            let left: Vec<Value> = items.iter().filter_map(keep).collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        _ => Some(value.clone()),
    }
}

/// The difference between two values.
pub struct Difference {
    /// Changed or added.
    pub changed: FieldSet,
    pub removed: FieldSet,
}

pub fn compare(old: &Value, new: &Value, schema: &Type) -> Difference {
    let (before, after) = (FieldSet::of_value(old, schema), FieldSet::of_value(new, schema));
    let mut changed = modified(old, new, schema);
    changed.union(&after.minus(&before));
    Difference { changed, removed: before.minus(&after) }
}

/// Returns the fields that both values have with different values.
fn modified(old: &Value, new: &Value, schema: &Type) -> FieldSet {
    if schema.is_atomic() {
        return if old == new { FieldSet::default() } else { FieldSet::member() };
    }
    let mut set = FieldSet::default();
    let mut add = |element: String, child: FieldSet| {
        if !child.is_empty() {
            set.children.insert(element, child);
        }
    };
    match (old, new, schema) {
        (Value::Object(old), Value::Object(new), _) => {
            for (name, value) in new {
                if let (Some(before), Some(inner)) = (old.get(name), schema.member(name)) {
                    add(format!("f:{name}"), modified(before, value, inner));
                }
            }
        }
        (Value::Array(old), Value::Array(new), Type::List(inner, list_type)) => {
            let old_items: BTreeMap<_, _> = old
                .iter()
                .filter_map(|item| Some((item_path_element(item, inner, list_type)?, item)))
                .collect();
            for item in new {
                let Some(element) = item_path_element(item, inner, list_type) else { continue };
                if let Some(before) = old_items.get(&element) {
                    let child = modified(before, item, inner);
                    add(element, child);
                }
            }
        }
        _ => {}
    }
    set
}
