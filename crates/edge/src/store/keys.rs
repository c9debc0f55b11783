//! The keys of the store, typed by what is stored. No other file knows them. See "State" in docs/state.md.
//!
//! A key in use never changes: a counter or reservation under a new name would start from nothing. A new kind of
//! record gets a word as its prefix; one-letter prefixes are older than that rule.

mod limits;

pub use limits::{AuditLog, Limit};

use nokube_domain::{
    BuildId, DeploymentId, Person, ProjectId, Timestamp,
    audit::AuditEntry,
    authorization::AuthorizationRecord,
    builds::{BuildRecord, CancelRequest, JobsRecord, RunRecord},
    cache::CacheEntry,
    deployments::{
        DeploymentRecord, LastObservation, OutcomeRecord, Revision, SavedConfiguration,
        SavedSecrets,
    },
    github_deployments::GitHubDeploymentRecord,
    installation::Installation,
    name::{ServiceName, Username},
    people::PersonRecord,
    places::Place,
    previews::ApprovedCommit,
    projects::{Members, Project},
    pushes::{CommitStatusRecord, PushRecord},
    services::ServiceRecord,
    session::SignInRecord,
    token::{DailyTokenRecord, TokenHash, TokenRecord, TokenRow},
    window::Window,
    work::{LinkedRepository, WorkItem, WorkProgress},
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
        /// Services of a project of which something was saved. One may be counted twice.
        pub fn saved_services(project: ProjectId) -> Self = "c/saved-service/{project}";
        /// Services of a project that were built.
        pub fn built_services(project: ProjectId) -> Self = "c/built-service/{project}";
        /// Services that pushes to a repository may build. Above 0 once there was one: it is never decremented.
        pub fn push_services(repository: u64) -> Self = "c/push-services/{repository}";
        /// Numbers of the pushes of a service.
        pub fn pushes(project: ProjectId, service: &ServiceName) -> Self =
            "c/push/{project}/{service}";
        /// Numbers of the pushes of a service's pull request.
        pub fn preview_pushes(project: ProjectId, service: &ServiceName, pull_request: u32) -> Self =
            "c/preview-push/{project}/{service}/{pull_request}";
        /// Pull requests of a service that were seen.
        pub fn pull_requests(project: ProjectId, service: &ServiceName) -> Self =
            "c/pull-request/{project}/{service}";
        /// Deployments of previews in a project: their numbers begin above those of services' deployments.
        pub fn previews(project: ProjectId) -> Self = "c/preview/{project}";
        /// Revision numbers allocated for a deployment.
        pub fn revisions(id: DeploymentId) -> Self = "c/v/{}/{}", id.project, id.number;
        /// Projects of other owners that a person became a member of. (Earlier releases also counted those of each
        /// owner, under `c/g/{person}/by/{owner}`.)
        pub fn memberships(person: &Person) -> Self = "c/g/{}", person.key();
        /// API tokens that a person created.
        pub fn tokens(person: &Person) -> Self = "c/t/{}", person.key();
        /// Requests that had everything to redeem an authorization code. The first one does.
        pub fn redeemed_authorization(hash: &TokenHash) -> Self = "c/authorization/{hash}";
        /// Entries of an audit log.
        pub fn audit_entries(log: &AuditLog) -> Self = "c/e/{}", log.key();
        /// Counts what happens in every fourth window of time. (Earlier releases counted under `c/l/`.)
        pub(super) fn window(name: &WindowName, slot: u32) -> Self = "c/window/{}/{slot}", name.0;
        /// Readers that wanted to resume an attempt after GitHub's rate limit ended at this time. The first one does.
        pub fn resumptions(build: BuildId, attempt: u32, limited_until: Timestamp) -> Self =
            "c/limit/{build}/{attempt}/{}", limited_until.as_second();
        /// Repositories of which pushes build services.
        pub fn linked_repositories() -> Self = "c/linked-repository";
        /// Items that were added to a queue of work.
        pub(crate) fn work_items(queue: &str) -> Self = "c/work/{queue}";
        /// Attempts to acquire a reservation.
        pub(super) fn reservation(name: &str, generation: u32) -> Self = "c/k/{name}/{generation}";
    }
}

/// What is counted in windows of time.
#[derive(Clone, Debug)]
pub struct WindowName(String);

impl WindowName {
    fn new(name: String) -> Self {
        Self(name)
    }

