//! Conditions in the status of Deployments.

use serde_json::{Value, json};

use crate::kubernetes::json::text;

pub struct Condition<'a> {
    pub kind: &'a str,
    /// `True` or `False`.
    pub status: &'a str,
    pub reason: &'a str,
    pub message: &'a str,
}

pub fn find<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a Value> {
    conditions.iter().find(|condition| text(condition, "/type") == kind)
}

/// Sets a condition. Only a changed status or reason updates it.
pub fn set(conditions: &mut Vec<Value>, new: &Condition<'_>, now: &str) {
    let old = find(conditions, new.kind);
    let is_same = |path: &str, value: &str| old.is_some_and(|old| text(old, path) == value);
    if is_same("/status", new.status) && is_same("/reason", new.reason) {
        return;
    }
    let since = match old {
        Some(old) if is_same("/status", new.status) => text(old, "/lastTransitionTime").to_owned(),
        _ => now.to_owned(),
    };
    conditions.retain(|condition| text(condition, "/type") != new.kind);
    conditions.push(json!({
        "type": new.kind, "status": new.status, "reason": new.reason, "message": new.message,
        "lastUpdateTime": now, "lastTransitionTime": since,
    }));
}
