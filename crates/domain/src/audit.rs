//! The audit trail: who did what to which object, when and from where. Entries are only ever added,
//! and hold names and ids, never a value that somebody sent.

use crate::{Person, Timestamp, name::Username};
use serde::{Deserialize, Serialize};

/// An entry of an audit trail, as it is kept and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AuditEntry))]
pub struct Event {
    pub at: Timestamp,
    /// `project.delete`, `token.create`, …
    pub action: String,
    /// What it was done to, as a path of the API.
    pub object: String,
    pub by: Actor,
    /// The client's address.
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub request_id: Option<String>,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Actor {
    #[serde(flatten)]
    pub person: Person,
    /// Their name where they signed in.
    pub login: Option<Username>,
    /// By what they were known: `session`, `bearer`, `issuer`, `token` or `github`.
    pub via: String,
    /// The API token's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub token: Option<String>,
}

impl Event {
    /// As the person is shown it in their own trail: of others who did something to them, not from
    /// where.
    #[must_use]
    pub fn for_person(mut self, person: &Person) -> Self {
        if self.by.person != *person {
            self.from = None;
        }
        self
    }
}

/// The longest name of a client's address that is kept.
const MOST: usize = 64;

/// The client's address as a server in front of us told it: the text, bounded, without the port.
pub fn address(text: &str) -> Option<String> {
    let text = text.rsplit(',').next().unwrap_or_default().trim();
    let host = match text.parse::<std::net::SocketAddr>() {
        Ok(address) => address.ip().to_canonical().to_string(),
        Err(_) => text.parse::<std::net::IpAddr>().ok()?.to_canonical().to_string(),
    };
    (host.len() <= MOST).then_some(host)
}
