//! Conditions in the status of objects.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kubernetes::json::text;
use crate::kubernetes::state::format_time;

pub fn find<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a Value> {
    conditions.iter().find(|condition| text(condition, "/type") == kind)
}

/// Sets a condition of a Deployment. Only a changed status or reason updates it.
pub fn set(
    conditions: &mut Vec<Value>,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    now: Timestamp,
) {
    let old = find(conditions, kind).cloned();
    let is_same =
        |path: &str, value: &str| old.as_ref().is_some_and(|old| text(old, path) == value);
    if is_same("/status", status) && is_same("/reason", reason) {
        return;
    }
    let since = match &old {
        Some(old) if is_same("/status", status) => text(old, "/lastTransitionTime").to_owned(),
        _ => format_time(now),
    };
    conditions.retain(|condition| text(condition, "/type") != kind);
    conditions.push(json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastUpdateTime": format_time(now), "lastTransitionTime": since,
    }));
}

/// Returns a condition with `lastTransitionTime`, which only changes with the status.
pub fn condition(
    old: &[Value],
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> Value {
    let since = match find(old, kind) {
        Some(old) if text(old, "/status") == status => text(old, "/lastTransitionTime").to_owned(),
        _ => format_time(now),
    };
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": since,
    })
}
