//! The caller, and what a sign-in issues.

use super::{Client, Received};
use crate::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Me {
    pub username: String,
    pub administrator: bool,
    /// How the caller is authenticated: `session`, `bearer`, `token:N` and so on.
    pub via: String,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
}

impl Client {
    /// Who the token belongs to.
    pub async fn me(&self) -> Result<Received<Me>> {
        self.get("/api/v1/auth/me").receive().await
    }

    /// Revokes the token with which this client authenticates.
    pub async fn revoke_own_token(&self) -> Result<()> {
        self.delete("/api/v1/auth/tokens/current").send().await.map(drop)
    }
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IssuedToken {
    pub access_token: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeviceCode {
    pub device_code: String,
    pub user_code: String,
    pub verification_uri: String,
    /// In seconds.
    pub expires_in: u64,
    pub interval: u64,
}

/// Exchanges the code of a browser for a token (RFC 6749, section 4.1.3; RFC 7636).
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AuthorizationCodeGrant<'a> {
    pub grant_type: &'a str,
    pub client_id: &'a str,
    pub code: &'a str,
    pub redirect_uri: &'a str,
    pub code_verifier: &'a str,
}

/// Exchanges the code of a device for a token (RFC 8628, section 3.4).
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeviceGrant<'a> {
    pub grant_type: &'a str,
    pub client_id: &'a str,
    pub device_code: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn they_are_what_the_contract_says() {
        contract::response::<Me>("Me");
        contract::response::<IssuedToken>("IssuedToken");
        contract::response::<DeviceCode>("DeviceCode");
        contract::request::<AuthorizationCodeGrant<'_>>("AuthorizationCodeGrant");
        contract::request::<DeviceGrant<'_>>("DeviceGrant");
    }
}
