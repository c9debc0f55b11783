//! The request of an operation: parameters and body.

use super::Operation;
use crate::schemas;
use nokube_domain::page::{DEFAULT_LIMIT, MAX_LIMIT};
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, RefOr, Required, Schema,
        path::{ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
    },
};

const IDEMPOTENCY_KEY: &str = "A string of your choice (1 to 255 visible ASCII characters). Requests \
                               that repeat the key and the content are executed once. A different \
                               request with the same key is rejected.";

impl Operation {
    fn parameter(
        mut self,
        location: ParameterIn,
        name: &str,
        required: Required,
        schema: impl Into<RefOr<Schema>>,
        description: &str,
    ) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(location)
            .required(required)
            .description(Some(description))
            .schema(Some(schema));
        self.parameters.push(parameter.build());
        self
    }

    /// An optional query parameter.
    pub fn query_parameter(
        self,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        description: &str,
    ) -> Self {
        self.parameter(ParameterIn::Query, name, Required::False, schema, description)
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
        self.allows_any_query = true;
        self
    }

    /// The header that names a request, so that it is executed once.
    pub fn idempotency_key(self) -> Self {
        let schema = schemas::string_matching("^[!-~]{1,255}$");
        let (location, name) = (ParameterIn::Header, "Idempotency-Key");
        self.parameter(location, name, Required::False, schema, IDEMPOTENCY_KEY)
    }

    /// The header with which a client continues an event stream.
    pub fn last_event_id(self) -> Self {
        let description = "The `id` of the last event that you received.";
        let (location, name) = (ParameterIn::Header, "Last-Event-ID");
        self.parameter(location, name, Required::False, schemas::string_up_to(64), description)
    }

    /// The header with which a client that polls sends what it has.
    pub(super) fn if_none_match(self) -> Self {
        let description = "The `ETag` of the response that you have. If it is current, the response is 304 \
                           without a body.";
        let (location, name) = (ParameterIn::Header, "If-None-Match");
        self.parameter(location, name, Required::False, schemas::string(), description)
    }

    pub fn required_header(
        self,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        description: &str,
    ) -> Self {
        self.parameter(ParameterIn::Header, name, Required::True, schema, description)
    }

    /// A required JSON body.
    pub fn json_body<T: ToSchema>(self, example: Value) -> Self {
        self.body::<T>(&["application/json"], Required::True, example)
    }

    /// A JSON body that may be absent.
    pub fn optional_json_body<T: ToSchema>(self, example: Value) -> Self {
        self.body::<T>(&["application/json"], Required::False, example)
    }

    /// A required body as JSON or as a form.
    pub fn json_or_form_body<T: ToSchema>(self, example: Value) -> Self {
        let media_types = ["application/json", "application/x-www-form-urlencoded"];
        self.body::<T>(&media_types, Required::True, example)
    }

    /// A required JSON body whose schema is not ours.
    pub fn any_json_body(self, example: Value) -> Self {
        let schema = schemas::any_json();
        self.set_body(schema.into(), &["application/json"], Required::True, example)
    }

    fn body<T: ToSchema>(
        mut self,
        media_types: &[&str],
        required: Required,
        example: Value,
    ) -> Self {
        let schema = self.schemas.add::<T>();
        self.set_body(schema.into(), media_types, required, example)
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
        self.reads_body()
    }
}
