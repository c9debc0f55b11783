//! The OpenAPI form of an operation: what its handler says about it and what its route implies.

use crate::problems;
use nokube_contract::{
    Operation,
    schemas::{self, Schemas},
};
use nokube_domain::{
    BuildId, DeploymentId, ProblemKind, ProjectId,
    name::{ServiceName, Username},
    problem::ProblemBody,
    responses::{RoutePolicy, RouteView},
    scope::Scope,
};
use nokube_edge::{Method, Route};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::openapi::{
    HttpMethod, RefOr, Required, ResponseBuilder, ResponsesBuilder, Schema,
    extensions::Extensions,
    path::{self, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    security::SecurityRequirement,
};

/// Adds the schemas that the operation refers to.
pub fn operation(
    route: &Route,
    tag: &str,
    described: Operation,
    all_schemas: &mut Schemas,
) -> path::Operation {
    let described = if route.is_conditional() { described.conditional() } else { described };
    all_schemas.add::<ProblemBody<'_>>();
    all_schemas.extend(described.schemas);
    let mut parameters = path_parameters(route.pattern, all_schemas);
    parameters.extend(described.parameters);

    let mut problems = problems::of_route(route);
    if described.allows_any_query {
        problems.retain(|problem| problem.kind != ProblemKind::Invalid);
    }
    problems.extend(described.problems);
    let described_responses = described.responses.into_iter();
    let mut responses: BTreeMap<u16, ResponseBuilder> =
        described_responses.map(|(status, response)| (status, response.into())).collect();
    for (status, problems) in problems::by_status(&problems) {
        let other = responses.remove(&status);
        responses.insert(status, problems::response(other, status, &problems));
    }
    let responses =
        responses.into_iter().fold(ResponsesBuilder::new(), |all, (status, response)| {
            all.response(status.to_string(), response)
        });

    let view = route.view();
    let policy = json!({ "demand": view.policy, "role": view.role, "scope": view.scope });
    OperationBuilder::new()
        .operation_id(Some(described.id))
        .tag(tag)
        .summary(Some(described.summary))
        .description(Some(described.description).filter(|text| !text.is_empty()))
        .parameters(Some(parameters).filter(|all| !all.is_empty()))
        .request_body(described.body)
        .responses(responses.build())
        .securities(Some(security_requirements(&view)))
        .extensions(Some(Extensions::from_iter([("x-demand", policy)])))
        .build()
}

pub fn http_method(route: &Route) -> HttpMethod {
    match route.method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// The parameters for each `{name}` in a path.
fn path_parameters(path: &str, schemas: &mut Schemas) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let (schema, description): (RefOr<Schema>, _) = match name {
                "build" => (schemas.add::<BuildId>().into(), "The build's id."),
                "project" => (schemas.add::<ProjectId>().into(), "The project's number."),
                "deployment" => (schemas.add::<DeploymentId>().into(), "The deployment's id."),
                "service" => (schemas.add::<ServiceName>().into(), "The service's name."),
                "username" => {
                    (schemas.add::<Username>().into(), "The person's name on this platform.")
                }
                _ => (schemas::integer(1, u32::MAX, None).into(), "Its number."),
            };
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(description))
                .schema(Some(schema))
                .build()
        })
        .collect()
}

fn security_requirements(route: &RouteView) -> Vec<SecurityRequirement> {
    let no_scopes: [&str; 0] = [];
    match route.policy {
        RoutePolicy::Public => Vec::new(),
        RoutePolicy::Signature => vec![SecurityRequirement::new("webhookSignature", no_scopes)],
        RoutePolicy::SessionRenewal => vec![SecurityRequirement::new("renewal", no_scopes)],
        policy => {
            let scopes = match policy {
                RoutePolicy::Authenticated => Vec::new(),
                _ => vec![route.scope.unwrap_or(Scope::Account).to_string()],
            };
            vec![
                SecurityRequirement::new("session", no_scopes),
                SecurityRequirement::new("bearer", scopes),
            ]
        }
    }
}
