//! Sign-in: sessions of browsers, bearer tokens, API tokens, users.

use crate::{
    examples,
    operation::Operation,
    problems::{self, PROBLEM},
    requests::{NewToken, TokenRequest},
    schemas,
};
use nokube_domain::{
    ProblemKind, Reason,
    access::AccessPolicy,
    name::Username,
    responses::{
        AuditLogPage, CurrentUser, DeviceCode, IssuedToken, OAuthError, SessionRenewed,
        TokenCreated, TokenPage,
    },
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

const ACCOUNT: AccessPolicy = AccessPolicy::SignedIn(Scope::Account);
const ADMINISTRATOR: AccessPolicy = AccessPolicy::Administrator(Scope::Account);
const FORM: &str = "application/x-www-form-urlencoded";
const NO_PERSON: &str = "There is no such person, or it belongs to somebody else.";

pub fn all() -> Vec<Operation> {
    let tokens = "/api/v1/auth/tokens";
    let block = "/api/v1/auth/people/{username}/block";
    vec![
        Operation::new(Get, "/api/v1/auth/login", "login", AccessPolicy::Public, "Sign in with GitHub")
            .description(
                "For browsers. Redirects to GitHub, which redirects back to \
                 `/api/v1/auth/callback`.",
            )
            .query_parameter(
                "return_to",
                schemas::string_matching("^/"),
                "The path on this platform to redirect to after the sign-in. Defaults to `/`.",
            )
            .query_parameter("login", Username::schema(), "The account to suggest at GitHub.")
            .empty_response(302, "Redirect to GitHub.")
            .response_header("Location")
            .response_header("Set-Cookie")
            .rate_limited()
            .problem(ProblemKind::Invalid, "return_to: must be a path on this platform"),
        Operation::new(
            Get,
            "/api/v1/auth/callback",
            "callback",
            AccessPolicy::Public,
            "Complete a sign-in with GitHub",
        )
        .any_query()
        .description(
            "The redirect URL of the GitHub sign-in. Sets the session's cookies. If the sign-in fails \
             and the request accepts `text/html`, redirects to `/?sign_in=` with the kind of the \
             problem.",
        )
        .query_parameter("code", schemas::string_up_to(512), "The authorization code.")
        .query_parameter("state", schemas::string(), "The state that was sent to GitHub.")
        .query_parameter("error", schemas::string(), "OAuth error code, if GitHub rejected the sign-in.")
        .query_parameter("error_description", schemas::string(), "Description of the error.")
        .query_parameter("error_uri", schemas::string(), "URL of a page about the error.")
        .query_parameter("iss", schemas::string(), "The issuer (RFC 9207).")
        .empty_response(302, "Signed in. Redirect to the page where the sign-in started.")
        .response_header("Location")
        .response_header("Set-Cookie")
        .rate_limited()
        .problem(
            ProblemKind::Malformed,
            "The sign-in was started in another browser or too long ago. Start again at /api/v1/auth/login.",
        )
        .problem(
            ProblemKind::Forbidden,
            "testuser may not sign in here. The platform's administrator decides who may.",
        )
        .problem(ProblemKind::Conflict, "All usernames similar to your login are taken.")
        .calls_github(),
        Operation::new(
            Post,
            "/api/v1/auth/device",
            "beginDeviceSignIn",
            AccessPolicy::Public,
            "Start a device sign-in",
        )
        .description(
            "For command-line programs (device flow, RFC 8628). Show the code to the user, then poll \
             `POST /api/v1/auth/token` every `interval` seconds.",
        )
        .json_response::<DeviceCode>(200, "The codes for the user and for the program.", examples::device_code())
        .rate_limited()
        .ignores_body()
        .calls_github(),
        Operation::new(
            Post,
            "/api/v1/auth/token",
            "issueToken",
            AccessPolicy::Public,
            "Get a short-lived bearer token",
        )
        .description(
            "Exchanges a device code (RFC 8628), a refresh token, or a token of the external issuer \
             that the operator has configured (RFC 8693). The body is a form, as in OAuth, or JSON.",
        )
        .body::<TokenRequest>(
            &["application/json", FORM],
            Required::True,
            examples::token_request(),
        )
        .json_response::<IssuedToken<'_>>(200, "The token.", examples::issued_token())
        .response_as::<OAuthError<'_>>(
            PROBLEM,
            400,
            "An OAuth error.",
            examples::oauth_error(),
        )
        .rate_limited()
        .add_problem(problems::blocked())
        .problem(ProblemKind::Conflict, "All usernames similar to your login are taken.")
        .problem(
            ProblemKind::Invalid,
            "grant_type: must be urn:ietf:params:oauth:grant-type:device_code, refresh_token or \
             urn:ietf:params:oauth:grant-type:token-exchange",
        )
        .calls_github(),
        Operation::new(
            Post,
            "/api/v1/auth/session",
            "renewSession",
            AccessPolicy::SessionRenewal,
            "Renew the session",
        )
        .description("A session expires after ten minutes. This sets a new session cookie, until the sign-in itself expires.")
        .json_response::<SessionRenewed<'_>>(200, "The session was renewed.", examples::session_renewed())
        .response_header("Set-Cookie")
        .empty_response(401, "You are signed out. The cookies are deleted.")
        .response_header("Set-Cookie"),
        Operation::new(Delete, "/api/v1/auth/session", "signOut", AccessPolicy::SessionRenewal, "Sign out")
            .description("Ends all sessions of the user, in all browsers and command-line programs. API tokens stay valid.")
            .empty_response(204, "Signed out.")
            .response_header("Set-Cookie"),
        Operation::new(
            Delete,
            "/api/v1/auth/sessions",
            "signOutEverywhere",
            ACCOUNT,
            "Sign out everywhere",
        )
        .revokes_access()
        .description("Like `DELETE /api/v1/auth/session`, for a caller with a bearer token.")
        .empty_response(204, "Signed out.")
        .response_header("Set-Cookie"),
        Operation::new(Get, "/api/v1/auth/me", "readMe", AccessPolicy::SignedIn(Scope::Read), "Read the current user")
            .json_response::<CurrentUser<'_>>(200, "The current user.", examples::current_user())
            .problem(ProblemKind::Conflict, "All usernames similar to your login are taken."),
        Operation::new(Get, "/api/v1/auth/audit", "listMyAudit", ACCOUNT, "Read your own audit log")
            .description("Sign-ins and tokens, newest first.")
            .paginated()
            .json_response::<AuditLogPage>(
                200,
                "A page of the audit log.",
                examples::audit_log("session.begin", "/api/v1/auth/session"),
            ),
        Operation::new(Get, tokens, "listTokens", ACCOUNT, "List your API tokens")
            .description("Newest first, including revoked tokens.")
            .paginated()
            .json_response::<TokenPage>(200, "A page of tokens.", examples::token_page()),
        Operation::new(Post, tokens, "createToken", ACCOUNT, "Create an API token")
            .description("For programs. The token itself is only in this response.")
            .json_body::<NewToken>(json!({ "name": "ci", "scopes": ["build"] }))
            .json_response::<TokenCreated<'_>>(201, "The token was created.", examples::token_created())
            .response_header("Location")
            .add_problem(problems::blocked())
            .conflict(
                Reason::TooManyTokens,
                "You have 50 tokens. Revoke one that is not used any more.",
            )
            .problem(ProblemKind::Invalid, "scopes: must contain at least one of read, build, deploy and metrics"),
        Operation::new(
            Delete,
            "/api/v1/auth/tokens/{token}",
            "revokeToken",
            ACCOUNT,
            "Revoke an API token",
        )
        .revokes_access()
        .description("The token becomes invalid immediately.")
        .empty_response(204, "The token was revoked.")
        .problem(ProblemKind::NotFound, "There is no such token, or it belongs to somebody else."),
        Operation::new(Put, block, "blockPerson", ADMINISTRATOR, "Block a user")
            .revokes_access()
            .description(
                "The user cannot sign in any more. Their sessions end within ten minutes, their API \
                 tokens immediately. Their projects are kept. With a token of the external issuer they \
                 can still read their projects, but not change anything, until that issuer blocks \
                 them too.",
            )
            .empty_response(204, "The user is blocked.")
            .problem(
                ProblemKind::Conflict,
                "You cannot block yourself: there may be no other administrator to unblock you.",
            )
            .problem(ProblemKind::NotFound, NO_PERSON),
        Operation::new(Delete, block, "unblockPerson", ADMINISTRATOR, "Unblock a user")
            .empty_response(204, "The user may sign in again.")
            .problem(ProblemKind::NotFound, NO_PERSON),
        Operation::new(
            Get,
            "/api/v1/auth/people/{username}/audit",
            "listPersonAudit",
            ADMINISTRATOR,
            "Read the audit log of a user",
        )
        .paginated()
        .json_response::<AuditLogPage>(
            200,
            "A page of the audit log.",
            examples::audit_log("session.begin", "/api/v1/auth/session"),
        )
        .problem(ProblemKind::NotFound, NO_PERSON),
    ]
}
