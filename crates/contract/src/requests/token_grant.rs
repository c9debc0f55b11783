//! `POST /api/v1/auth/token`

use serde::Serialize;
use utoipa::ToSchema;

/// An OAuth grant that is exchanged for a bearer token.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum TokenRequest {
    Device(DeviceGrant),
    Refresh(RefreshGrant),
    Exchange(TokenExchangeGrant),
}

/// The device code of a user who has signed in (RFC 8628).
#[derive(Serialize, ToSchema)]
pub struct DeviceGrant {
    #[schema(pattern = "^urn:ietf:params:oauth:grant-type:device_code$")]
    pub grant_type: String,
    #[schema(max_length = 512)]
    pub device_code: String,
    /// Ignored.
    pub client_id: Option<String>,
}

/// A refresh token (RFC 6749, section 6).
#[derive(Serialize, ToSchema)]
pub struct RefreshGrant {
    #[schema(pattern = "^refresh_token$")]
    pub grant_type: String,
    pub refresh_token: String,
    /// Ignored.
    pub client_id: Option<String>,
}

/// A token of the external issuer that the operator has configured (RFC 8693).
#[derive(Serialize, ToSchema)]
pub struct TokenExchangeGrant {
    #[schema(pattern = "^urn:ietf:params:oauth:grant-type:token-exchange$")]
    pub grant_type: String,
    pub subject_token: String,
    /// All three types are treated as a JWT.
    #[schema(pattern = "^urn:ietf:params:oauth:token-type:(jwt|access_token|id_token)$")]
    pub subject_token_type: String,
    /// Ignored, like all fields below.
    pub requested_token_type: Option<String>,
    pub audience: Option<String>,
    pub scope: Option<String>,
    pub resource: Option<String>,
    pub client_id: Option<String>,
}
