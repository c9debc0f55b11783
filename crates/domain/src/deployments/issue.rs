//! What is wrong with a deployment: one entry for each reason.

use super::ErrorCode;
use serde::{Deserialize, Serialize};

/// The most characters of another system's text that are shown.
const MAX_DETAIL_CHARS: usize = 2_000;

/// One reason why a deployment does not run as requested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Issue))]
pub struct Issue {
    /// For programs; values as in the deployment's `error_code`.
    pub code: ErrorCode,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What a developer can do, in a sentence.
    pub action: String,
    /// What Kubernetes, the registry, the container runtime or the program itself says.
    pub detail: Option<String>,
    /// The reason as Kubernetes calls it, such as `ImagePullBackOff`.
    pub reason: Option<String>,
    /// The object that it is about, as `KIND NAME`.
    pub object: Option<String>,
    /// True if it can pass without a change by a person.
    pub temporary: bool,
}

impl Issue {
    /// An issue that can pass by itself, such as a registry that is away for some seconds.
    pub fn temporary(
        code: ErrorCode,
        message: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            action: action.into(),
            detail: None,
            reason: None,
            object: None,
            temporary: true,
        }
    }

    /// An issue that does not pass: somebody must change something.
    pub fn permanent(
        code: ErrorCode,
        message: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        Self { temporary: false, ..Self::temporary(code, message, action) }
    }

    /// Adds the other system's own text, without control characters and of a bounded length.
    #[must_use]
    pub fn with_detail(self, detail: &str) -> Self {
        let detail: String = detail
            .trim()
            .chars()
            .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
            .take(MAX_DETAIL_CHARS)
            .collect();
        Self { detail: Some(detail).filter(|detail| !detail.is_empty()), ..self }
    }

    /// Adds more of that text at the end.
    pub fn add_detail(&mut self, more: &str) {
        let details = [self.detail.as_deref().unwrap_or_default(), more].join("\n");
        *self = self.clone().with_detail(&details);
    }

    #[must_use]
    pub fn with_reason(self, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()), ..self }
    }

    #[must_use]
    pub fn with_object(self, kind: &str, name: &str) -> Self {
        Self { object: Some(format!("{kind} {name}")), ..self }
    }

    /// Message, action and detail as one text.
    pub fn text(&self) -> String {
        let sentences = [self.message.as_str(), self.action.as_str()];
        let mut text = sentences.join(" ").trim().to_owned();
        if let Some(detail) = &self.detail {
            text.push('\n');
            text.push_str(detail);
        }
        text
    }

    /// Sorts issues: those that do not pass by themselves first. Each is kept once, although several pods may
    /// have it.
    pub fn sort(issues: Vec<Self>) -> Vec<Self> {
        let mut sorted: Vec<Self> = Vec::new();
        for issue in issues {
            let is_same = |other: &&mut Self| {
                (other.code, other.message.as_str()) == (issue.code, issue.message.as_str())
            };
            match sorted.iter_mut().find(is_same) {
                Some(other) if other.temporary && !issue.temporary => *other = issue,
                Some(_) => {}
                None => sorted.push(issue),
            }
        }
        sorted.sort_by_key(|issue| issue.temporary);
        sorted
    }
}
