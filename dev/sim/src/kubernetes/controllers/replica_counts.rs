//! The numbers of replicas in specs.

use serde_json::Value;

use crate::kubernetes::json::{int, text};

pub fn replicas(object: &Value) -> i64 {
    int(object, "/spec/replicas").unwrap_or_default()
}

/// A count, or a percentage of the replicas. The default is 25%.
fn count_or_percentage(deployment: &Value, field: &str, round: fn(i64) -> i64) -> i64 {
    match deployment.pointer(&format!("/spec/strategy/rollingUpdate/{field}")) {
        Some(Value::Number(count)) => count.as_i64().unwrap_or_default(),
        percentage => {
            let percentage = percentage.and_then(Value::as_str).unwrap_or("25%");
            let percentage: i64 = percentage.trim_end_matches('%').parse().unwrap_or_default();
            round(replicas(deployment) * percentage)
        }
    }
}

pub fn max_surge(deployment: &Value) -> i64 {
    count_or_percentage(deployment, "maxSurge", |hundredths| (hundredths + 99) / 100)
}

pub fn max_unavailable(deployment: &Value) -> i64 {
    if text(deployment, "/spec/strategy/type") == "Recreate" {
        return 0;
    }
    let count = count_or_percentage(deployment, "maxUnavailable", |hundredths| hundredths / 100);
    // If both were zero, the rollout could not progress.
    let count = if count == 0 && max_surge(deployment) == 0 { 1 } else { count };
    count.min(replicas(deployment))
}
