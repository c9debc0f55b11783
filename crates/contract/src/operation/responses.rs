//! The responses of an operation, apart from problems.

use super::{Operation, PROBLEM};
use crate::{
    examples,
    schemas::{self, Schemas},
};
use nokube_domain::responses::AuditLogPage;
use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{
        Content, ContentBuilder, Header, OneOfBuilder, Ref, RefOr, Response, ResponseBuilder,
        extensions::Extensions,
    },
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

    /// A page of an audit log, with the action and the object of an example.
    pub fn audit_log(self, action: &str, object: &str) -> Self {
        let event = json!({
            "at": "2025-08-18T10:00:00.123456Z", "action": action, "object": object,
            "by": {
                "issuer": "https://github.com", "subject": "583231", "login": "testuser",
                "via": "session",
            },
            "from": "192.0.2.7", "request_id": "7d1f0c3a9b2e4d65",
        });
        let example = examples::page("events", event);
        self.paginated().json_response::<AuditLogPage>(200, "A page of the audit log.", example)
    }

    /// A response that extends a problem.
    pub fn problem_response<T: ToSchema>(
        self,
        status: u16,
        description: &'static str,
        example: Value,
    ) -> Self {
        self.response_as::<T>(PROBLEM, status, description, example)
    }

    fn response_as<T: ToSchema>(
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

    /// A log as plain text or as an event stream. `events` maps the name of each event to the schema of its
    /// data.
    pub fn log_response(
        mut self,
        description: &'static str,
        text_example: &str,
        stream_example: &str,
        events: impl FnOnce(&mut Schemas) -> Value,
    ) -> Self {
        let events = events(&mut self.schemas);
        let stream = ContentBuilder::new()
            .schema(Some(schemas::string()))
            .example(Some(json!(stream_example)))
            .extensions(Some(Extensions::from_iter([("x-events", events)])))
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
        let response = ResponseBuilder::new().description(description);
        let response = content.into_iter().fold(response, |response, (media_type, content)| {
            response.content(media_type, content)
        });
        self.responses.push((status, add_headers(response, &["X-Request-Id"]).build()));
        self
    }

    /// A read whose JSON has an entity tag: a client that sends it gets 304 as long as it is current.
    pub fn conditional(mut self) -> Self {
        let is_json = |response: &Response| response.content.contains_key(JSON);
        let read = self.responses.iter_mut().find(|(status, r)| *status == 200 && is_json(r));
        let Some((_, response)) = read else { return self };
        *response = add_headers(response.clone().into(), &["ETag"]).build();
        self.if_none_match()
            .empty_response(304, "What you have is current.")
            .response_header("ETag")
    }

    /// Adds a header to the last response.
    pub fn response_header(mut self, name: &'static str) -> Self {
        if let Some((status, response)) = self.responses.pop() {
            self.responses.push((status, add_headers(response.into(), &[name]).build()));
        }
        self
    }
}

/// Adds references to these response headers.
pub fn add_headers(response: ResponseBuilder, names: &[&'static str]) -> ResponseBuilder {
    let mut response = response.build();
    for name in names {
        let reference = RefOr::<Header>::Ref(Ref::new(format!("#/components/headers/{name}")));
        response.headers.insert((*name).into(), reference);
    }
    response.into()
}

fn text_content(example: &str) -> Content {
    ContentBuilder::new().schema(Some(schemas::string())).example(Some(json!(example))).build()
}
