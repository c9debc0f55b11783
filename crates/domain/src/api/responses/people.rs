//! Responses about the caller, their sessions, tokens and audit log.

use crate::{
    Timestamp,
    audit::AuditEntry,
    name::{Login, Username},
    problem::ProblemBody,
    scope::{Scope, Scopes},
};
use serde::{Deserialize, Serialize};

/// The caller.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Me))]
pub struct CurrentUser<'a> {
    /// The caller's name on this platform; images and addresses are named after it.
    pub username: Username,
    /// The caller's login at the issuer.
    pub login: &'a Login,
    /// The issuer of the identity, such as `https://github.com`.
    pub issuer: &'a str,
    /// The caller's permanent id at the issuer.
    pub subject: &'a str,
    pub administrator: bool,
    /// How the caller authenticated: `session`, `bearer`, `issuer` (a JWT of an external issuer) or `token`
    /// (an API token).
    pub via: &'static str,
    /// The scopes of the credential.
    pub scopes: Vec<Scope>,
    /// When the credential expires.
    pub expires_at: Option<Timestamp>,
}

/// A renewed session.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SessionRenewed<'a> {
    pub login: &'a Login,
    /// Renew the session before this time.
    pub expires_at: Timestamp,
    /// After this time the session cannot be renewed: sign in again.
    pub sign_in_ends_at: Timestamp,
}

/// A device authorization, for signing in from a command line (RFC 8628).
// Also GitHub's response, which is passed on.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeviceCode {
    /// Send it to `POST /api/v1/auth/token`.
    pub device_code: String,
    /// Show it to the user, who enters it at `verification_uri`.
    pub user_code: String,
    pub verification_uri: String,
    /// Seconds.
    pub expires_in: u32,
    /// Seconds to wait between two polls.
    pub interval: u32,
}

/// The consent to sign in the command line.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AuthorizationCreated {
    /// Open it in the browser: it brings the code to the command line, which has a minute to use it. Show it to nobody.
    pub redirect_to: String,
}

/// A short-lived bearer token (RFC 6749, RFC 8693).
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct IssuedToken<'a> {
    pub access_token: &'a str,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// The scopes, separated by spaces.
    pub scope: String,
    pub issued_token_type: &'static str,
    /// Obtains the next bearer token. Only after a device sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub refresh_token: Option<&'a str>,
}

/// An OAuth error (RFC 6749, section 5.2) that is also a problem (RFC 9457).
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OAuthProblem))]
pub struct OAuthError<'a> {
    #[serde(flatten)]
    pub problem: ProblemBody<'a>,
    /// `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_client`, `invalid_grant`,
    /// `invalid_scope` or `unsupported_grant_type`.
    pub error: &'a str,
    pub error_description: &'a str,
}

/// An API token, without the token itself.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Token {
    /// The number of the token among the caller's tokens.
    pub id: u32,
    pub name: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// A UTC day.
    #[cfg_attr(feature = "schema", schema(format = "date"))]
    pub last_used_on: Option<String>,
}

/// A new API token.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TokenCreated<'a> {
    #[serde(flatten)]
    pub details: Token,
    /// The token itself. It is shown only once.
    pub token: &'a str,
}

/// A page of the caller's API tokens, newest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TokenPage {
    pub tokens: Vec<Token>,
    pub total: u32,
    pub limit: u32,
    pub offset: u32,
}

/// A page of an audit log, newest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AuditTrail))]
pub struct AuditLogPage {
    pub events: Vec<AuditEntry>,
    pub total: u32,
    pub limit: u32,
    pub offset: u32,
}
