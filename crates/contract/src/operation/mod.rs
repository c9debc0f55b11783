//! Builder for one operation of the API.

mod openapi;
mod request;
mod responses;

use crate::{problems, schemas::Schemas};
use nokube_domain::{Problem, access::AccessPolicy, responses::RouteView};
use utoipa::openapi::{Content, HttpMethod, path::Parameter, request_body::RequestBody};

/// A response other than a problem.
struct Response {
    status: u16,
    description: &'static str,
    /// By media type; empty for a response without a body.
    content: Vec<(&'static str, Content)>,
    headers: Vec<&'static str>,
}

/// An operation: its request, its access policy and all its responses.
pub struct Operation {
    method: HttpMethod,
    path: &'static str,
    policy: AccessPolicy,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    responses: Vec<Response>,
    problems: Vec<Problem>,
    schemas: Schemas,
}

impl Operation {
    /// Starts with the path parameters and the problems that every operation with this policy can return.
    pub fn new(
        method: HttpMethod,
        path: &'static str,
        id: &'static str,
        policy: AccessPolicy,
        summary: &'static str,
    ) -> Self {
        let mut schemas = Schemas::default();
        schemas.add::<nokube_domain::problem::ProblemBody<'_>>();
        Self {
            parameters: request::path_parameters(path, &mut schemas),
            problems: problems::for_policy(policy, method != HttpMethod::Get),
            method,
            path,
            policy,
            id,
            tag: "",
            summary,
            description: "",
            body: None,
            responses: Vec::new(),
            schemas,
        }
    }

    pub fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    pub fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// The operation as an entry in the list of routes.
    pub fn route(&self) -> RouteView {
        let method = match self.method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Delete => "DELETE",
            _ => "another",
        };
        RouteView::new(method, self.path, self.policy)
    }
}
