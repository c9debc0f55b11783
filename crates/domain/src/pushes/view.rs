//! The pushes of a service as the API shows them.

use super::{CommitSummary, PushEvent, PushOutcome, PushRecord, TargetKey};
use crate::{BuildId, Timestamp, config_file::FileError, repository::CommitSha, whole_seconds};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many pushes are shown.
const MAX_PUSHES: usize = 20;

/// Builds of a service that pushes start.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AutomaticBuilds {
    /// The login of the person who switched them on. What that person may do decides what is built.
    pub enabled_by: String,
    pub enabled_at: Timestamp,
    /// 90 days after that person's last sign-in. Then somebody has to confirm: send `build_on_push: true` again.
    pub confirmed_until: Timestamp,
    /// Why no push is built now; `null` if pushes are built.
    pub problem: Option<PushOutcome>,
    pub commit_statuses: CommitStatuses,
    /// Whether GitHub shows what is deployed of the repository.
    pub github_deployments: CommitStatuses,
}

/// Whether GitHub shows the state of the builds at the commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum CommitStatuses {
    Active,
    /// The person who switched automatic builds on may not push to the repository.
    NoPushPermission,
    /// The installation of the GitHub App has not accepted the permission yet.
    WaitingForApproval,
    /// Nothing was reported yet.
    Unknown,
}

/// The newest pushes of a service.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PushList {
    /// The newest first, at most 20.
    pub pushes: Vec<PushView>,
}

/// A push, and what followed from it for the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Push))]
pub struct PushView {
    /// When GitHub's event was received or, without one, when the push was found.
    pub received_at: Timestamp,
    pub branch: String,
    /// The commit that was pushed, as the event says; `null` without an event, and if the branch was deleted.
    pub commit: Option<CommitSummary>,
    /// The head of the branch when the platform asked GitHub. It counts: later pushes may have come before.
    pub head: Option<CommitSummary>,
    /// The login of who pushed, as the event says.
    pub sender: Option<String>,
    pub decision: Decision,
    /// What is wrong with the configuration file of the head, for `invalid_config_file`; else empty.
    pub config_file_errors: Vec<FileError>,
    /// The build of the head, if there is one.
    pub build_id: Option<BuildId>,
}

/// What followed from a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Decision {
    Built,
    /// Its build waits until other builds of the project's owner have ended.
    WaitingForCapacity,
    /// A later push has another commit, which is built instead.
    Superseded,
    /// No file has changed that the service is built from.
    NotAffected,
    /// The commit's message asks for no build, for example with `[skip ci]`.
    Skipped,
    /// The head was seen before.
    Unchanged,
    BranchMissing,
    RepositoryMissing,
    RepositoryArchived,
    /// The GitHub App is not installed on the repository.
    AppNotInstalled,
    /// The person who switched automatic builds on may not read the repository.
    NoAccess,
    /// That person is no longer a developer or the owner of the project.
    NotAMember,
    /// An administrator has blocked that person.
    Blocked,
    /// That person has not signed in for 90 days.
    ConfirmationRequired,
    /// The pull request is a draft.
    Draft,
    /// The head of the pull request is in a fork, and no developer of the project has approved this commit.
    ApprovalRequired,
    /// The project's owner has as many previews as the platform allows.
    TooManyPreviews,
    /// The pull request was closed or merged.
    Closed,
    /// The pull request is to be merged into a branch for which there are no previews.
    BaseBranchNotChosen,
    /// Nothing was pushed to the pull request for a time.
    Expired,
    /// Previews are switched off.
    PreviewsOff,
    /// The file nokube.toml of the head is missing or invalid, or says nothing of the service. What the last valid one
    /// says stays in effect.
    InvalidConfigFile,
}

/// The build of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetBuild {
    pub id: BuildId,
    pub waits_for_capacity: bool,
    pub is_superseded: bool,
}

impl PushList {
    /// `records` are the newest ones, the newest first. `builds` are the builds of their targets.
    pub fn new(records: &[PushRecord], builds: &BTreeMap<TargetKey, TargetBuild>) -> Self {
        let newest = records.first().and_then(|record| record.target.as_ref());
        let newest = newest.map(super::PushTarget::key);
        let shown = records.iter().enumerate().filter_map(|(index, record)| {
            let earlier = records.get(index.saturating_add(1)..).unwrap_or_default();
            let is_shown = record.outcome != PushOutcome::Linked
                && !is_repeated(record, earlier)
                && !is_found_before_its_event(record, records);
            is_shown.then(|| {
                let first = first_with_head(record, earlier);
                let own = own_build(record, records, builds);
                (record.at, PushView::new(record, first, own, newest.as_ref(), builds))
            })
        });
        // Events are processed in any order.
        let mut shown: Vec<_> = shown.collect();
        shown.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        Self { pushes: shown.into_iter().map(|(_, push)| push).take(MAX_PUSHES).collect() }
    }
}

/// Whether an item of the queue was carried out before: each time has a record, of which the first one counts.
fn is_repeated(record: &PushRecord, earlier: &[PushRecord]) -> bool {
    record.work.is_some() && earlier.iter().any(|it| it.work == record.work)
}

