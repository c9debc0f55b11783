//! Projects, members, tokens, rollback.

use nokube_domain::{Timestamp, name::ProjectName};
use serde::Serialize;
use utoipa::ToSchema;

/// A project that is asked for.
#[derive(ToSchema)]
pub struct NewProject {
    /// It cannot be changed: images and addresses are named after it.
    pub name: ProjectName,
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// Where its source is, for people.
    #[schema(format = "uri", max_length = 300)]
    pub repository_url: Option<String>,
    /// What it is made with, for people.
    #[schema(max_length = 100)]
    pub framework: Option<String>,
}

/// A change of what is said about a project. What is left out stays; `null` takes a text away.
#[derive(ToSchema)]
pub struct ProjectChange {
    /// Only as it is.
    pub name: Option<ProjectName>,
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    #[schema(format = "uri", max_length = 300)]
    pub repository_url: Option<String>,
    #[schema(max_length = 100)]
    pub framework: Option<String>,
}

/// What somebody is to be in a project.
#[derive(ToSchema)]
pub struct MemberRole {
    pub role: MemberRoleName,
}

/// A role that can be given: viewers look, developers build and deploy.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum MemberRoleName {
    Viewer,
    Developer,
}

/// An API token that is asked for.
#[derive(ToSchema)]
pub struct NewToken {
    /// For you to know it by.
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// What it is good for; to build or to deploy includes to read.
    #[schema(min_items = 1)]
    pub scopes: Vec<TokenScope>,
    /// Within 366 days; without it, in 90.
    pub expires_at: Option<Timestamp>,
}

/// What an API token can be good for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum TokenScope {
    Read,
    Build,
    Deploy,
    /// An administrator's may hold it.
    Metrics,
}

/// Which release is to run again.
#[derive(ToSchema)]
pub struct Rollback {
    /// One of the kept releases; without it, the newest that differs from what runs.
    #[schema(minimum = 1)]
    pub revision: Option<u32>,
}

/// What proves who somebody is, in exchange for a bearer token.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum TokenRequest {
    Device(DeviceGrant),
    Refresh(RefreshGrant),
    Exchange(TokenExchangeGrant),
}

/// The code of a device whose user has signed in (RFC 8628).
#[derive(Serialize, ToSchema)]
pub struct DeviceGrant {
    #[schema(pattern = "^urn:ietf:params:oauth:grant-type:device_code$")]
    pub grant_type: String,
    #[schema(max_length = 512)]
    pub device_code: String,
    /// Not used.
    pub client_id: Option<String>,
}

/// What renews a sign-in (RFC 6749, 6).
#[derive(Serialize, ToSchema)]
pub struct RefreshGrant {
    #[schema(pattern = "^refresh_token$")]
    pub grant_type: String,
    pub refresh_token: String,
    /// Not used.
    pub client_id: Option<String>,
}

/// A token of the outside issuer that the operator has named (RFC 8693).
#[derive(Serialize, ToSchema)]
pub struct TokenExchangeGrant {
    #[schema(pattern = "^urn:ietf:params:oauth:grant-type:token-exchange$")]
    pub grant_type: String,
    pub subject_token: String,
    /// Each means a JWT.
    #[schema(pattern = "^urn:ietf:params:oauth:token-type:(jwt|access_token|id_token)$")]
    pub subject_token_type: String,
    /// Not used, as all below.
    pub requested_token_type: Option<String>,
    pub audience: Option<String>,
    pub scope: Option<String>,
    pub resource: Option<String>,
    pub client_id: Option<String>,
}
