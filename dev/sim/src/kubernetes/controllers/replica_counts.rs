//! The numbers of replicas in specs.

use serde_json::Value;

use crate::kubernetes::json::{int, text};

pub fn replicas(object: &Value) -> i64 {
    int(object, "/spec/replicas").unwrap_or_default()
}

/// A count, or a percentage of the replicas.
fn count_or_percentage(deployment: &Value, field: &str, round_up: bool) -> i64 {
    let total = replicas(deployment);
    match deployment.pointer(&format!("/spec/strategy/rollingUpdate/{field}")) {
        Some(Value::String(percentage)) => {
            let percentage: i64 = percentage.trim_end_matches('%').parse().unwrap_or_default();
            if round_up { (total * percentage + 99) / 100 } else { total * percentage / 100 }
        }
        Some(count) => count.as_i64().unwrap_or_default(),
        None => 0,
    }
}

pub fn max_surge(deployment: &Value) -> i64 {
    count_or_percentage(deployment, "maxSurge", true)
}

pub fn max_unavailable(deployment: &Value) -> i64 {
    if text(deployment, "/spec/strategy/type") == "Recreate" {
        return 0;
    }
    let count = count_or_percentage(deployment, "maxUnavailable", false);
    // If both were zero, the rollout could not progress.
    let count = if count == 0 && max_surge(deployment) == 0 { 1 } else { count };
    count.min(replicas(deployment))
}
