//! The problems that many operations can return, and the responses that describe problems.

use crate::examples;
use nokube_domain::{Problem, ProblemKind, Reason, access::AccessPolicy, scope::Scope};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::openapi::{Content, ContentBuilder, Header, Ref, RefOr, ResponseBuilder, schema};

pub const PROBLEM: &str = "application/problem+json";

pub const GITHUB_REJECTED: &str = "GitHub does not accept the platform's credentials. Its \
                                  administrator must renew them.";
pub const CLUSTER_REJECTED: &str = "The cluster does not accept the platform's token. Its \
                                   administrator finds more under /ready.";
pub const BODY_TOO_SLOW: &str = "The body did not arrive in time. Send it again.";
pub const TOO_MANY: &str = "This may be done 10 times a minute. Try again in 42 seconds.";
const SIGN_IN: &str = "Sign in, or send a bearer token: 'Authorization: Bearer …'.";
const NEEDS_SIGN_IN: &str =
    "API tokens, and tokens with limited scopes, cannot do this. Sign in instead.";
const CROSS_ORIGIN: &str = "A request that changes something must come from the platform's own \
                          page when it is authenticated by a cookie. Programs send \
                          'Authorization: Bearer …'.";
const MISCONFIGURED: &str = "The platform's settings are not complete. Its administrator finds what \
                          is missing under /ready.";
const INTERNAL: &str = "This was logged as 7d1f0c3a9b2e4d65. Try again; if it happens again, tell \
                    the platform's administrator that id.";
const NO_PROJECT: &str = "There is no such project, or it belongs to somebody else.";

/// The problems of every operation with this policy. `is_change`: its method is not GET.
pub fn for_policy(policy: AccessPolicy, is_change: bool) -> Vec<Problem> {
    let forbidden = |detail: &str| Problem::new(ProblemKind::Forbidden, detail);
    let sign_in = || Problem::new(ProblemKind::Unauthenticated, SIGN_IN);
    let mut all = match policy {
        AccessPolicy::Public => Vec::new(),
        AccessPolicy::Signature => vec![Problem::new(
            ProblemKind::Unauthenticated,
            "The signature does not match the body. Is the webhook's secret at GitHub the same as \
             github_webhook_secret?",
        )],
        AccessPolicy::SessionRenewal => {
            vec![Problem::new(ProblemKind::Unauthenticated, "You are not signed in.")]
        }
        AccessPolicy::SignedIn(scope) | AccessPolicy::Role(_, scope) => {
            let token = match scope {
                Scope::Account => NEEDS_SIGN_IN.to_owned(),
                scope => format!("This needs a token with the scope '{scope}'."),
            };
            vec![sign_in(), forbidden(&token)]
        }
        AccessPolicy::RoleOrAdministrator(_) => {
            vec![sign_in(), forbidden(NEEDS_SIGN_IN)]
        }
        AccessPolicy::Administrator(_) => {
            vec![sign_in(), forbidden("This is for the platform's administrators.")]
        }
    };
    let is_authenticated = !matches!(
        policy,
        AccessPolicy::Public | AccessPolicy::Signature | AccessPolicy::SessionRenewal
    );
    if is_authenticated && policy.checks_blocklist(!is_change) {
        all.push(blocked());
    }
    if is_authenticated && is_change {
        all.push(Problem::new(ProblemKind::TooMany, TOO_MANY));
    }
    let accepts_cookies = !matches!(policy, AccessPolicy::Public | AccessPolicy::Signature);
    if accepts_cookies && is_change {
        all.push(forbidden(CROSS_ORIGIN));
    }
    if let AccessPolicy::Role(role, _) | AccessPolicy::RoleOrAdministrator(role) = policy {
        if role > nokube_domain::Role::Viewer {
            let detail = "This needs another role in the project; yours is viewer.";
            all.push(forbidden(detail).with_reason(Reason::RoleTooSmall));
        }
        all.push(Problem::new(ProblemKind::NotFound, NO_PROJECT));
    }
    all.push(Problem::invalid_field("verbose", "is not a parameter here"));
    all.push(Problem::new(ProblemKind::Internal, INTERNAL));
    all.push(Problem::new(ProblemKind::Misconfigured, MISCONFIGURED));
    all
}

/// The caller was blocked by an administrator.
pub fn blocked() -> Problem {
    Problem::new(ProblemKind::Forbidden, "An administrator has blocked your access.")
        .with_reason(Reason::Blocked)
}

/// The problems of every operation that reads a body.
pub fn for_body() -> [Problem; 4] {
    [
        (ProblemKind::Malformed, "The body must be a JSON object."),
        (ProblemKind::TooSlow, BODY_TOO_SLOW),
        (ProblemKind::TooLarge, "The body must have at most 256 KiB."),
        (ProblemKind::UnsupportedMediaType, "Send JSON, with 'Content-Type: application/json'."),
    ]
    .map(|(kind, detail)| Problem::new(kind, detail))
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

/// Adds references to these response headers.
pub fn add_headers(response: ResponseBuilder, names: &[&'static str]) -> ResponseBuilder {
    let mut response = response.build();
    for name in names {
        let reference = RefOr::<Header>::Ref(Ref::new(format!("#/components/headers/{name}")));
        response.headers.insert((*name).into(), reference);
    }
    response.into()
}
