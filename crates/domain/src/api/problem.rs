//! Error responses as `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};

/// Defines [`ProblemKind`]: each kind with its HTTP status, its name in `type`, and its title.
macro_rules! problem_kinds {
    ($($kind:ident $status:literal $name:literal $title:literal;)*) => {
        /// The kind of a problem. Each has an HTTP status, a title, and a `type` that clients can branch on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemKind {
            $($kind,)*
        }

        impl ProblemKind {
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// The HTTP status, the name in `type`, and the title.
            pub fn metadata(self) -> (u16, &'static str, &'static str) {
                match self {
                    $(Self::$kind => ($status, $name, $title),)*
                }
            }

            /// The name in `type`.
            pub fn name(self) -> &'static str {
                self.metadata().1
            }
        }
    };
}

problem_kinds! {
    Malformed 400 "malformed" "The request cannot be read";
    Unauthenticated 401 "unauthenticated" "Sign in first";
    Forbidden 403 "forbidden" "Not allowed";
    NotFound 404 "not-found" "Not found";
    MethodNotAllowed 405 "method-not-allowed" "Method not allowed";
    TooSlow 408 "too-slow" "The request took too long to arrive";
    Conflict 409 "conflict" "Conflict with the current state";
    InProgress 409 "in-progress" "The same request is in progress";
    TooLarge 413 "too-large" "The request is too large";
    UnsupportedMediaType 415 "unsupported-media-type" "JSON is expected";
    Invalid 422 "invalid" "Some fields need a change";
    TooMany 429 "too-many" "Too many requests";
    Internal 500 "internal" "Internal error";
    UpstreamRefused 502 "upstream-refused" "Another system rejected the request";
    UpstreamUnavailable 503 "upstream-unavailable" "Another system is unavailable";
    Misconfigured 503 "misconfigured" "The platform is not set up yet";
}

/// Which problem of its kind it is, where clients need to tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ProblemReason))]
pub enum Reason {
    /// The caller's role in the project is too low.
    RoleTooSmall,
    /// An administrator has blocked the caller.
    Blocked,
    /// The caller already has a project of this name.
    ProjectExists,
    /// The caller has as many projects as the platform allows.
    TooManyProjects,
    /// The project has as many members and open invitations as the platform allows.
    TooManyMembers,
    /// The person has as many open invitations, of this owner or in all, as the platform allows.
    TooManyInvitations,
    /// The person has declined several invitations of this owner lately.
    InvitationsDeclined,
    /// The caller has been a member of as many projects as the platform allows.
    TooManyMemberships,
    /// The project still has deployments or running builds.
    ProjectInUse,
    /// The caller has as many tokens as the platform allows.
    TooManyTokens,
    BuildEnded,
    BuildUnderWay,
    /// The project, or its owner, has as many services as the platform allows.
    TooManyServices,
    DeploymentStopped,
    NoEarlierRelease,
    /// Automatic deployment goes on already.
    NotPaused,
    /// The cluster no longer has the values of secrets that this release needs.
    SecretsLost,
    /// The platform uses a token at GitHub in place of a GitHub App.
    NeedsGithubApp,
    /// The pull request was closed, or has another head.
    PullRequestChanged,
    /// The configuration comes from the file nokube.toml in the branch of the service.
    ConfigFile,
}

/// An error in one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Fault))]
pub struct FieldError {
    /// The name of the field (`map.key` for an entry of a map), query parameter or header.
    pub field: String,
    /// What the value must be, or what to do.
    pub detail: String,
}

impl FieldError {
    /// A long name is truncated, because a client may send one of any length.
    pub fn new(field: &str, detail: impl Into<String>) -> Self {
        let field = match field.char_indices().nth(MAX_FIELD_NAME) {
            Some((end, _)) => format!("{}…", field.get(..end).unwrap_or_default()),
            None => field.to_owned(),
        };
        Self { field, detail: detail.into() }
    }
}

