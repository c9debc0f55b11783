//! The keys of the store, typed by what is stored. No other file knows them. See "State" in ARCHITECTURE.md.
//!
//! A key in use never changes: a counter or reservation under a new name would start from nothing. A new kind of
//! record gets a word as its prefix; one-letter prefixes are older than that rule.

use nokube_domain::{
    BuildId, DeploymentId, Person, ProjectId, Timestamp,
    audit::AuditEntry,
    builds::{BuildRecord, CancelRequest, JobsRecord, RunRecord},
    deployments::{DeploymentRecord, LastObservation, OutcomeRecord, Revision},
    name::Username,
    people::PersonRecord,
    projects::{Members, Project},
    session::SignInRecord,
    token::{DailyTokenRecord, TokenHash, TokenRecord, TokenRow},
};
use std::marker::PhantomData;

/// The key of a record of type `T`.
pub struct Key<T> {
    pub(super) name: String,
    record: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    fn new(name: String) -> Self {
        Self { name, record: PhantomData }
    }
}

/// Defines functions that return keys: `fn NAME(PARAMETERS) -> TYPE = FORMAT;`, with arguments as of `format!`.
macro_rules! keys {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident $(<$T:ident>)? ($($parameter:ident: $type:ty),*)
        -> $key:ty = $format:literal $(, $argument:expr)*;)*) => {
        $($(#[$doc])* $vis fn $name $(<$T>)? ($($parameter: $type),*) -> $key {
            <$key>::new(format!($format $(, $argument)*))
        })*
    };
}

/// The key of a counter. Only counters live under `c/`: incrementing a key that holds another value permanently
/// breaks Spin's SQLite store.
pub struct Counter(pub(super) String);

impl Counter {
    fn new(name: String) -> Self {
        Self(name)
    }

