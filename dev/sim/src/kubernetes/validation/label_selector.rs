//! Matches labels with the selectors of Deployments and PodDisruptionBudgets.

use serde_json::Value;

use crate::kubernetes::json::{list, members, text};

/// Whether labels match a `LabelSelector`.
pub fn selector_matches(selector: &Value, labels: Option<&Value>) -> bool {
    let value = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str);
    let has_labels =
        members(selector, "/matchLabels").all(|(key, expected)| value(key) == expected.as_str());
    has_labels
        && list(selector, "/matchExpressions").iter().all(|expression| {
            let found = value(text(expression, "/key"));
            let is_any = list(expression, "/values").iter().any(|value| value.as_str() == found);
            match text(expression, "/operator") {
                "In" => is_any,
                "NotIn" => !is_any,
                "Exists" => found.is_some(),
                _ => found.is_none(),
            }
        })
}
