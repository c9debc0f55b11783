//! Conditions with the generation that they are about.
//!
//! <https://gateway-api.sigs.k8s.io/guides/implementers/#resource-details>

use super::metadata::observed;
use nokube_domain::deployments::Issue;

observed! {
    pub(super) struct Condition {
        r#type: String,
        status: String,
        pub(super) reason: String,
        message: String,
        observed_generation: i64,
    }
}

/// What a condition says that is `True` if all is well.
#[derive(Clone, Copy)]
pub(super) enum Verdict<'a> {
    True,
    False(&'a Condition),
    /// It is missing, `Unknown`, or about an older generation of the object.
    Unknown(Option<&'a Condition>),
}

pub(super) fn verdict<'a>(conditions: &'a [Condition], kind: &str, generation: i64) -> Verdict<'a> {
    let condition = conditions.iter().find(|condition| condition.r#type == kind);
    match condition {
        // Without an observed generation it counts as current.
        Some(found) if (1..generation).contains(&found.observed_generation) => {
            Verdict::Unknown(None)
        }
        Some(found) if found.status == "True" => Verdict::True,
        Some(found) if found.status == "False" => Verdict::False(found),
        other => Verdict::Unknown(other),
    }
}

impl Condition {
    /// The issue with what the condition says.
    pub(super) fn explain(&self, issue: Issue) -> Issue {
        issue.with_reason(&self.reason).with_detail(&self.message)
    }
}
