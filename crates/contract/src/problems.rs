//! The problems that operations can end with: those that many share, and how each is answered.

use crate::examples;
use nokube_domain::{Problem, ProblemKind, Reason, access::Demand, scope::Scope};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::openapi::{Content, ContentBuilder, Header, Ref, RefOr, ResponseBuilder, schema};

pub const PROBLEM: &str = "application/problem+json";

pub const GITHUB_REFUSED: &str = "GitHub does not accept the platform's credentials. Its \
                                  administrator must renew them.";
pub const CLUSTER_REFUSED: &str = "The cluster does not take the platform's token. Its \
                                   administrator finds more under /ready.";
pub const SLOW: &str = "The body did not arrive in time. Send it again.";
pub const TOO_MANY: &str = "This may be done 10 times a minute. Try again in 42 seconds.";
const SIGN_IN: &str = "Sign in, or send a bearer token: 'Authorization: Bearer …'.";
const OTHER_PAGE: &str = "A request that changes something must come from the platform's own \
                          page when it is authenticated by a cookie. Programs send \
                          'Authorization: Bearer …'.";
const NOT_SET_UP: &str = "The platform's settings are not complete. Its administrator finds what \
                          is missing under /ready.";
const OURS: &str = "This was logged as 7d1f0c3a9b2e4d65. Try again; if it happens again, tell \
                    the platform's administrator that id.";
const NOBODYS: &str = "There is no such project, or it belongs to somebody else.";

/// Of whatever demands this; `changes` says that it changes something.
pub fn of_demand(demand: Demand, changes: bool) -> Vec<Problem> {
    let needs = |what: &str| Problem::new(ProblemKind::Forbidden, what);
    let sign_in = || Problem::new(ProblemKind::Unauthenticated, SIGN_IN);
    let mut all = match demand {
        Demand::Public => Vec::new(),
        Demand::Signature => vec![Problem::new(
            ProblemKind::Unauthenticated,
            "The signature does not fit the body. Is the webhook's secret at GitHub the same as \
             github_webhook_secret?",
        )],
        Demand::Renewal => {
            vec![Problem::new(ProblemKind::Unauthenticated, "You are not signed in.")]
        }
        Demand::SignedIn(scope) | Demand::Role(_, scope) => {
            let token = match scope {
                Scope::Account => "API tokens cannot do this. Sign in instead.".to_owned(),
                scope => format!("This needs an API token with the scope '{scope}'."),
            };
            vec![sign_in(), needs(&token)]
        }
        Demand::RoleOrAdministrator(_) => {
            vec![sign_in(), needs("API tokens cannot do this. Sign in instead.")]
        }
        Demand::Administrator(_) => {
            vec![sign_in(), needs("This is for the platform's administrators.")]
        }
    };
    let by_person = !matches!(demand, Demand::Public | Demand::Signature | Demand::Renewal);
    if by_person && demand.minds_blocks(!changes) {
        all.push(blocked());
    }
    if by_person && changes {
        all.push(Problem::new(ProblemKind::TooMany, TOO_MANY));
    }
    let by_cookie = !matches!(demand, Demand::Public | Demand::Signature);
    if by_cookie && changes {
        all.push(needs(OTHER_PAGE));
    }
    if let Demand::Role(role, _) | Demand::RoleOrAdministrator(role) = demand {
        if role > nokube_domain::Role::Viewer {
            let small = "this needs another role in the project; yours is viewer.";
            all.push(needs(small).because(Reason::RoleTooSmall));
        }
        all.push(Problem::new(ProblemKind::NotFound, NOBODYS));
    }
    all.push(Problem::field("verbose", "is not a parameter here"));
    all.push(Problem::new(ProblemKind::Internal, OURS));
    all.push(Problem::new(ProblemKind::Misconfigured, NOT_SET_UP));
    all
}

/// Of somebody whom an administrator has shut out.
pub fn blocked() -> Problem {
    Problem::new(ProblemKind::Forbidden, "An administrator has taken your access away.")
        .because(Reason::Blocked)
}

/// Of whatever reads a body.
pub fn of_body() -> [Problem; 4] {
    [
        (ProblemKind::Malformed, "The body must be a JSON object."),
        (ProblemKind::TooSlow, SLOW),
        (ProblemKind::TooLarge, "The body must have at most 256 KiB."),
        (ProblemKind::UnsupportedMediaType, "Send JSON, with 'Content-Type: application/json'."),
    ]
    .map(|(kind, detail)| Problem::new(kind, detail))
}

/// Problems by the status that they have.
pub fn by_status(problems: &[Problem]) -> BTreeMap<u16, Vec<&Problem>> {
    let mut all: BTreeMap<u16, Vec<_>> = BTreeMap::new();
    for problem in problems {
        all.entry(problem.status()).or_default().push(problem);
    }
    all
}

/// The answer with a problem; `besides` is what else can be answered with this status.
pub fn response(
    besides: Option<ResponseBuilder>,
    status: u16,
    problems: &[&Problem],
) -> ResponseBuilder {
    let mut titles: Vec<&str> = problems.iter().map(|problem| problem.kind.parts().2).collect();
    titles.dedup();
    let mut response = besides.unwrap_or_default().build();
    let mut content = ContentBuilder::new();
    let problem = Ref::from_schema_name("Problem");
    content = match response.content.shift_remove(PROBLEM) {
        Some(RefOr::T(Content { schema: Some(other), example, .. })) => {
            let example = examples::named("another one", example.unwrap_or_default());
            let either = schema::AnyOfBuilder::new().item(problem).item(other);
            content.schema(Some(either)).examples_from_iter([("another", example)])
        }
        _ => content.schema(Some(problem)),
    };
    for (number, problem) in problems.iter().enumerate() {
        let name = match number {
            0 => problem.kind.name().to_owned(),
            more => format!("{}-{}", problem.kind.name(), more + 1),
        };
        let value = json!(problem.body("/api/v1/projects/1"));
        content = content.examples_from_iter([(name, examples::named(&problem.detail, value))]);
    }
    let titles = titles.join(", or: ");
    let description = match response.description.as_str() {
        "" => format!("{titles}."),
        other => format!("{other} Or: {titles}."),
    };
    let mut all = vec!["X-Request-Id"];
    match status {
        401 => all.push("WWW-Authenticate"),
        409 | 429 | 503 => all.push("Retry-After"),
        _ => {}
    }
    let response = ResponseBuilder::from(response).description(description);
    headers(response.content(PROBLEM, content.build()), &all)
}

/// The answer with these headers.
pub fn headers(response: ResponseBuilder, names: &[&'static str]) -> ResponseBuilder {
    let mut response = response.build();
    for name in names {
        let there = RefOr::<Header>::Ref(Ref::new(format!("#/components/headers/{name}")));
        response.headers.insert((*name).into(), there);
    }
    response.into()
}
