//! API tokens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Token {
    pub id: u32,
    pub name: String,
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// A date.
    pub last_used_on: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TokenPage {
    pub tokens: Vec<Token>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NewToken {
    pub name: String,
    pub scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TokenCreated {
    pub id: u32,
    pub name: String,
    pub scopes: Vec<String>,
    pub expires_at: Timestamp,
    pub token: String,
}

impl fmt::Debug for TokenCreated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenCreated").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn they_are_what_the_contract_says() {
        contract::response::<TokenPage>("TokenPage");
        contract::response::<TokenCreated>("TokenCreated");
        contract::request::<NewToken>("NewToken");
    }
}