/// Whether a read, or the creation of the branch, has found a head of which there is an event too. They are one push.
fn is_found_before_its_event(record: &PushRecord, records: &[PushRecord]) -> bool {
    let Some(head) = head_of(record) else { return false };
    pushed_sha(record).is_none()
        && record.outcome.is_about_head()
        && records.iter().any(|it| pushed_sha(it) == Some(head))
}

/// The record that says what follows from this one's head: the first one that has seen it. An event that GitHub has
/// sent again stands for itself.
fn first_with_head<'a>(record: &'a PushRecord, earlier: &'a [PushRecord]) -> &'a PushRecord {
    let pushed = pushed_sha(record);
    let is_sent_again = pushed.is_some() && earlier.iter().any(|it| pushed_sha(it) == pushed);
    if record.outcome != PushOutcome::Unchanged || is_sent_again {
        return record;
    }
    let has_seen_it = |it: &&PushRecord| {
        it.outcome != PushOutcome::Unchanged
            && !it.outcome.is_problem()
            && head_of(it) == head_of(record)
    };
    earlier.iter().find(has_seen_it).unwrap_or(record)
}

/// The build of the commit that was pushed, if it was the head when another record was written.
fn own_build(
    record: &PushRecord,
    records: &[PushRecord],
    builds: &BTreeMap<TargetKey, TargetBuild>,
) -> Option<TargetBuild> {
    let pushed = pushed_sha(record).filter(|pushed| Some(*pushed) != head_of(record))?;
    let targets = records.iter().filter_map(PushRecord::own_target);
    let mut own = targets.filter(|target| target.commit.sha == *pushed);
    own.find_map(|target| builds.get(&target.key()).copied())
}

fn head_of(record: &PushRecord) -> Option<&CommitSha> {
    record.head.as_ref().map(|head| &head.sha)
}

/// The commit that was pushed, as the event says.
fn pushed_sha(record: &PushRecord) -> Option<&CommitSha> {
    record.event.as_ref()?.after.as_ref()
}

impl PushView {
    fn new(
        record: &PushRecord,
        first: &PushRecord,
        own: Option<TargetBuild>,
        newest: Option<&TargetKey>,
        builds: &BTreeMap<TargetKey, TargetBuild>,
    ) -> Self {
        let target = record.target.as_ref();
        let head = head_of(record);
        let is_head = pushed_sha(record).is_none_or(|pushed| Some(pushed) == head);
        let of_head = target.filter(|target| Some(&target.commit.sha) == head);
        let key = of_head.map(super::PushTarget::key);
        let build = own.or_else(|| builds.get(key.as_ref()?).copied());
        let is_newest = key.as_ref() == newest;
        let decision = match first.outcome {
            // Its commit was no longer the head when GitHub was asked.
            PushOutcome::Affected | PushOutcome::Skipped | PushOutcome::Unchanged
                if !is_head && own.is_none() =>
            {
                Decision::Superseded
            }
            PushOutcome::Affected | PushOutcome::Linked => match build {
                Some(build) if build.is_superseded => Decision::Superseded,
                Some(build) if build.waits_for_capacity => Decision::WaitingForCapacity,
                None if !is_newest => Decision::Superseded,
                Some(_) | None => Decision::Built,
            },
            PushOutcome::NotAffected => Decision::NotAffected,
            PushOutcome::Skipped => Decision::Skipped,
            PushOutcome::Unchanged => Decision::Unchanged,
            PushOutcome::BranchMissing => Decision::BranchMissing,
            PushOutcome::RepositoryMissing => Decision::RepositoryMissing,
            PushOutcome::RepositoryArchived => Decision::RepositoryArchived,
            PushOutcome::AppNotInstalled => Decision::AppNotInstalled,
            PushOutcome::NoAccess => Decision::NoAccess,
            PushOutcome::NotAMember => Decision::NotAMember,
            PushOutcome::Blocked => Decision::Blocked,
            PushOutcome::ConfirmationRequired => Decision::ConfirmationRequired,
            PushOutcome::Draft => Decision::Draft,
            PushOutcome::ApprovalRequired => Decision::ApprovalRequired,
            PushOutcome::TooManyPreviews => Decision::TooManyPreviews,
            PushOutcome::Closed => Decision::Closed,
            PushOutcome::BaseBranchNotChosen => Decision::BaseBranchNotChosen,
            PushOutcome::Expired => Decision::Expired,
            PushOutcome::PreviewsOff => Decision::PreviewsOff,
            PushOutcome::InvalidConfigFile => Decision::InvalidConfigFile,
        };
        let file = record.config_file.as_ref().filter(|_| decision == Decision::InvalidConfigFile);
        let event = record.event.as_ref();
        let has_build = matches!(record.outcome, PushOutcome::Affected | PushOutcome::Unchanged);
        Self {
            received_at: whole_seconds(record.at),
            branch: record.branch.clone(),
            commit: event.and_then(pushed_commit),
            head: record.head.clone(),
            sender: event.and_then(|event| event.sender.clone()),
            decision,
            config_file_errors: file.map(|file| file.errors.clone()).unwrap_or_default(),
            build_id: build.filter(|_| has_build).map(|build| build.id),
        }
    }
}

/// The commit that an event is about. GitHub leaves out its text if it is not new.
fn pushed_commit(event: &PushEvent) -> Option<CommitSummary> {
    let without_text = || Some(CommitSummary::new(event.after.clone()?, "", None));
    event.head_commit.clone().or_else(without_text)
}