    keys! {
        /// Project numbers allocated.
        pub fn projects() -> Self = "c/p";
        /// Build numbers allocated in a project.
        pub fn builds(project: ProjectId) -> Self = "c/b/{project}";
        /// Projects that a person created.
        pub fn owned_projects(person: &Person) -> Self = "c/u/{}", person.key();
        /// Custom domains that a person claimed, for any of their projects.
        pub fn claimed_domains(person: &Person) -> Self = "c/h/{}", person.key();
        /// Deployment numbers allocated in a project.
        pub fn deployments(project: ProjectId) -> Self = "c/d/{project}";
        /// Revision numbers allocated for a deployment.
        pub fn revisions(id: DeploymentId) -> Self = "c/v/{}/{}", id.project, id.number;
        /// Projects of other owners that a person became a member of.
        pub fn memberships(person: &Person) -> Self = "c/g/{}", person.key();
        /// As [`Self::memberships`], in projects of one owner.
        pub fn memberships_by(owner: &Person, person: &Person) -> Self =
            "c/g/{}/by/{}", person.key(), owner.key();
        /// API tokens that a person created.
        pub fn tokens(person: &Person) -> Self = "c/t/{}", person.key();
        /// Entries of an audit log.
        pub fn audit_entries(log: &AuditLog) -> Self = "c/e/{}", log.key();
        /// Requests that `who` made under a rate limit in a window of time.
        pub fn rate_limit(limit: &str, who: &str, window: i64) -> Self =
            "c/l/{limit}/{who}/{window}";
        /// Readers that wanted to resume an attempt after GitHub's rate limit ended at this time. The first one does.
        pub fn resumptions(build: BuildId, attempt: u32, limited_until: Timestamp) -> Self =
            "c/limit/{build}/{attempt}/{}", limited_until.as_second();
        /// Attempts to acquire a reservation.
        pub(super) fn reservation(name: &str, generation: u32) -> Self = "c/k/{name}/{generation}";
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

keys! {
    /// The result of the last check of the external systems. Its type belongs to the component `platform`.
    pub fn readiness<T>() -> Key<T> = "h/ready";
    /// The public keys of the OIDC issuer, as last fetched. Their type belongs to the component `auth`.
    pub fn issuer_keys<T>() -> Key<T> = "h/keys";
    pub fn audit_entry(log: &AuditLog, number: u32) -> Key<AuditEntry> = "e/{}/{number}", log.key();

    pub fn person(person: &Person) -> Key<PersonRecord> = "a/{}", person.key();
    /// The person with a username.
    pub fn username(name: &Username) -> Key<Person> = "n/{name}";
    /// Whether an administrator has blocked a person.
    pub fn blocked(person: &Person) -> Key<bool> = "w/{}", person.key();
    /// When all of a person's sessions were last revoked: sign-ins before that are invalid.
    pub fn sessions_revoked_at(person: &Person) -> Key<Timestamp> = "f/{}", person.key();
    /// A sign-in, by the hash of the token that renews its sessions.
    pub fn sign_in(hash: &TokenHash) -> Key<SignInRecord> = "s/{hash}";
    /// An API token, by its hash.
    pub fn token(hash: &TokenHash) -> Key<TokenRecord> = "t/{hash}";
    /// A copy of an API token's record for one day, with the day.
    pub fn daily_token(hash: &TokenHash) -> Key<DailyTokenRecord> = "y/{hash}";
    /// The row of a person's `number`th API token in their list.
    pub fn token_row(person: &Person, number: u32) -> Key<TokenRow> = "i/{}/{number}", person.key();

    pub fn project(id: ProjectId) -> Key<Project> = "p/{id}";
    pub fn members(id: ProjectId) -> Key<Members> = "m/{id}";
    /// The `number`th project that a person created.
    pub fn owned_project(person: &Person, number: u32) -> Key<ProjectId> =
        "u/{}/{number}", person.key();
    /// The `number`th project of another owner that a person became a member of.
    pub fn membership(person: &Person, number: u32) -> Key<ProjectId> =
        "g/{}/{number}", person.key();
    /// The number of a person's membership in a project, present or past. A person who is removed and added again
    /// keeps it, so repeated changes use up one number.
    pub fn membership_number(person: &Person, project: ProjectId) -> Key<u32> =
        "g/{}/of/{project}", person.key();

    pub fn build(project: ProjectId, number: u32) -> Key<BuildRecord> = "b/{project}/{number}";
    /// The GitHub workflow runs of a build. The record may be of an earlier build with that number.
    pub fn run(project: ProjectId, number: u32) -> Key<RunRecord> = "r/{project}/{number}";
    /// The jobs of a build's workflow run.
    pub fn jobs(id: BuildId) -> Key<JobsRecord> = "j/{}/{}", id.project, id.number;
    /// A request to cancel a build.
    pub fn cancel_request(id: BuildId) -> Key<CancelRequest> = "x/{}/{}", id.project, id.number;
    /// When GitHub was last polled about a build. All instances share it, so many readers cause no more requests to
    /// GitHub than one.
    pub fn last_polled_at(id: BuildId) -> Key<Timestamp> = "q/{}/{}", id.project, id.number;

    pub fn deployment(project: ProjectId, number: u32) -> Key<DeploymentRecord> =
        "d/{project}/{number}";
    pub fn revision(id: DeploymentId, revision: u32) -> Key<Revision> =
        "v/{}/{}/{revision}", id.project, id.number;
    /// The outcome of applying a deployment's newest revision.
    pub fn outcome(id: DeploymentId) -> Key<OutcomeRecord> = "o/{}/{}", id.project, id.number;
    /// When a read last started to reconcile a deployment. All instances share it, so that only one of many readers
    /// reconciles.
    pub fn reconcile_started_at(id: DeploymentId) -> Key<Timestamp> =
        "z/{}/{}", id.project, id.number;
    /// The last status of a deployment that was observed in the cluster.
    pub fn last_observation(id: DeploymentId) -> Key<LastObservation> =
        "l/{}/{}", id.project, id.number;

    /// The result of a reservation; its type depends on what is reserved.
    pub(super) fn reservation_result<T>(name: &str) -> Key<T> = "k/{name}";
    /// When a caller first found a reservation that is acquired but has no result.
    pub(super) fn reservation_contended_at(name: &str, generation: u32) -> Key<Timestamp> =
        "k/{name}/{generation}";
}
