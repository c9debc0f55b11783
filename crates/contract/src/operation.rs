//! An operation of the API, put together piece by piece.

use crate::{examples, problems, schemas::Schemas};
use nokube_domain::{Problem, ProblemKind, Reason, access::Demand, answer::RouteView};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, HttpMethod, RefOr, Required, ResponseBuilder, ResponsesBuilder, Schema,
        extensions::Extensions,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::{RequestBody, RequestBodyBuilder},
        security::SecurityRequirement,
    },
};

/// What is sent when all goes well.
struct Answer {
    status: u16,
    description: &'static str,
    content: Vec<(&'static str, utoipa::openapi::Content)>,
    headers: Vec<&'static str>,
}

/// An operation: what is asked for, what it demands, everything that it can answer.
pub struct Operation {
    pub method: HttpMethod,
    pub path: &'static str,
    pub demand: Demand,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    about: &'static str,
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    answers: Vec<Answer>,
    problems: Vec<Problem>,
    schemas: Schemas,
}

impl Operation {
    /// With the problems that every operation with this demand can have.
    pub fn new(
        method: HttpMethod,
        path: &'static str,
        id: &'static str,
        demand: Demand,
        summary: &'static str,
    ) -> Self {
        let mut schemas = Schemas::default();
        schemas.add::<nokube_domain::problem::ProblemBody<'_>>();
        Self {
            parameters: path_parameters(path, &mut schemas),
            problems: problems::of_demand(demand, method != HttpMethod::Get),
            method,
            path,
            demand,
            id,
            tag: "",
            summary,
            about: "",
            body: None,
            answers: Vec::new(),
            schemas,
        }
    }