    keys! {
        /// Requests under a rate limit, of the clients that share a counter.
        pub fn rate_limit(limit: &str, number: u16) -> Self = "limit/{limit}/{number}";
        /// Readers that want to check the external systems.
        pub fn readiness() -> Self = "ready";
        /// Callers that want to fetch the external issuer's keys.
        pub fn issuer_keys() -> Self = "issuer-keys";
        /// Requests to sign out everywhere that want to add to the audit log.
        pub fn sign_out(person: &Person) -> Self = "sign-out/{}", person.key();
        /// Readers of a build that want to poll GitHub.
        pub fn poll(build: BuildId) -> Self = "poll/{}/{}", build.project, build.number;
        /// Readers of a service that want to look for pushes.
        pub fn push_look(project: ProjectId, service: &ServiceName) -> Self =
            "push/{project}/{service}";
        /// Events about pull requests to a repository.
        pub fn pull_request_events(repository: u64) -> Self = "pull-requests/{repository}";
        /// Events about one pull request above the limit of its repository.
        pub fn limited_pull_request(repository: u64, number: u32) -> Self =
            "pull-requests/{repository}/{number}";
        /// Attempts of an owner's builds that pushes have started.
        pub fn push_builds(owner: &Person) -> Self = "push-builds/{}", owner.key();
        /// Those of them that are of pull requests.
        pub fn preview_builds(owner: &Person) -> Self = "preview-builds/{}", owner.key();
        /// Searches of a person for repositories.
        pub fn repository_searches(person: &Person) -> Self = "repository-searches/{}", person.key();
        /// Requests that want to carry out the work that is left.
        pub fn reconcile_run() -> Self = "reconcile-run";
        /// Readers of a deployment that want to reconcile it.
        pub fn reconcile(id: DeploymentId) -> Self = "reconcile/{}/{}", id.project, id.number;
        /// Readers that want to observe a deployment, the deployments of a project, or the events of a deployment.
        pub fn observation(id: DeploymentId) -> Self = "observation/{}/{}", id.project, id.number;
        pub fn observations(project: ProjectId) -> Self = "observations/{project}";
        pub fn events(id: DeploymentId) -> Self = "events/{}/{}", id.project, id.number;
        /// Requests that want to report a deployment to GitHub.
        pub fn github_deployment(id: DeploymentId) -> Self =
            "github-deployment/{}/{}", id.project, id.number;
        /// Commit statuses and GitHub Deployments that are sent with the tokens of an installation of the App.
        pub fn statuses_per_minute(installation: u64) -> Self = "statuses/{installation}/minute";
        pub fn statuses_per_hour(installation: u64) -> Self = "statuses/{installation}/hour";
        pub fn pull_request_statuses(installation: u64) -> Self =
            "statuses/{installation}/pull-requests";
        /// Invitations of an owner that a person has declined.
        pub fn declined_invitations(owner: &Person, person: &Person) -> Self =
            "declined/{}/{}", person.key(), owner.key();
    }
}

