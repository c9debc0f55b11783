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
    pub const ALL: [Self; 16] = [
        Self::Malformed,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooSlow,
        Self::Conflict,
        Self::InProgress,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::TooMany,
        Self::Internal,
        Self::UpstreamRefused,
        Self::UpstreamUnavailable,
        Self::Misconfigured,
    ];

    /// Its name in `type`.
    pub fn name(self) -> &'static str {
        self.parts().1
    }

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

/// Which problem it is, where its kind alone would not tell a program what to say or do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ProblemReason))]
pub enum Reason {
    /// The caller's role in the project is too small.
    RoleTooSmall,
    /// An administrator has taken the caller's access away.
    Blocked,
    /// The caller has a project of this name.
    ProjectExists,
    /// The caller has as many projects as the platform allows.
    TooManyProjects,
    /// Something of the project runs.
    ProjectInUse,
    /// The caller has as many tokens as the platform allows.
    TooManyTokens,
    BuildEnded,
    BuildUnderWay,
    /// The project, or its owner, has as many services as the platform allows.
    TooManyServices,
    DeploymentStopped,
    NoEarlierRelease,
    /// The cluster has lost the values of secrets that this release needs.
    SecretsLost,
}

/// A fault of one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Fault {
    /// Its name; of a map `map.key`; of a query or a header, that one's name.
    pub field: String,
    /// What it must be, or what to do.
    pub detail: String,
}

/// A problem to be shown to the caller. It holds nothing that the caller must not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// What happened and what to change, in a sentence.
    pub detail: String,
    pub reason: Option<Reason>,
    /// Every faulty field, for [`ProblemKind::Invalid`].
    pub errors: Vec<Fault>,
    /// Seconds after which the same request may do better.
    pub retry_after: Option<u32>,
}

impl Problem {
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), reason: None, errors: Vec::new(), retry_after: None }
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

    /// Not in the present state of things.
    pub fn conflict(reason: Reason, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Conflict, detail).because(reason)
    }

    pub fn because(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    pub fn status(&self) -> u16 {
        self.kind.parts().0
    }

    /// The body; `instance` is the path that was asked for.
    pub fn body<'a>(&'a self, instance: &'a str) -> ProblemBody<'a> {
        let (status, kind, title) = self.kind.parts();
        let r#type = format!("/problems/{kind}");
        let (detail, errors) = (self.detail.as_str(), self.errors.as_slice());
        ProblemBody { r#type, title, status, detail, reason: self.reason, instance, errors }
    }
}

/// What went wrong, in words (RFC 9457).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Problem))]
pub struct ProblemBody<'a> {
    /// The kind of problem, for programs.
    #[cfg_attr(feature = "schema", schema(schema_with = crate::schema::problem_types))]
    pub r#type: String,
    /// The kind in words.
    pub title: &'static str,
    /// The status of the answer once more.
    pub status: u16,
    /// What happened and what to change.
    pub detail: &'a str,
    /// Which problem of its kind it is, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub reason: Option<Reason>,
    /// The path that was asked for.
    #[cfg_attr(feature = "schema", schema(format = "uri-reference"))]
    pub instance: &'a str,
    /// Every faulty field of the request; or, of a project that cannot be deleted, what stands in the
    /// way.
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<Fault>))]
    pub errors: &'a [Fault],
}
