//! Audit log entries: who did what to which object, when and from where. The log is append-only.
//! Entries hold names and ids, never values that a client sent.

use crate::{Person, Role, Timestamp, name::Login};
use serde::{Deserialize, Serialize};

/// An entry of an audit log, as stored and as returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    pub at: Timestamp,
    /// `project.delete`, `token.create`, …
    pub action: String,
    /// The object's path in the API.
    pub object: String,
    /// The role that somebody is invited to, or has accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub role: Option<Role>,
    pub by: Actor,
    /// The client's IP address. Not that of somebody who declined an invitation.
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub request_id: Option<String>,
}

/// Who performed an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Actor {
    #[serde(flatten)]
    pub person: Person,
    /// Their login at the issuer.
    pub login: Option<Login>,
    /// How they authenticated: `session`, `bearer`, `issuer`, `token`, `github`, or `authorization_code` when the command line
    /// signed in.
    pub via: String,
    /// The API token's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub token: Option<String>,
}

impl AuditEntry {
    /// The entry as shown to `person` in their own audit log: without the client address of another
    /// actor.
    #[must_use]
    pub fn redact_for(mut self, person: &Person) -> Self {
        if self.by.person != *person {
            self.from = None;
        }
        self
    }
}

/// Characters of a stored client address.
const MAX_ADDRESS_LENGTH: usize = 64;

/// Parses a client address as reported by a reverse proxy: the last item of the list, without the port.
pub fn parse_client_address(text: &str) -> Option<String> {
    let text = text.rsplit(',').next().unwrap_or_default().trim();
    let host = match text.parse::<std::net::SocketAddr>() {
        Ok(address) => address.ip().to_canonical().to_string(),
        Err(_) => text.parse::<std::net::IpAddr>().ok()?.to_canonical().to_string(),
    };
    (host.len() <= MAX_ADDRESS_LENGTH).then_some(host)
}
