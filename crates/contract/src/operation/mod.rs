//! Builder for the description of one operation of the API.

mod request;
mod responses;

use crate::schemas::Schemas;
use nokube_domain::{Problem, ProblemKind, Reason};
pub use responses::add_headers;
use utoipa::openapi::{Response, path::Parameter, request_body::RequestBody};

/// The media type of problems.
pub const PROBLEM: &str = "application/problem+json";

const BODY_TOO_SLOW: &str = "The body did not arrive in time. Send it again.";

/// An operation: its request and its responses, apart from what its route implies.
pub struct Operation {
    pub id: &'static str,
    pub summary: &'static str,
    pub description: &'static str,
    /// Without those in the path.
    pub parameters: Vec<Parameter>,
    pub allows_any_query: bool,
    pub body: Option<RequestBody>,
    /// With their status, apart from problems.
    pub responses: Vec<(u16, Response)>,
    /// Those that the access policy does not imply, with an example of the detail.
    pub problems: Vec<Problem>,
    pub schemas: Schemas,
}

impl Operation {
    pub fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            description: "",
            parameters: Vec::new(),
            allows_any_query: false,
            body: None,
            responses: Vec::new(),
            problems: Vec::new(),
            schemas: Schemas::default(),
        }
    }

    pub fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// A problem with an example of its detail. For [`ProblemKind::Invalid`] the example is
    /// `FIELD: DETAIL`.
    pub fn problem(self, kind: ProblemKind, detail: &str) -> Self {
        self.add_problem(match detail.split_once(": ") {
            Some((field, detail)) if kind == ProblemKind::Invalid => {
                Problem::invalid_field(field, detail)
            }
            _ => Problem::new(kind, detail),
        })
    }

    /// There is no such object, or it belongs to somebody else.
    pub fn not_found(self, what: &str) -> Self {
        self.add_problem(Problem::not_found(what))
    }

    /// A conflict with the current state, and the reason that clients can branch on.
    pub fn conflict(self, reason: Reason, detail: &str) -> Self {
        self.add_problem(Problem::conflict(reason, detail))
    }

    pub fn add_problem(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }

    /// Reads the body, and rejects it as [`Self::body`] does.
    fn reads_body(self) -> Self {
        self.problem(ProblemKind::Malformed, "The body must be a JSON object.")
            .problem(ProblemKind::TooSlow, BODY_TOO_SLOW)
            .problem(ProblemKind::TooLarge, "The body must have at most 256 KiB.")
            .problem(
                ProblemKind::UnsupportedMediaType,
                "Send JSON, with 'Content-Type: application/json'.",
            )
    }

    /// A body is allowed, but its content is ignored.
    pub fn ignores_body(self) -> Self {
        self.problem(ProblemKind::TooLarge, "The body must have at most 1 KiB.")
            .problem(ProblemKind::TooSlow, BODY_TOO_SLOW)
            .problem(ProblemKind::Malformed, "The body is incomplete.")
    }

    /// Calls GitHub or the registry.
    pub fn calls_github(self) -> Self {
        let rejected = "GitHub does not accept the platform's credentials. Its administrator must \
                        renew them.";
        self.calls_another_system(rejected, "GitHub does not answer. Try again in a moment.")
    }

    /// Calls the Kubernetes API.
    pub fn calls_cluster(self) -> Self {
        let rejected = "The cluster does not accept the platform's token. Its administrator finds \
                        more under /ready.";
        self.calls_another_system(rejected, "The cluster does not answer. Try again in a moment.")
    }

    fn calls_another_system(self, rejected: &str, unavailable: &str) -> Self {
        self.problem(ProblemKind::UpstreamRefused, rejected)
            .problem(ProblemKind::UpstreamUnavailable, unavailable)
    }
}
