//! The keys of the store. No other file knows them. See "State" in ARCHITECTURE.md.
//!
//! A key in use never changes: a counter or reservation under a new name would start from nothing.

use nokube_domain::{BuildId, DeploymentId, Person, ProjectId, name::Username, token::TokenHash};

/// The key of a counter. Only counters live under `c/`: incrementing a key that holds another value permanently
/// breaks Spin's SQLite store.
pub struct Counter(pub(super) String);

impl Counter {
    /// Project numbers allocated.
    pub fn projects() -> Self {
        Self("c/p".into())
    }

    /// Build numbers allocated in a project.
    pub fn builds(project: ProjectId) -> Self {
        Self(format!("c/b/{project}"))
    }

    /// Projects that a person created.
    pub fn owned_projects(person: &Person) -> Self {
        Self(format!("c/u/{}", person.key()))
    }

    /// Custom domains that a person claimed, for any of their projects.
    pub fn claimed_domains(person: &Person) -> Self {
        Self(format!("c/h/{}", person.key()))
    }

    /// Deployment numbers allocated in a project.
    pub fn deployments(project: ProjectId) -> Self {
        Self(format!("c/d/{project}"))
    }

    /// Revision numbers allocated for a deployment.
    pub fn revisions(id: DeploymentId) -> Self {
        Self(format!("c/v/{}/{}", id.project, id.number))
    }

    /// Projects of other owners that a person became a member of.
    pub fn memberships(person: &Person) -> Self {
        Self(format!("c/g/{}", person.key()))
    }

    /// As [`Self::memberships`], in projects of one owner.
    pub fn memberships_by(owner: &Person, person: &Person) -> Self {
        Self(format!("c/g/{}/by/{}", person.key(), owner.key()))
    }

    /// API tokens that a person created.
    pub fn tokens(person: &Person) -> Self {
        Self(format!("c/t/{}", person.key()))
    }

    /// Entries of an audit log.
    pub fn audit_entries(log: &AuditLog) -> Self {
        Self(format!("c/e/{}", log.key()))
    }

    /// Requests that `who` made under a rate limit in a window of time.
    pub fn rate_limit(limit: &str, who: &str, window: i64) -> Self {
        Self(format!("c/l/{limit}/{who}/{window}"))
    }

    /// Attempts to acquire a reservation.
    pub(super) fn reservation(name: &str, generation: u32) -> Self {
        Self(format!("c/k/{name}/{generation}"))
    }
}

/// Whose audit log.
#[derive(Clone, Debug)]
pub enum AuditLog {
    Project(ProjectId),
    Person(Person),
}

impl AuditLog {
    fn key(&self) -> String {
        match self {
            Self::Project(project) => format!("p/{project}"),
            Self::Person(person) => format!("u/{}", person.key()),
        }
    }
}

/// The result of the last check of the external systems.
pub const READINESS: &str = "h/ready";

/// The public keys of the OIDC issuer, as last fetched.
pub const ISSUER_KEYS: &str = "h/keys";

pub fn audit_entry(log: &AuditLog, number: u32) -> String {
    format!("e/{}/{number}", log.key())
}

pub fn person(person: &Person) -> String {
    format!("a/{}", person.key())
}

/// The person with a username.
pub fn username(name: &Username) -> String {
    format!("n/{name}")
}

/// Whether an administrator has blocked a person.
pub fn blocked(person: &Person) -> String {
    format!("w/{}", person.key())
}

/// When all of a person's sessions were last revoked.
pub fn sessions_revoked_at(person: &Person) -> String {
    format!("f/{}", person.key())
}

/// A sign-in, by the hash of the token that renews its sessions.
pub fn sign_in(hash: &TokenHash) -> String {
    format!("s/{hash}")
}

/// An API token, by its hash.
pub fn token(hash: &TokenHash) -> String {
    format!("t/{hash}")
}

/// A copy of an API token's record for one day, with the day.
pub fn daily_token(hash: &TokenHash) -> String {
    format!("y/{hash}")
}

/// The row of a person's `number`th API token in their list.
pub fn token_row(person: &Person, number: u32) -> String {
    format!("i/{}/{number}", person.key())
}

pub fn project(id: ProjectId) -> String {
    format!("p/{id}")
}

pub fn members(id: ProjectId) -> String {
    format!("m/{id}")
}

/// The `number`th project that a person created.
pub fn owned_project(person: &Person, number: u32) -> String {
    format!("u/{}/{number}", person.key())
}

/// The `number`th project of another owner that a person became a member of.
pub fn membership(person: &Person, number: u32) -> String {
    format!("g/{}/{number}", person.key())
}

/// The number of a person's membership in a project.
pub fn membership_number(person: &Person, project: ProjectId) -> String {
    format!("g/{}/of/{project}", person.key())
}

pub fn build(project: ProjectId, number: u32) -> String {
    format!("b/{project}/{number}")
}

/// The GitHub workflow runs of a build.
pub fn run(project: ProjectId, number: u32) -> String {
    format!("r/{project}/{number}")
}

/// The jobs of a build's workflow run.
pub fn jobs(id: BuildId) -> String {
    format!("j/{}/{}", id.project, id.number)
}

/// A request to cancel a build.
pub fn cancel_request(id: BuildId) -> String {
    format!("x/{}/{}", id.project, id.number)
}

/// When GitHub was last polled about a build.
pub fn last_polled_at(id: BuildId) -> String {
    format!("q/{}/{}", id.project, id.number)
}

pub fn deployment(project: ProjectId, number: u32) -> String {
    format!("d/{project}/{number}")
}

pub fn revision(id: DeploymentId, revision: u32) -> String {
    format!("v/{}/{}/{revision}", id.project, id.number)
}

/// The outcome of applying a deployment's newest revision.
pub fn outcome(id: DeploymentId) -> String {
    format!("o/{}/{}", id.project, id.number)
}

/// When a read last started to reconcile a deployment.
pub fn reconcile_started_at(id: DeploymentId) -> String {
    format!("z/{}/{}", id.project, id.number)
}

/// The last status of a deployment that was observed in the cluster.
pub fn last_observation(id: DeploymentId) -> String {
    format!("l/{}/{}", id.project, id.number)
}

/// The result of a reservation.
pub fn reservation_result(name: &str) -> String {
    format!("k/{name}")
}

/// When a caller first found a reservation that is acquired but has no result.
pub fn reservation_contended_at(name: &str, generation: u32) -> String {
    format!("k/{name}/{generation}")
}
