//! Converts an operation into its OpenAPI form.

use super::Operation;
use crate::{problems, schemas::Schemas};
use nokube_domain::responses::{RoutePolicy, RouteView};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::openapi::{
    HttpMethod, ResponseBuilder, ResponsesBuilder,
    extensions::Extensions,
    path::{self, OperationBuilder},
    security::SecurityRequirement,
};

impl Operation {
    /// The operation under its method and path, and the schemas that it refers to.
    pub fn into_openapi(self) -> (HttpMethod, &'static str, path::Operation, Schemas) {
        let route = self.route();
        let policy = json!({ "demand": route.policy, "role": route.role, "scope": route.scope });
        let mut responses: BTreeMap<u16, ResponseBuilder> = BTreeMap::new();
        for response in self.responses {
            let mut builder = ResponseBuilder::new().description(response.description);
            for (media_type, content) in response.content {
                builder = builder.content(media_type, content);
            }
            responses.insert(response.status, problems::add_headers(builder, &response.headers));
        }
        for (status, problems) in problems::by_status(&self.problems) {
            let other = responses.remove(&status);
            responses.insert(status, problems::response(other, status, &problems));
        }
        let responses =
            responses.into_iter().fold(ResponsesBuilder::new(), |all, (status, response)| {
                all.response(status.to_string(), response)
            });
        let operation = OperationBuilder::new()
            .operation_id(Some(self.id))
            .tag(self.tag)
            .summary(Some(self.summary))
            .description(Some(self.description).filter(|text| !text.is_empty()))
            .parameters(Some(self.parameters).filter(|all| !all.is_empty()))
            .request_body(self.body)
            .responses(responses.build())
            .securities(Some(security_requirements(&route)))
            .extensions(Some(Extensions::from_iter([("x-demand", policy)])));
        (self.method, self.path, operation.build(), self.schemas)
    }
}

fn security_requirements(route: &RouteView) -> Vec<SecurityRequirement> {
    let no_scopes: [&str; 0] = [];
    match route.policy {
        RoutePolicy::Public => Vec::new(),
        RoutePolicy::Signature => vec![SecurityRequirement::new("webhookSignature", no_scopes)],
        RoutePolicy::SessionRenewal => vec![SecurityRequirement::new("renewal", no_scopes)],
        _ => {
            let scope = route.scope.map_or("account", |scope| scope.as_str());
            vec![
                SecurityRequirement::new("session", no_scopes),
                SecurityRequirement::new("bearer", [scope]),
            ]
        }
    }
}
