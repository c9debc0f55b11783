//! The problems that a route implies, and the responses that describe problems.

use nokube_contract::{PROBLEM, add_headers, examples};
use nokube_domain::{
    Problem, ProblemKind, Reason, Role,
    access::{AccessPolicy, AuthMethod, Credential, GitHubIdentity, authorize_credential},
    origin::check_same_origin,
    scope::Scopes,
};
use nokube_edge::{Method, Route};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, ResponseBuilder, schema};

const WRONG_SIGNATURE: &str = "The signature does not match the body. Is the webhook's secret at GitHub \
                               the same as github_webhook_secret?";
const MISCONFIGURED: &str = "The platform's settings are not complete. Its administrator finds what \
                          is missing under /ready.";
const INTERNAL: &str = "This was logged as 7d1f0c3a9b2e4d65. Try again; if it happens again, tell \
                    the platform's administrator that id.";

/// The problems of every operation whose route has this access policy and rate limit.
pub fn of_route(route: &Route) -> Vec<Problem> {
    let (policy, is_read) = (route.access_policy, route.method == Method::GET);
    let mut all = Vec::new();
    let mut add = |kind, detail| all.push(Problem::new(kind, detail));
    match policy {
        AccessPolicy::Public => {}
        AccessPolicy::Signature => add(ProblemKind::Unauthenticated, WRONG_SIGNATURE),
        AccessPolicy::SessionRenewal => add(ProblemKind::Unauthenticated, "You are not signed in."),
        _ => add(
            ProblemKind::Unauthenticated,
            "Sign in, or send a bearer token: 'Authorization: Bearer …'.",
        ),
    }
    all.extend(authorize_credential(&insufficient_credential(policy), policy).err());
    if policy.identifies_caller() && policy.checks_blocklist(is_read) {
        all.push(examples::blocked());
    }
    if route.counted_limit().is_some() {
        all.push(Problem::new(ProblemKind::TooMany, examples::TOO_MANY));
    }
    let accepts_cookies = !matches!(policy, AccessPolicy::Public | AccessPolicy::Signature);
    if accepts_cookies && !is_read {
        all.extend(check_same_origin(None, None, "").err());
    }
    if let AccessPolicy::Role(role, _) | AccessPolicy::RoleOrAdministrator(role) = policy {
        if role > Role::Viewer {
            let detail = "This needs another role in the project; yours is viewer.";
            let problem = Problem::new(ProblemKind::Forbidden, detail);
            all.push(problem.with_reason(Reason::RoleTooSmall));
        }
        all.push(Problem::not_found("project"));
    }
    all.push(Problem::invalid_field("verbose", "is not a parameter here"));
    all.push(Problem::new(ProblemKind::Internal, INTERNAL));
    all.push(Problem::new(ProblemKind::Misconfigured, MISCONFIGURED));
    all
}

/// A credential without the policy's scope, or for administrators, of somebody who is none.
fn insufficient_credential(policy: AccessPolicy) -> Credential {
    let scopes = match policy {
        AccessPolicy::Administrator(_) => Scopes::all(),
        _ => Scopes::for_api_token([]),
    };
    Credential {
        auth_method: AuthMethod::Session,
        scopes,
        github_identity: GitHubIdentity::Unknown,
        is_administrator: false,
        expires_at: 0,
        github_membership: None,
    }
}

/// Groups problems by HTTP status.
pub fn by_status(problems: &[Problem]) -> BTreeMap<u16, Vec<&Problem>> {
    let mut all: BTreeMap<u16, Vec<_>> = BTreeMap::new();
    for problem in problems {
        all.entry(problem.status()).or_default().push(problem);
    }
    all
}

/// The response for problems with the same status. `other` is another response with this status.
pub fn response(
    other: Option<ResponseBuilder>,
    status: u16,
    problems: &[&Problem],
) -> ResponseBuilder {
    let mut titles: Vec<&str> = problems.iter().map(|problem| problem.kind.metadata().2).collect();
    titles.dedup();
    let mut response = other.unwrap_or_default().build();
    let mut content = ContentBuilder::new();
    let problem = Ref::from_schema_name("Problem");
    content = match response.content.shift_remove(PROBLEM) {
        Some(RefOr::T(Content { schema: Some(schema), example, .. })) => {
            let example = examples::named("another one", example.unwrap_or_default());
            let either = schema::AnyOfBuilder::new().item(problem).item(schema);
            content.schema(Some(either)).examples_from_iter([("another", example)])
        }
        _ => content.schema(Some(problem)),
    };
    for (number, problem) in problems.iter().enumerate() {
        let name = match number {
            0 => problem.kind.name().to_owned(),
            number => format!("{}-{}", problem.kind.name(), number + 1),
        };
        let value = json!(problem.body("/api/v1/projects/1"));
        content = content.examples_from_iter([(name, examples::named(&problem.detail, value))]);
    }
    let titles = titles.join(", or: ");
    let description = match response.description.as_str() {
        "" => format!("{titles}."),
        description => format!("{description} Or: {titles}."),
    };
    let mut header_names = vec!["X-Request-Id"];
    match status {
        401 => header_names.push("WWW-Authenticate"),
        409 | 429 | 503 => header_names.push("Retry-After"),
        _ => {}
    }
    let response = ResponseBuilder::from(response).description(description);
    add_headers(response.content(PROBLEM, content.build()), &header_names)
}
