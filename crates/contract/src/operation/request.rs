//! The request of an operation: parameters and body.

use super::Operation;
use crate::{
    problems,
    schemas::{self, Schemas},
};
use nokube_domain::{
    BuildId, DeploymentId, ProblemKind, ProjectId,
    name::Username,
    page::{DEFAULT_LIMIT, MAX_LIMIT},
};
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, RefOr, Required, Schema,
        path::{Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
    },
};

impl Operation {
    /// An optional query parameter.
    pub fn query_parameter(
        mut self,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        description: &str,
    ) -> Self {
        self.parameters.push(parameter(ParameterIn::Query, name, schema.into(), description));
        self
    }

    /// A query parameter that is `true` or `false`.
    pub fn query_flag(self, name: &str, description: &str) -> Self {
        self.query_parameter(name, schemas::boolean(), description)
    }

    /// The query parameters of a list.
    pub fn paginated(self) -> Self {
        let limit = schemas::integer(1, MAX_LIMIT, Some(DEFAULT_LIMIT));
        let offset = schemas::integer(0, u32::MAX, Some(0));
        self.query_parameter("limit", limit, "Maximum number of items to return.").query_parameter(
            "offset",
            offset,
            "Number of items to skip.",
        )
    }

    /// Allows any query parameter.
    pub fn any_query(mut self) -> Self {
        self.problems.retain(|problem| problem.kind != ProblemKind::Invalid);
        self
    }

    /// An optional request header.
    pub fn header_parameter(
        mut self,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        description: &str,
    ) -> Self {
        self.parameters.push(parameter(ParameterIn::Header, name, schema.into(), description));
        self
    }

    pub fn required_header_parameter(
        mut self,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        description: &str,
    ) -> Self {
        let mut header = parameter(ParameterIn::Header, name, schema.into(), description);
        header.required = Required::True;
        self.parameters.push(header);
        self
    }

    /// A required JSON body.
    pub fn json_body<T: ToSchema>(self, example: Value) -> Self {
        self.body::<T>(&["application/json"], Required::True, example)
    }

    /// A body with one of these media types.
    pub fn body<T: ToSchema>(
        mut self,
        media_types: &[&str],
        required: Required,
        example: Value,
    ) -> Self {
        let schema = self.schemas.add::<T>();
        self.set_body(schema.into(), media_types, required, example)
    }

    /// A required JSON body whose schema is not ours.
    pub fn any_json_body(self, example: Value) -> Self {
        self.set_body(schemas::any_json().into(), &["application/json"], Required::True, example)
    }

    fn set_body(
        mut self,
        schema: RefOr<Schema>,
        media_types: &[&str],
        required: Required,
        example: Value,
    ) -> Self {
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        let mut body = RequestBodyBuilder::new().required(Some(required));
        for media_type in media_types {
            body = body.content(*media_type, content.clone());
        }
        self.body = Some(body.build());
        self.problems.extend(problems::for_body());
        self
    }

    /// A body is allowed, but its content is ignored.
    pub fn ignores_body(self) -> Self {
        self.problem(ProblemKind::TooLarge, "The body must have at most 1 KiB.")
            .problem(ProblemKind::TooSlow, problems::BODY_TOO_SLOW)
            .problem(ProblemKind::Malformed, "The body is incomplete.")
    }
}

fn parameter(
    location: ParameterIn,
    name: &str,
    schema: RefOr<Schema>,
    description: &str,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(location)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// The parameters for each `{name}` in a path.
pub fn path_parameters(path: &str, schemas: &mut Schemas) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let (schema, description) = match name {
                "build" => (schemas.add::<BuildId>().into(), "The build's id."),
                "project" => (schemas.add::<ProjectId>().into(), "The project's number."),
                "deployment" => (schemas.add::<DeploymentId>().into(), "The deployment's id."),
                "username" => {
                    (schemas.add::<Username>().into(), "The person's name on this platform.")
                }
                _ => (schemas::integer(1, u32::MAX, None).into(), "Its number."),
            };
            let mut parameter = parameter(ParameterIn::Path, name, schema, description);
            parameter.required = Required::True;
            parameter
        })
        .collect()
}
