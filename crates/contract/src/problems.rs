//! The problems that many operations share, each with what it says.

use nokube_domain::{ProblemKind, access::Demand};

pub const GITHUB_REFUSED: &str = "GitHub refused the platform's credentials. The platform's \
                                  administrator sets github_token, or the GitHub App.";
pub const CLUSTER_REFUSED: &str = "The cluster refuses the platform's credentials. The platform's \
                                   administrator gives it new ones.";
pub const SLOW: &str = "The body did not arrive in time. Send it again.";
const SIGN_IN: &str = "Sign in, or send a bearer token: 'Authorization: Bearer …'.";
const NOT_SET_UP: &str = "The platform is not set up yet: /ready says what is missing.";
const OURS: &str = "This was logged as 7d1f0c3a9b2e4d65. Try again; if it happens again, tell the \
                    platform's administrator that id.";
const NOBODYS: &str = "There is no such project, or it belongs to somebody else.";

pub fn of_demand(demand: Demand) -> Vec<(ProblemKind, String)> {
    let needs = |what: &str| (ProblemKind::Forbidden, what.to_owned());
    let mut all: Vec<(ProblemKind, String)> = match demand {
        Demand::Public => Vec::new(),
        Demand::Signature => vec![(
            ProblemKind::Unauthenticated,
            "The signature does not fit the body. Is the webhook's secret at GitHub the same as \
             github_webhook_secret?"
                .into(),
        )],
        Demand::Renewal => vec![
            (ProblemKind::Unauthenticated, "You are not signed in.".into()),
            needs("This request must come from the platform's own page."),
        ],
        Demand::SignedIn(scope) | Demand::Role(_, scope) => {
            let token = match scope {
                nokube_domain::scope::Scope::Account => {
                    "API tokens cannot do this. Sign in instead.".to_owned()
                }
                scope => format!("This needs an API token with the scope '{scope}'."),
            };
            vec![(ProblemKind::Unauthenticated, SIGN_IN.into()), needs(&token)]
        }
        Demand::RoleOrAdministrator(_) => vec![
            (ProblemKind::Unauthenticated, SIGN_IN.into()),
            needs("API tokens cannot do this. Sign in instead."),
        ],
        Demand::Administrator => vec![
            (ProblemKind::Unauthenticated, SIGN_IN.into()),
            needs("This is for the platform's administrators."),
        ],
    };
    if let Demand::Role(role, _) | Demand::RoleOrAdministrator(role) = demand {
        if role > nokube_domain::Role::Viewer {
            all.push(needs("this needs another role in the project; yours is viewer."));
        }
        all.push((ProblemKind::NotFound, NOBODYS.into()));
    }
    let query = "verbose: is not a parameter here";
    all.push((ProblemKind::Invalid, query.into()));
    all.push((ProblemKind::Internal, OURS.into()));
    all.push((ProblemKind::Misconfigured, NOT_SET_UP.into()));
    all
}

/// Of whatever reads a body.
pub fn of_body() -> Vec<(ProblemKind, String)> {
    let all = [
        (ProblemKind::Malformed, "The body must be a JSON object."),
        (ProblemKind::TooSlow, SLOW),
        (ProblemKind::TooLarge, "The body must have at most 256 KiB."),
        (ProblemKind::UnsupportedMediaType, "Send JSON, with 'Content-Type: application/json'."),
    ];
    all.map(|(kind, detail)| (kind, detail.to_owned())).into()
}
