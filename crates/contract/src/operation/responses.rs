//! The responses of an operation: successes and problems.

use super::{Operation, Response};
use crate::{
    examples, problems,
    schemas::{self, Schemas},
};
use nokube_domain::{Problem, ProblemKind, Reason};
use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{Content, ContentBuilder, OneOfBuilder, extensions::Extensions},
};

const JSON: &str = "application/json";

impl Operation {
    pub fn json_response<T: ToSchema>(
        self,
        status: u16,
        description: &'static str,
        example: Value,
    ) -> Self {
        self.response_as::<T>(JSON, status, description, example)
    }

    /// A JSON response with a media type of its own.
    pub fn response_as<T: ToSchema>(
        mut self,
        media_type: &'static str,
        status: u16,
        description: &'static str,
        example: Value,
    ) -> Self {
        let schema = self.schemas.add::<T>();
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        self.response(status, description, vec![(media_type, content)])
    }

    /// A JSON response with one of two schemas, and a named example of each.
    pub fn one_of_response<A: ToSchema, B: ToSchema>(
        mut self,
        status: u16,
        description: &'static str,
        examples: [(&str, Value); 2],
    ) -> Self {
        let (a, b) = (self.schemas.add::<A>(), self.schemas.add::<B>());
        let mut content = ContentBuilder::new().schema(Some(OneOfBuilder::new().item(a).item(b)));
        for (name, value) in examples {
            content = content.examples_from_iter([(name, examples::named(name, value))]);
        }
        self.response(status, description, vec![(JSON, content.build())])
    }

    /// A log as plain text or as an event stream. `event_schemas` maps the name of each event to the
    /// schema of its data.
    pub fn log_response(
        mut self,
        description: &'static str,
        text_example: &str,
        stream_example: &str,
        event_schemas: impl FnOnce(&mut Schemas) -> Value,
    ) -> Self {
        let events = Extensions::from_iter([("x-events", event_schemas(&mut self.schemas))]);
        let stream = ContentBuilder::new()
            .schema(Some(schemas::string()))
            .example(Some(json!(stream_example)))
            .extensions(Some(events))
            .build();
        let content =
            vec![("text/plain", text_content(text_example)), ("text/event-stream", stream)];
        self.response(200, description, content)
    }

    pub fn text_response(self, status: u16, description: &'static str, example: &str) -> Self {
        self.response(status, description, vec![("text/plain", text_content(example))])
    }

    pub fn empty_response(self, status: u16, description: &'static str) -> Self {
        self.response(status, description, Vec::new())
    }

    fn response(
        mut self,
        status: u16,
        description: &'static str,
        content: Vec<(&'static str, Content)>,
    ) -> Self {
        let headers = vec!["X-Request-Id"];
        self.responses.push(Response { status, description, content, headers });
        self
    }

    /// Adds a header to the last response.
    pub fn response_header(mut self, name: &'static str) -> Self {
        if let Some(response) = self.responses.last_mut() {
            response.headers.push(name);
        }
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

    /// A conflict with the current state, and the reason that clients can branch on.
    pub fn conflict(self, reason: Reason, detail: &str) -> Self {
        self.add_problem(Problem::conflict(reason, detail))
    }

    pub fn add_problem(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }

    /// Exempt from rate limits, because it revokes access.
    pub fn revokes_access(mut self) -> Self {
        self.problems.retain(|problem| problem.kind != ProblemKind::TooMany);
        self
    }

    /// Rate limited, although its policy alone does not imply that.
    pub fn rate_limited(self) -> Self {
        self.problem(ProblemKind::TooMany, problems::TOO_MANY)
    }

    /// Calls GitHub or the registry.
    pub fn calls_github(self) -> Self {
        self.problem(ProblemKind::UpstreamRefused, problems::GITHUB_REJECTED).problem(
            ProblemKind::UpstreamUnavailable,
            "GitHub does not answer. Try again in a moment.",
        )
    }

    /// Calls the Kubernetes API.
    pub fn calls_cluster(self) -> Self {
        self.problem(ProblemKind::UpstreamRefused, problems::CLUSTER_REJECTED).problem(
            ProblemKind::UpstreamUnavailable,
            "The cluster does not answer. Try again in a moment.",
        )
    }
}

fn text_content(example: &str) -> Content {
    ContentBuilder::new().schema(Some(schemas::string())).example(Some(json!(example))).build()
}