    pub fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// A parameter of the query that may be left out.
    pub fn query(mut self, name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Self {
        self.parameters.push(parameter(ParameterIn::Query, name, schema.into(), about));
        self
    }

    /// The page of a list.
    pub fn page(self) -> Self {
        use nokube_domain::page::{DEFAULT_LIMIT, MAX_LIMIT};
        let limit = crate::schemas::whole(1, MAX_LIMIT, Some(DEFAULT_LIMIT));
        let offset = crate::schemas::whole(0, u32::MAX, Some(0));
        self.query("limit", limit, "How many to show.").query(
            "offset",
            offset,
            "How many to leave out at the top.",
        )
    }

    /// A parameter of the query that is `true` or `false`.
    pub fn flag(self, name: &str, about: &str) -> Self {
        self.query(name, crate::schemas::flag(), about)
    }

    /// A header of the request that may be left out.
    pub fn header(mut self, name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Self {
        self.parameters.push(parameter(ParameterIn::Header, name, schema.into(), about));
        self
    }

    /// A header that must be there.
    pub fn required_header(
        self,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        about: &str,
    ) -> Self {
        let mut with = self.header(name, schema, about);
        if let Some(last) = with.parameters.last_mut() {
            last.required = Required::True;
        }
        with
    }

    /// A body of JSON.
    pub fn body<T: ToSchema>(self, example: Value) -> Self {
        self.body_as::<T>(&["application/json"], Required::True, example)
    }

    pub fn body_as<T: ToSchema>(
        mut self,
        types: &[&str],
        required: Required,
        example: Value,
    ) -> Self {
        let schema = self.schemas.add::<T>();
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        let mut body = RequestBodyBuilder::new().required(Some(required));
        for kind in types {
            body = body.content(*kind, content.clone());
        }
        self.body = Some(body.build());
        self.problems.extend(problems::of_body());
        self
    }

    /// A body of JSON that somebody else describes.
    pub fn any_body(mut self, example: Value) -> Self {
        let schema = crate::schemas::anything();
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        let body = RequestBodyBuilder::new().required(Some(Required::True));
        self.body = Some(body.content("application/json", content).build());
        self.problems.extend(problems::of_body());
        self
    }

    /// An answer of JSON.
    pub fn json<T: ToSchema>(self, status: u16, description: &'static str, example: Value) -> Self {
        self.json_as::<T>("application/json", status, description, example)
    }

    pub fn json_as<T: ToSchema>(
        mut self,
        kind: &'static str,
        status: u16,
        description: &'static str,
        example: Value,
    ) -> Self {
        let schema = self.schemas.add::<T>();
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        self.answer(status, description, vec![(kind, content)])
    }

    /// An answer of JSON that is one of two.
    pub fn either<A: ToSchema, B: ToSchema>(
        mut self,
        status: u16,
        description: &'static str,
        examples: [(&str, Value); 2],
    ) -> Self {
        let (a, b) = (self.schemas.add::<A>(), self.schemas.add::<B>());
        let one = utoipa::openapi::OneOfBuilder::new().item(a).item(b);
        let mut content = ContentBuilder::new().schema(Some(one));
        for (name, value) in examples {
            content = content.examples_from_iter([(name, examples::named(name, value))]);
        }
        self.answer(status, description, vec![("application/json", content.build())])
    }

    /// A text, or the same as a stream of events; each event's name with the schema of its data.
    pub fn log(
        mut self,
        description: &'static str,
        text: &str,
        stream: &str,
        events: impl FnOnce(&mut Schemas) -> Value,
    ) -> Self {
        let plain = ContentBuilder::new()
            .schema(Some(crate::schemas::text()))
            .example(Some(json!(text)))
            .build();
        let events = Extensions::from_iter([("x-events", events(&mut self.schemas))]);
        let stream = ContentBuilder::new()
            .schema(Some(crate::schemas::text()))
            .example(Some(json!(stream)))
            .extensions(Some(events))
            .build();
        self.answer(200, description, vec![("text/plain", plain), ("text/event-stream", stream)])
    }

    pub fn text(self, status: u16, description: &'static str, example: &str) -> Self {
        let content = ContentBuilder::new()
            .schema(Some(crate::schemas::text()))
            .example(Some(json!(example)))
            .build();
        self.answer(status, description, vec![("text/plain", content)])
    }

    pub fn empty(self, status: u16, description: &'static str) -> Self {
        self.answer(status, description, Vec::new())
    }

    fn answer(
        mut self,
        status: u16,
        description: &'static str,
        content: Vec<(&'static str, utoipa::openapi::Content)>,
    ) -> Self {
        self.answers.push(Answer { status, description, content, headers: vec!["X-Request-Id"] });
        self
    }

    /// The last answer has this header.
    pub fn with(mut self, header: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push(header);
        }
        self
    }

    /// It can end with this problem; `detail` is what it says, for example, and of which field.
    pub fn or(self, kind: ProblemKind, detail: &str) -> Self {
        self.or_as(match detail.split_once(": ") {
            Some((field, fault)) if kind == ProblemKind::Invalid => Problem::field(field, fault),
            _ => Problem::new(kind, detail),
        })
    }

    /// It can be in the way of it that something is in this state.
    pub fn unless(self, reason: Reason, detail: &str) -> Self {
        self.or_as(Problem::conflict(reason, detail))
    }

    pub fn or_as(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }

    /// It takes whatever stands in the query.
    pub fn any_query(mut self) -> Self {
        self.problems.retain(|problem| problem.kind != ProblemKind::Invalid);
        self
    }

    /// It takes access away, and so is never limited.
    pub fn takes_access_away(mut self) -> Self {
        self.problems.retain(|problem| problem.kind != ProblemKind::TooMany);
        self
    }

    /// It changes nothing that is a person's and is limited all the same.
    pub fn limited(self) -> Self {
        self.or(ProblemKind::TooMany, problems::TOO_MANY)
    }

    /// Whatever is sent as a body is not looked at, if it is short.
    pub fn ignores_body(self) -> Self {
        self.or(ProblemKind::TooLarge, "The body must have at most 1 KiB.")
            .or(ProblemKind::TooSlow, problems::SLOW)
            .or(ProblemKind::Malformed, "The body ended before its end.")
    }

    /// It asks GitHub or the registry.
    pub fn asks_github(self) -> Self {
        self.or(ProblemKind::UpstreamRefused, problems::GITHUB_REFUSED)
            .or(ProblemKind::UpstreamUnavailable, "GitHub does not answer. Try again in a moment.")
    }

    /// It asks the cluster.
    pub fn asks_cluster(self) -> Self {
        self.or(ProblemKind::UpstreamRefused, problems::CLUSTER_REFUSED).or(
            ProblemKind::UpstreamUnavailable,
            "The cluster does not answer. Try again in a moment.",
        )
    }

    /// The route as the list of routes tells it.
    pub fn route(&self) -> RouteView {
        let method = match self.method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Delete => "DELETE",
            _ => "another",
        };
        RouteView::new(method, self.path, self.demand)
    }

    /// The operation, and the schemas that it names.
    pub fn build(self) -> (HttpMethod, &'static str, utoipa::openapi::path::Operation, Schemas) {
        let route = self.route();
        let demand = json!({ "demand": route.demand, "role": route.role, "scope": route.scope });
        let mut responses: BTreeMap<u16, ResponseBuilder> = BTreeMap::new();
        for answer in self.answers {
            let mut response = ResponseBuilder::new().description(answer.description);
            for (kind, content) in answer.content {
                response = response.content(kind, content);
            }
            responses.insert(answer.status, problems::headers(response, &answer.headers));
        }
        for (status, problems) in problems::by_status(&self.problems) {
            let besides = responses.remove(&status);
            responses.insert(status, problems::response(besides, status, &problems));
        }
        let responses =
            responses.into_iter().fold(ResponsesBuilder::new(), |all, (status, one)| {
                all.response(status.to_string(), one)
            });
        let operation = OperationBuilder::new()
            .operation_id(Some(self.id))
            .tag(self.tag)
            .summary(Some(self.summary))
            .description(Some(self.about).filter(|about| !about.is_empty()))
            .parameters(Some(self.parameters).filter(|all| !all.is_empty()))
            .request_body(self.body)
            .responses(responses.build())
            .securities(Some(securities(&route)))
            .extensions(Some(Extensions::from_iter([("x-demand", demand)])));
        (self.method, self.path, operation.build(), self.schemas)
    }
}

fn securities(route: &RouteView) -> Vec<SecurityRequirement> {
    use nokube_domain::answer::RouteDemand;
    let none: [&str; 0] = [];
    match route.demand {
        RouteDemand::Public => Vec::new(),
        RouteDemand::Signature => vec![SecurityRequirement::new("webhookSignature", none)],
        RouteDemand::Renewal => vec![SecurityRequirement::new("renewal", none)],
        _ => {
            let scope = route.scope.map_or("account", |scope| scope.as_str());
            vec![
                SecurityRequirement::new("session", none),
                SecurityRequirement::new("bearer", [scope]),
            ]
        }
    }
}

fn parameter(place: ParameterIn, name: &str, schema: RefOr<Schema>, about: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
        .build()
}

/// Each `{name}` of a path, which says what it is.
fn path_parameters(path: &str, schemas: &mut Schemas) -> Vec<Parameter> {
    use nokube_domain::{BuildId, DeploymentId, ProjectId, name::Username};
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let (schema, about) = match name {
                "build" => (schemas.add::<BuildId>().into(), "The build's id."),
                "project" => (schemas.add::<ProjectId>().into(), "The project's number."),
                "deployment" => (schemas.add::<DeploymentId>().into(), "The deployment's id."),
                "username" => (schemas.add::<Username>().into(), "A person's name here."),
                _ => (crate::schemas::whole(1, u32::MAX, None).into(), "Its number."),
            };
            let mut parameter = parameter(ParameterIn::Path, name, schema, about);
            parameter.required = Required::True;
            parameter
        })
        .collect()
}