/// Characters of a field's name that a [`FieldError`] repeats.
const MAX_FIELD_NAME: usize = 100;

/// Field errors that a response lists. The rest is only counted.
pub const MAX_LISTED_ERRORS: usize = 50;

/// An error response. It contains only what the caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// What happened and what to change, as a sentence.
    pub detail: String,
    pub reason: Option<Reason>,
    /// All invalid fields, for [`ProblemKind::Invalid`]. A response lists [`MAX_LISTED_ERRORS`] of them.
    pub errors: Vec<FieldError>,
    /// Seconds after which the client may retry the request.
    pub retry_after: Option<u32>,
    /// The methods that there are, for [`ProblemKind::MethodNotAllowed`]: the value of `Allow`.
    pub allow: Option<String>,
}

impl Problem {
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let (detail, errors) = (detail.into(), Vec::new());
        Self { kind, detail, reason: None, errors, retry_after: None, allow: None }
    }

    /// There is no such method at a path, only those in `allowed`, which are separated by commas.
    pub fn method_not_allowed(allowed: String) -> Self {
        let problem = Self::new(ProblemKind::MethodNotAllowed, format!("Use {allowed} here."));
        Self { allow: Some(allowed), ..problem }
    }

    /// The same response for an object that does not exist and for one that belongs to somebody else.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            ProblemKind::NotFound,
            format!("There is no such {what}, or it belongs to somebody else."),
        )
    }

    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [error] => format!("{}: {}", error.field, error.detail),
            errors => match errors.len().checked_sub(MAX_LISTED_ERRORS) {
                None | Some(0) => format!("{} fields need a change.", errors.len()),
                Some(rest) => format!(
                    "{} fields need a change: these {MAX_LISTED_ERRORS}, and {rest} more.",
                    errors.len()
                ),
            },
        };
        Self { errors, ..Self::new(ProblemKind::Invalid, detail) }
    }

    /// One invalid field.
    pub fn invalid_field(field: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, detail)])
    }

    /// The request conflicts with the current state.
    pub fn conflict(reason: Reason, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Conflict, detail).with_reason(reason)
    }

    /// Another request is doing the same; the client may retry soon.
    pub fn in_progress(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::InProgress, detail).with_retry_after(2)
    }

    pub fn with_reason(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    pub fn with_retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    pub fn status(&self) -> u16 {
        self.kind.metadata().0
    }

    /// The response body; `instance` is the path of the request.
    pub fn body<'a>(&'a self, instance: &'a str) -> ProblemBody<'a> {
        let (status, kind, title) = self.kind.metadata();
        let r#type = format!("/problems/{kind}");
        let (errors, more_errors) =
            self.errors.split_at_checked(MAX_LISTED_ERRORS).unwrap_or((&self.errors, &[]));
        ProblemBody {
            r#type,
            title,
            status,
            detail: &self.detail,
            reason: self.reason,
            instance,
            errors,
            more_errors: more_errors.len(),
        }
    }
}

/// An error response (RFC 9457).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Problem))]
pub struct ProblemBody<'a> {
    /// The kind of problem, for programs.
    #[cfg_attr(feature = "schema", schema(schema_with = crate::schema::problem_types))]
    pub r#type: String,
    /// The kind of problem, for people.
    pub title: &'static str,
    /// The HTTP status of the response.
    pub status: u16,
    /// What happened and what to change.
    pub detail: &'a str,
    /// Which problem of its kind it is, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub reason: Option<Reason>,
    /// The path of the request.
    #[cfg_attr(feature = "schema", schema(format = "uri-reference"))]
    pub instance: &'a str,
    /// The invalid fields of the request, or what prevents the deletion of a project: at most 50.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<FieldError>))]
    pub errors: &'a [FieldError],
    /// The number of errors that are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "schema", schema(required = false, minimum = 1))]
    pub more_errors: usize,
}

// serde passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
