//! Who is responsible for the builds that pushes start.

use crate::{Person, Timestamp, UnknownFields, access::GitHubIdentity, name::Login};
use serde::{Deserialize, Serialize};

/// Seconds after the last sign-in of the person responsible for which pushes build: 90 days.
const CONFIRMED_FOR: i64 = 90 * 24 * 60 * 60;

/// The person who switched on that pushes build a service, or confirmed or changed it last. What this person may do
/// decides what is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedBy {
    pub person: Person,
    pub login: Login,
    /// How the person is known at GitHub.
    pub github_identity: GitHubIdentity,
    pub enabled_at: Timestamp,
    /// The number of the push from which on pushes count: the head that was found when pushes were switched on, or when
    /// another branch or repository was saved.
    pub since: u32,
    /// Names the place that the service holds among those of its repository.
    pub place: u64,
    /// Whether the place is one of those for people who may push to the repository.
    pub may_push: bool,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl LinkedBy {
    /// Until when pushes build, if the person last signed in then.
    pub fn confirmed_until(&self, last_sign_in: Option<Timestamp>) -> Timestamp {
        let from = last_sign_in.map_or(self.enabled_at, |at| at.max(self.enabled_at));
        let end = from.as_second().saturating_add(CONFIRMED_FOR);
        Timestamp::from_second(end).unwrap_or(Timestamp::MAX)
    }
}
