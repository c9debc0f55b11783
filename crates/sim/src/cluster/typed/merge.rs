//! Merging, comparing and cutting down typed values.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::schema::{By, Type, item_step};
use super::set::Set;

/// `new` over `old`: maps and keyed lists item by item, all else as a whole.
pub fn merge(old: Option<&Value>, new: Option<&Value>, of: &Type) -> Option<Value> {
    let (Some(left), Some(right)) = (old, new) else {
        return new.or(old).cloned();
    };
    if of.is_atomic() {
        return Some(right.clone());
    }
    match (left, right, of) {
        (Value::Object(left), Value::Object(right), _) => {
            let mut merged = left.clone();
            for (name, value) in right {
                let inner = of.member(name).unwrap_or(&Type::Anything);
                if let Some(value) = merge(left.get(name), Some(value), inner) {
                    merged.insert(name.clone(), value);
                }
            }
            Some(Value::Object(merged))
        }
        (Value::Array(left), Value::Array(right), Type::List(inner, by)) => {
            Some(Value::Array(merge_lists(left, right, inner, by)))
        }
        _ => Some(right.clone()),
    }
}

/// The order of the real one: that of `new`, with items that only `old` has where they stood.
fn merge_lists(left: &[Value], right: &[Value], of: &Type, by: &By) -> Vec<Value> {
    let step = |item: &Value| item_step(item, of, by).unwrap_or_default();
    let lefts: Vec<String> = left.iter().map(step).collect();
    let rights: Vec<String> = right.iter().map(step).collect();
    let find = |steps: &[String], items: &'_ [Value], wanted: &String| {
        let at = steps.iter().position(|step| step == wanted)?;
        items.get(at).cloned()
    };
    let mut shared = rights.iter().filter(|step| lefts.contains(step));
    let mut next = shared.next();
    let (mut l, mut r) = (lefts.iter().peekable(), rights.iter().peekable());
    let (mut merged, mut done): (Vec<Value>, Vec<&String>) = (Vec::new(), Vec::new());
    while l.peek().is_some() || r.peek().is_some() {
        let both = |step: &String| {
            merge(find(&lefts, left, step).as_ref(), find(&rights, right, step).as_ref(), of)
        };
        if let (Some(a), Some(b)) = (l.peek().copied(), r.peek().copied()) {
            if a == b {
                merged.extend(both(a));
                done.push(a);
                l.next();
                r.next();
                next = shared.next();
                continue;
            }
            if rights.contains(a) && next.is_some_and(|next| next != a) {
                l.next();
                continue;
            }
        }
        if let Some(a) = l.peek().copied() {
            if !rights.contains(a) {
                merged.extend(both(a));
                l.next();
                continue;
            }
            if done.contains(&a) {
                l.next();
            }
        }
        if let Some(b) = r.next() {
            merged.extend(both(b));
            done.push(b);
            if next == Some(b) {
                next = shared.next();
            }
        }
    }
    merged
}

/// Without the members of the set. None if nothing is left.
pub fn without(value: &Value, set: &Set, of: &Type) -> Option<Value> {
    match (value, of) {
        (Value::Object(object), _) => {
            let mut left = Map::new();
            for (name, value) in object {
                let inner = of.member(name).unwrap_or(&Type::Anything);
                match set.children.get(&format!("f:{name}")) {
                    Some(child) if child.member => {}
                    Some(child) => {
                        left.extend(
                            without(value, child, inner).map(|value| (name.clone(), value)),
                        );
                    }
                    None => {
                        left.insert(name.clone(), value.clone());
                    }
                }
            }
            (!left.is_empty()).then_some(Value::Object(left))
        }
        (Value::Array(items), Type::List(inner, by)) => {
            let keep = |item: &Value| match set.children.get(&item_step(item, inner, by)?) {
                Some(child) if child.member => None,
                Some(child) => without(item, child, inner),
                None => Some(item.clone()),
            };
            let left: Vec<Value> = items.iter().filter_map(keep).collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        _ => Some(value.clone()),
    }
}

/// What is different in `new`: changed or added, and removed.
pub struct Difference {
    pub changed: Set,
    pub removed: Set,
}

pub fn compare(old: &Value, new: &Value, of: &Type) -> Difference {
    let (before, after) = (Set::of(old, of), Set::of(new, of));
    let mut changed = modified(old, new, of);
    changed.union(&after.minus(&before));
    Difference { changed, removed: before.minus(&after) }
}

fn modified(old: &Value, new: &Value, of: &Type) -> Set {
    if of.is_atomic() {
        return if old == new { Set::default() } else { Set::member() };
    }
    let mut set = Set::default();
    let mut add = |step: String, child: Set| {
        if !child.is_empty() {
            set.children.insert(step, child);
        }
    };
    match (old, new, of) {
        (Value::Object(old), Value::Object(new), _) => {
            for (name, value) in new {
                if let (Some(before), Some(inner)) = (old.get(name), of.member(name)) {
                    add(format!("f:{name}"), modified(before, value, inner));
                }
            }
        }
        (Value::Array(old), Value::Array(new), Type::List(inner, by)) => {
            let known: BTreeMap<_, _> =
                old.iter().filter_map(|item| Some((item_step(item, inner, by)?, item))).collect();
            for item in new {
                let Some(step) = item_step(item, inner, by) else { continue };
                if let Some(before) = known.get(&step) {
                    let child = modified(before, item, inner);
                    add(step, child);
                }
            }
        }
        _ => {}
    }
    set
}
