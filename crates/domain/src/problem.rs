//! What went wrong, as RFC 9457 `application/problem+json` says it.

use serde::Serialize;

/// The kinds of problems; each has a status, a title and a `type` that a client can branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    Malformed,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    TooSlow,
    Conflict,
    InProgress,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    TooMany,
    Internal,
    UpstreamRefused,
    UpstreamUnavailable,
    Misconfigured,
}

impl ProblemKind {
    /// The HTTP status, the `type` and the title.
    pub fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Malformed => (400, "malformed", "The request cannot be read"),
            Self::Unauthenticated => (401, "unauthenticated", "Sign in first"),
            Self::Forbidden => (403, "forbidden", "Not allowed"),
            Self::NotFound => (404, "not-found", "There is no such thing"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "Not with this method"),
            Self::TooSlow => (408, "too-slow", "The request took too long to arrive"),
            Self::Conflict => (409, "conflict", "Not in its present state"),
            Self::InProgress => (409, "in-progress", "The same is under way"),
            Self::TooLarge => (413, "too-large", "The request is too large"),
            Self::UnsupportedMediaType => (415, "unsupported-media-type", "JSON is expected"),
            Self::Invalid => (422, "invalid", "Some fields need a change"),
            Self::TooMany => (429, "too-many", "Too many requests"),
            Self::Internal => (500, "internal", "Something is wrong on our side"),
            Self::UpstreamRefused => (502, "upstream-refused", "Another system refused"),
            Self::UpstreamUnavailable => (503, "upstream-unavailable", "Another system is away"),
            Self::Misconfigured => (503, "misconfigured", "The platform is not set up yet"),
        }
    }
}

/// A fault of one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub field: String,
    pub detail: String,
}

/// A problem to be shown to the caller. It holds nothing that the caller must not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// What happened and what to change, in a sentence.
    pub detail: String,
    /// Every faulty field, for [`ProblemKind::Invalid`].
    pub errors: Vec<Fault>,
    /// Seconds after which the same request may do better.
    pub retry_after: Option<u32>,
}

impl Problem {
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// Something that does not exist, or that is somebody else's: the same answer for both.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            ProblemKind::NotFound,
            format!("There is no such {what}, or it belongs to somebody else."),
        )
    }

    pub fn invalid(errors: Vec<Fault>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.field, only.detail),
            many => format!("{} fields need a change.", many.len()),
        };
        Self { errors, ..Self::new(ProblemKind::Invalid, detail) }
    }

    /// One faulty field.
    pub fn field(field: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Fault { field: field.into(), detail: detail.into() }])
    }

    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    pub fn status(&self) -> u16 {
        self.kind.parts().0
    }

    /// The body; `instance` is the path that was asked for.
    pub fn to_json(&self, instance: &str) -> serde_json::Value {
        let (status, kind, title) = self.kind.parts();
        let mut body = serde_json::json!({
            "type": format!("/problems/{kind}"),
            "title": title,
            "status": status,
            "detail": self.detail,
            "instance": instance,
        });
        if let (false, Some(map)) = (self.errors.is_empty(), body.as_object_mut()) {
            map.insert("errors".into(), serde_json::json!(self.errors));
        }
        body
    }
}
