//! Sign-in: sessions of browsers, tokens of machines, people.

use crate::{
    examples,
    operation::Operation,
    problems::{self, PROBLEM},
    requests::{NewToken, TokenRequest},
    schemas,
};
use nokube_domain::{
    ProblemKind, Reason,
    access::Demand,
    answer::{
        AuditTrail, DeviceCode, IssuedToken, Me, OAuthProblem, SessionRenewed, TokenCreated,
        TokenPage,
    },
    name::Username,
    scope::Scope,
};
use serde_json::json;
use utoipa::{
    PartialSchema,
    openapi::{
        HttpMethod::{Delete, Get, Post, Put},
        Required,
    },
};

const ACCOUNT: Demand = Demand::SignedIn(Scope::Account);
const ADMINISTRATOR: Demand = Demand::Administrator(Scope::Account);
const FORM: &str = "application/x-www-form-urlencoded";
const NO_PERSON: &str = "There is no such person, or it belongs to somebody else.";

pub fn all() -> Vec<Operation> {
    let tokens = "/api/v1/auth/tokens";
    let block = "/api/v1/auth/people/{username}/block";
    vec![
        Operation::new(Get, "/api/v1/auth/login", "login", Demand::Public, "Sign in with GitHub")
            .about(
                "For browsers: goes to GitHub, which sends the browser back to \
                 `/api/v1/auth/callback`.",
            )
            .query(
                "return_to",
                schemas::like("^/"),
                "The path on this platform to go to afterwards; `/` if left out.",
            )
            .query("login", Username::schema(), "The account to suggest at GitHub.")
            .empty(302, "To GitHub.")
            .with("Location")
            .with("Set-Cookie")
            .limited()
            .or(ProblemKind::Invalid, "return_to: must be a path on this platform"),
        Operation::new(
            Get,
            "/api/v1/auth/callback",
            "callback",
            Demand::Public,
            "The way back from GitHub",
        )
        .any_query()
        .about(
            "GitHub sends browsers here; nobody else calls it. Sets the session's cookies. Whoever \
             asks for `text/html` and cannot be signed in is sent to `/?sign_in=` and the kind of \
             problem.",
        )
        .query("code", schemas::short(512), "What GitHub gives for the sign-in.")
        .query("state", schemas::text(), "What was sent to GitHub.")
        .query("error", schemas::text(), "Why GitHub did not sign somebody in.")
        .query("error_description", schemas::text(), "The same in words.")
        .query("error_uri", schemas::text(), "Where GitHub explains it.")
        .query("iss", schemas::text(), "Who sends the browser back (RFC 9207).")
        .empty(302, "Signed in; to where the sign-in was begun.")
        .with("Location")
        .with("Set-Cookie")
        .limited()
        .or(
            ProblemKind::Malformed,
            "The sign-in was begun elsewhere or too long ago. Begin again at /api/v1/auth/login.",
        )
        .or(
            ProblemKind::Forbidden,
            "testuser may not sign in here. The platform's administrator lists who may.",
        )
        .or(ProblemKind::Conflict, "Every name like yours is taken here.")
        .asks_github(),
        Operation::new(
            Post,
            "/api/v1/auth/device",
            "beginDeviceSignIn",
            Demand::Public,
            "Begin to sign in a command line",
        )
        .about(
            "The device flow (RFC 8628): show the user the code, and then ask for the token \
             every `interval` seconds.",
        )
        .json::<DeviceCode>(200, "Show the code to the user.", examples::device_code())
        .limited()
        .ignores_body()
        .asks_github(),
        Operation::new(
            Post,
            "/api/v1/auth/token",
            "issueToken",
            Demand::Public,
            "Get a short-lived bearer token",
        )
        .about(
            "For a device's code (RFC 8628), for what renews a sign-in, or for a token of the \
             outside issuer that the operator has named (RFC 8693). As a form, as OAuth has it, \
             or as JSON.",
        )
        .body_as::<TokenRequest>(
            &["application/json", FORM],
            Required::True,
            examples::token_request(),
        )
        .json::<IssuedToken<'_>>(200, "The token.", examples::issued_token())
        .json_as::<OAuthProblem<'_>>(
            PROBLEM,
            400,
            "Refused, in OAuth's words.",
            examples::oauth_problem(),
        )
        .limited()
        .or_as(problems::blocked())
        .or(ProblemKind::Conflict, "Every name like yours is taken here.")
        .or(
            ProblemKind::Invalid,
            "grant_type: must be urn:ietf:params:oauth:grant-type:device_code, refresh_token or \
             urn:ietf:params:oauth:grant-type:token-exchange",
        )
        .asks_github(),
        Operation::new(
            Post,
            "/api/v1/auth/session",
            "renewSession",
            Demand::Renewal,
            "Renew the session",
        )
        .about("A session lives ten minutes; this sets a new cookie, as long as the sign-in lasts.")
        .json::<SessionRenewed<'_>>(200, "Renewed.", examples::session_renewed())
        .with("Set-Cookie")
        .empty(401, "You are signed out; the cookies are taken away.")
        .with("Set-Cookie"),
        Operation::new(Delete, "/api/v1/auth/session", "signOut", Demand::Renewal, "Sign out")
            .about("Of every browser and command line; API tokens stay.")
            .empty(204, "Signed out.")
            .with("Set-Cookie"),
        Operation::new(
            Delete,
            "/api/v1/auth/sessions",
            "signOutEverywhere",
            ACCOUNT,
            "Sign out everywhere",
        )
        .takes_access_away()
        .about("As above, for a command line.")
        .empty(204, "Signed out.")
        .with("Set-Cookie"),
        Operation::new(Get, "/api/v1/auth/me", "readMe", Demand::SignedIn(Scope::Read), "Who am I")
            .json::<Me<'_>>(200, "You.", examples::me())
            .or(ProblemKind::Conflict, "Every name like yours is taken here."),
        Operation::new(Get, "/api/v1/auth/audit", "listMyAudit", ACCOUNT, "What did I do")
            .about("Sign-ins and tokens, newest first.")
            .page()
            .json::<AuditTrail>(
                200,
                "A page of it.",
                examples::audit_trail("session.begin", "/api/v1/auth/session"),
            ),
        Operation::new(Get, tokens, "listTokens", ACCOUNT, "List your API tokens")
            .about("Newest first; those that were revoked, too.")
            .page()
            .json::<TokenPage>(200, "A page of them.", examples::token_page()),
        Operation::new(Post, tokens, "createToken", ACCOUNT, "Make an API token")
            .about("For machines. The token itself is shown this once.")
            .body::<NewToken>(json!({ "name": "ci", "scopes": ["build"] }))
            .json::<TokenCreated<'_>>(201, "It is there.", examples::token_created())
            .with("Location")
            .or_as(problems::blocked())
            .unless(
                Reason::TooManyTokens,
                "You have 50 tokens. Revoke one that is not used any more.",
            )
            .or(ProblemKind::Invalid, "scopes: must hold one of read, build, deploy and metrics"),
        Operation::new(
            Delete,
            "/api/v1/auth/tokens/{token}",
            "revokeToken",
            ACCOUNT,
            "Revoke an API token",
        )
        .takes_access_away()
        .about("From now on it opens nothing.")
        .empty(204, "Revoked.")
        .or(ProblemKind::NotFound, "There is no such token, or it belongs to somebody else."),
        Operation::new(Put, block, "blockPerson", ADMINISTRATOR, "Shut somebody out")
            .takes_access_away()
            .about(
                "They cannot sign in any more, their sessions end within ten minutes, their API \
                 tokens at once. Their projects stay. Who comes with a token of an outside \
                 issuer changes nothing more; until that issuer shuts them out too, they may look \
                 into their projects.",
            )
            .empty(204, "They are out.")
            .or(
                ProblemKind::Conflict,
                "You cannot block yourself: nobody may be left to take that back.",
            )
            .or(ProblemKind::NotFound, NO_PERSON),
        Operation::new(Delete, block, "unblockPerson", ADMINISTRATOR, "Let somebody in again")
            .empty(204, "They may sign in again.")
            .or(ProblemKind::NotFound, NO_PERSON),
        Operation::new(
            Get,
            "/api/v1/auth/people/{username}/audit",
            "listPersonAudit",
            ADMINISTRATOR,
            "What did somebody do",
        )
        .page()
        .json::<AuditTrail>(
            200,
            "A page of it.",
            examples::audit_trail("session.begin", "/api/v1/auth/session"),
        )
        .or(ProblemKind::NotFound, NO_PERSON),
    ]
}