keys! {
    /// The result of the last check of the external systems. Its type belongs to the component `platform`.
    pub fn readiness<T>() -> Key<T> = "h/ready";
    /// When the work that is left was last carried out, and with which result. Its type belongs to the component
    /// `platform`.
    pub fn reconcile_run<T>() -> Key<T> = "reconcile-run";
    /// Which release's defaults this installation has.
    pub fn installation() -> Key<Installation> = "installation";
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
    /// An authorization code that was not redeemed yet, by its hash.
    pub fn authorization(hash: &TokenHash) -> Key<AuthorizationRecord> = "authorization/{hash}";
    /// When a person last signed in, by any way; `None` for those who did before there was this record.
    pub fn last_sign_in(person: &Person) -> Key<Timestamp> = "last-sign-in/{}", person.key();
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

    /// What is saved of a service.
    pub fn service(project: ProjectId, name: &ServiceName) -> Key<ServiceRecord> =
        "service/{project}/{name}";
    /// What is saved to deploy a service with.
    pub fn service_deployment(project: ProjectId, name: &ServiceName) -> Key<SavedConfiguration> =
        "service-deployment/{project}/{name}";
    /// The names of a service's saved secrets.
    pub fn service_secrets(project: ProjectId, name: &ServiceName) -> Key<SavedSecrets> =
        "service-secrets/{project}/{name}";
    /// The `number`th service of which something was saved.
    pub fn saved_service(project: ProjectId, number: u32) -> Key<ServiceName> =
        "saved-service/{project}/{number}";
    /// The `number`th service that was built. A service may have several numbers.
    pub fn built_service(project: ProjectId, number: u32) -> Key<ServiceName> =
        "built-service/{project}/{number}";
    /// The number of a service's newest build.
    pub fn newest_build(project: ProjectId, service: &ServiceName) -> Key<u32> =
        "newest-build/{project}/{service}";
    /// How many builds a project had when its earlier builds were noted in their services.
    pub fn noted_builds(project: ProjectId) -> Key<u32> = "noted-builds/{project}";
    /// The `number`th push of a service; written once.
    pub fn push(project: ProjectId, service: &ServiceName, number: u32) -> Key<PushRecord> =
        "push/{project}/{service}/{number}";
    /// The `number`th push of a service's pull request; written once.
    pub fn preview_push(
        project: ProjectId,
        service: &ServiceName,
        pull_request: u32,
        number: u32
    ) -> Key<PushRecord> = "preview-push/{project}/{service}/{pull_request}/{number}";
    /// The `number`th pull request of a service that was seen.
    pub fn pull_request(project: ProjectId, service: &ServiceName, number: u32) -> Key<u32> =
        "pull-request/{project}/{service}/{number}";
    /// Whether a pull request has such a number.
    pub fn is_pull_request(project: ProjectId, service: &ServiceName, pull_request: u32) -> Key<bool> =
        "pull-request/{project}/{service}/of/{pull_request}";
    /// The commit of a pull request from a fork that may be built.
    pub fn approved_commit(
        project: ProjectId,
        service: &ServiceName,
        pull_request: u32
    ) -> Key<ApprovedCommit> = "approved-commit/{project}/{service}/{pull_request}";
    /// What was reported to GitHub about a deployment.
    pub fn github_deployment(id: DeploymentId) -> Key<GitHubDeploymentRecord> =
        "github-deployment/{}/{}", id.project, id.number;
    /// Which of the places that name a service are its own.
    pub fn service_places(id: DeploymentId) -> Key<u64> =
        "service-places/{}/{}", id.project, id.number;
    /// What was last read from another system, and whose turn it is to read it again.
    pub fn cache(name: &WindowName) -> Key<CacheEntry> = "cache/{}", name.0;
    /// The `number`th repository of which pushes build services. A repository may have several numbers.
    pub fn linked_repository(number: u32) -> Key<LinkedRepository> = "linked-repository/{number}";
    /// Whether a repository has such a number.
    pub fn is_linked_repository(repository: u64) -> Key<bool> = "linked-repository/of/{repository}";
    /// The number of the repository at which `reconcile` looks next.
    pub fn next_linked_repository() -> Key<u32> = "next-linked-repository";
    /// The `number`th item of a queue of work, until it is done. Its type depends on the queue.
    pub(crate) fn work_item<T>(queue: &str, number: u32) -> Key<WorkItem<T>> =
        "work/{queue}/{number}";
    /// How far a queue of work is done.
    pub(crate) fn work_progress(queue: &str) -> Key<WorkProgress> = "work-progress/{queue}";
    /// The window that is counted now.
    pub(super) fn window(name: &WindowName) -> Key<Window> = "window/{}", name.0;
    /// What holds a place of a limit. Its type depends on the limit.
    pub(crate) fn place<H>(limit: &Limit, number: u32) -> Key<Place<H>> =
        "place/{}/{number}", limit.key();

    /// What a service has reported to GitHub for its commits.
    pub fn commit_status(project: ProjectId, service: &ServiceName) -> Key<CommitStatusRecord> =
        "commit-status/{project}/{service}";
    /// What a service has reported to GitHub for the commits of a pull request.
    pub fn preview_commit_status(
        project: ProjectId,
        service: &ServiceName,
        pull_request: u32
    ) -> Key<CommitStatusRecord> = "commit-status/{project}/{service}/{pull_request}";
    /// Whether a person may push to the repository with this number, as GitHub said last. Its type belongs to the
    /// component `builds`.
    pub fn push_permission<T>(repository: u64, person: &Person) -> Key<T> =
        "push-permission/{repository}/{}", person.key();
    /// When it was noticed that the App may not read the pull requests of a repository; none if it may.
    pub fn pull_requests_unreadable(repository: u64) -> Key<Timestamp> =
        "pull-requests-unreadable/{repository}";
    /// Until when GitHub takes no more commit statuses of an installation of the App.
    pub fn statuses_limited_until(installation: u64) -> Key<Timestamp> =
        "statuses-limited/{installation}";

    /// The result of a reservation; its type depends on what is reserved.
    pub(super) fn reservation_result<T>(name: &str) -> Key<T> = "k/{name}";
    /// When a caller first found a reservation that is acquired but has no result.
    pub(super) fn reservation_contended_at(name: &str, generation: u32) -> Key<Timestamp> =
        "k/{name}/{generation}";
}
