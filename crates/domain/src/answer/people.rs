//! What is said about callers, their sessions and their tokens.

use crate::{
    Timestamp, audit::Event, name::Username, problem::ProblemBody, scope::Scope, scope::Scopes,
};
use serde::Serialize;

/// Who is calling.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Me<'a> {
    /// Their name on this platform; images and addresses are named after it.
    pub username: Username,
    /// Their name where they signed in.
    pub login: &'a Username,
    /// Who says who they are, such as `https://github.com`.
    pub issuer: &'a str,
    /// What never changes of them there.
    pub subject: &'a str,
    pub administrator: bool,
    /// By what they are known: `session`, `bearer`, `issuer` (a token of an outside issuer) or `token`
    /// (an API token).
    pub via: &'static str,
    /// What their credential is good for.
    pub scopes: Vec<Scope>,
    /// When their credential ends.
    pub expires_at: Option<Timestamp>,
}

/// A session that was renewed.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SessionRenewed<'a> {
    pub login: &'a Username,
    /// Renew it before.
    pub expires_at: Timestamp,
    /// Then one has to sign in again.
    pub sign_in_ends_at: Timestamp,
}

/// A sign-in of a command line that has begun (RFC 8628).
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeviceCode {
    /// To be sent to `POST /api/v1/auth/token`.
    pub device_code: String,
    /// To be shown to the user, who enters it at `verification_uri`.
    pub user_code: String,
    pub verification_uri: String,
    /// Seconds.
    pub expires_in: u32,
    /// Seconds to wait between two questions.
    pub interval: u32,
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
    /// What it is good for, separated by blanks.
    pub scope: String,
    pub issued_token_type: &'static str,
    /// What gets the next one, after a sign-in of a device.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub refresh_token: Option<&'a str>,
}

/// A refusal in OAuth's words (RFC 6749, 5.2) and in ours.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OAuthProblem<'a> {
    #[serde(flatten)]
    pub problem: ProblemBody<'a>,
    /// `authorization_pending`, `slow_down`, `access_denied`, `expired_token` or `invalid_grant`.
    pub error: &'a str,
    pub error_description: &'a str,
}

/// An API token, never its text.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Token {
    /// Counts the caller's own tokens.
    pub id: u32,
    pub name: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// A day (UTC).
    #[cfg_attr(feature = "schema", schema(format = "date"))]
    pub last_used_on: Option<String>,
}

/// A new API token.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TokenCreated<'a> {
    #[serde(flatten)]
    pub row: Token,
    /// The token itself. It is shown this once.
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

/// A page of an audit trail, newest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AuditTrail {
    pub events: Vec<Event>,
    pub total: u32,
    pub limit: u32,
    pub offset: u32,
}
