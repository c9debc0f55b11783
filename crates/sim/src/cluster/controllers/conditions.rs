//! Lists of conditions.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::json::text;
use crate::cluster::model::time;

pub fn find<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a Value> {
    conditions.iter().find(|one| text(one, "/type") == kind)
}

/// A condition of a Deployment: with the time of its latest update.
pub fn set(
    conditions: &mut Vec<Value>,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    now: Timestamp,
) {
    let old = find(conditions, kind).cloned();
    let same = |path: &str, value: &str| old.as_ref().is_some_and(|old| text(old, path) == value);
    if same("/status", status) && same("/reason", reason) {
        return;
    }
    let since = match &old {
        Some(old) if same("/status", status) => text(old, "/lastTransitionTime").to_owned(),
        _ => time(now),
    };
    conditions.retain(|one| text(one, "/type") != kind);
    conditions.push(json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastUpdateTime": time(now), "lastTransitionTime": since,
    }));
}

/// A plain condition, of which only the message may change while its status stays.
pub fn plain(
    old: &[Value],
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> Value {
    let since = match find(old, kind) {
        Some(old) if text(old, "/status") == status => text(old, "/lastTransitionTime").to_owned(),
        _ => time(now),
    };
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": since,
    })
}
