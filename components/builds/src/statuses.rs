//! Reports to GitHub, at the commits, what became of pushes.
//!
//! A status is sent only for a person who may push to the repository: GitHub would take any from the App, also one that
//! lets somebody merge who may not. GitHub accepts 80 changes a minute and 500 an hour of an installation, and this is
//! only one use of them, so the platform stays below. What is not sent now is due again at the next look at the build.

use crate::github::{
    GitHub, LinkedAccount, NoToken, StatusResult, StatusToken, create_status, may_push,
    status_token,
};
use nokube_domain::{
    Timestamp,
    name::ServiceName,
    projects::Project,
    pushes::{
        CommitStatusRecord, CommitStatuses, DueStatus, NextStep, StatusProblem, status_context,
    },
    rate_limit::window_start,
    services::LinkedBy,
};
use nokube_edge::{
    Result,
    auth::AuthSettings,
    now, random, sleep,
    store::{Store, WindowName, keys},
    warn,
};
use nokube_github::api::{NewStatus, RepositoryPath};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const MAX_PER_MINUTE: u32 = 60;
const MAX_PER_HOUR: u32 = 400;
const HOUR: i64 = 3600;
/// How often one call sends a state that changes meanwhile, or notes again that it sends it.
const MAX_ROUNDS: u32 = 8;
/// The longest time until a request that others have overwritten notes again that it sends, in milliseconds.
const LONGEST_PAUSE: u64 = 400;
/// How long the permission to push counts, in seconds; and for how long it is not asked for again without it.
const PERMISSION_LASTS: i64 = 24 * HOUR;
const ASK_AGAIN: i64 = HOUR;

/// The service whose pushes are reported.
pub struct Reporter<'a> {
    pub store: &'a Store,
    pub github: &'a GitHub,
    pub project: &'a Project,
    pub service: &'a ServiceName,
    pub repository_id: u64,
    /// Who switched on that pushes build it.
    pub linked_by: &'a LinkedBy,
}

/// What GitHub said about a person and a repository.
#[derive(Serialize, Deserialize)]
struct PushPermission {
    may_push: bool,
    at: Timestamp,
}

/// What remains to be done about a status.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Done,
    /// It is due again later.
    Later,
    /// The state may have changed while it was sent.
    Again,
}

/// Reports the status that is due, if GitHub does not have it. `due` finds out which one it is, again after one was
/// sent. Returns whether nothing is left to be sent. It never fails: a build does not depend on its status.
pub async fn report(to: &Reporter<'_>, due: impl AsyncFn() -> Result<Option<DueStatus>>) -> bool {
    for _ in 0..MAX_ROUNDS {
        let progress = match due().await {
            Ok(None) => Progress::Done,
            Ok(Some(status)) => to.send_if_new(&status).await.unwrap_or_else(|error| {
                warn(format_args!("a commit status is not reported: {error}"));
                Progress::Later
            }),
            Err(error) => {
                warn(format_args!("it is not known which commit status is due: {error}"));
                Progress::Later
            }
        };
        match progress {
            Progress::Done => return true,
            Progress::Later => return false,
            Progress::Again => {}
        }
    }
    false
}

/// What is shown about a service's statuses: one read.
///
/// # Errors
/// The store failed.
pub async fn shown(
    store: &Store,
    project: nokube_domain::ProjectId,
    service: &ServiceName,
) -> Result<CommitStatuses> {
    let record = store.get(keys::commit_status(project, service)).await?;
    Ok(CommitStatusRecord::shown(record.as_ref()))
}

/// What remains to be done if nothing is sent now. `None` if it is to be sent.
fn without_sending(step: NextStep) -> Option<Progress> {
    match step {
        NextStep::Nothing => Some(Progress::Done),
        NextStep::Wait => Some(Progress::Later),
        NextStep::Send { .. } => None,
    }
}

impl Reporter<'_> {
    /// One read if there is nothing to send. Otherwise at most eight reads and five writes, and in a new minute and hour
    /// two more of each.
    async fn send_if_new(&self, due: &DueStatus) -> Result<Progress> {
        let record = self.record().await?;
        if let Some(progress) = without_sending(record.next_step(due, now())) {
            return Ok(progress);
        }
        if !self.may_push().await? {
            return self.note_problem(record, StatusProblem::NoPushPermission).await;
        }
        let at = RepositoryPath::Id(self.repository_id);
        let token = match status_token(self.github, &at).await? {
            Ok(token) => token,
            // The page says it where it says why nothing is built.
            Err(NoToken::NotInstalled) => return Ok(Progress::Done),
            Err(NoToken::NotPermitted) => {
                return self.note_problem(record, StatusProblem::WaitingForApproval).await;
            }
        };
        if !self.has_budget(token.installation).await? {
            return Ok(Progress::Later);
        }
        // Other requests may have begun to send it since. Of those who note it at once, the last one sends it.
        let (sender, record) = (random()?, self.record().await?);
        let step = record.next_step(due, now());
        if let Some(progress) = without_sending(step) {
            return Ok(progress);
        }
        self.store_record(&record.sending(due, sender, now())).await?;
        if !self.record().await?.is_sent_by(&due.commit, sender) {
            // Another request has written the record at the same time, perhaps about another commit.
            sleep(Duration::from_millis(sender % LONGEST_PAUSE)).await;
            return Ok(Progress::Again);
        }
        let others_send = step == NextStep::Send { others_send: true };
        let result = self.send(due, &at, &token).await?;
        let record = self.record().await?;
        match result {
            StatusResult::Created | StatusResult::Refused => match record.sent(&due.commit, sender)
            {
                Some(record) if !others_send => {
                    self.store_record(&record).await?;
                    // The build may have gone on meanwhile.
                    Ok(Progress::Again)
                }
                Some(_) => Ok(Progress::Later),
                None => Ok(Progress::Again),
            },
            StatusResult::NotPermitted => {
                self.note_problem(record, StatusProblem::WaitingForApproval).await
            }
            StatusResult::Limited(until) => {
                let key = keys::statuses_limited_until(token.installation);
                self.store.set(key, &until).await?;
                Ok(Progress::Later)
            }
            StatusResult::Failed => Ok(Progress::Later),
        }
    }

    async fn send(
        &self,
        due: &DueStatus,
        at: &RepositoryPath,
        token: &StatusToken,
    ) -> Result<StatusResult> {
        let platform = &AuthSettings::load().await?.platform_origin;
        let (project, service) = (self.project.id, self.service);
        let target_url = match due.build {
            Some(build) => format!("{platform}/builds/{build}"),
            None => format!("{platform}/projects/{project}/services/{service}"),
        };
        let context = status_context(&self.project.name, service);
        let (state, description) = (due.state, due.description);
        // A platform that people do not visit may have no address.
        let target_url = (!platform.is_empty()).then_some(target_url.as_str());
        let status = NewStatus { context: &context, state, description, target_url };
        create_status(self.github, at, &due.commit, &status, token).await
    }

    async fn record(&self) -> Result<CommitStatusRecord> {
        let key = keys::commit_status(self.project.id, self.service);
        Ok(self.store.get(key).await?.unwrap_or_default())
    }

    async fn store_record(&self, record: &CommitStatusRecord) -> Result<()> {
        self.store.set(keys::commit_status(self.project.id, self.service), record).await
    }

    /// Stores why nothing can be reported. Then nothing is due.
    async fn note_problem(
        &self,
        record: CommitStatusRecord,
        problem: StatusProblem,
    ) -> Result<Progress> {
        let is_known = record.problem() == Some(problem);
        if is_known && problem == StatusProblem::NoPushPermission {
            return Ok(Progress::Done);
        }
        if !is_known {
            let (project, service) = (self.project.id, self.service);
            warn(format_args!("{project}/{service} reports no commit statuses: {problem:?}"));
        }
        self.store_record(&record.with_problem(problem, now())).await?;
        Ok(Progress::Done)
    }

    /// Whether the person who switched on automatic builds may push to the repository. GitHub is asked once a day.
    async fn may_push(&self) -> Result<bool> {
        let LinkedBy { person, .. } = self.linked_by;
        let key = || keys::push_permission(self.repository_id, person);
        let known: Option<PushPermission> = self.store.get(key()).await?;
        if let Some(PushPermission { may_push, at }) = known {
            let lasts = if may_push { PERMISSION_LASTS } else { ASK_AGAIN };
            if now().as_second().saturating_sub(at.as_second()) < lasts {
                return Ok(may_push);
            }
        }
        let at = RepositoryPath::Id(self.repository_id);
        let may_push = may_push(self.github, &at, &LinkedAccount::from(self.linked_by)).await?;
        self.store.set(key(), &PushPermission { may_push, at: now() }).await?;
        Ok(may_push)
    }

    /// Counts one more status of the installation, unless GitHub or the platform limits them now.
    async fn has_budget(&self, installation: u64) -> Result<bool> {
        let second = now().as_second();
        let until = self.store.get(keys::statuses_limited_until(installation)).await?;
        if until.is_some_and(|until| until.as_second() > second) {
            return Ok(false);
        }
        let hour = second.div_euclid(HOUR) * HOUR;
        let [per_minute, per_hour] = [
            (WindowName::statuses_per_minute(installation), window_start(second), MAX_PER_MINUTE),
            (WindowName::statuses_per_hour(installation), hour, MAX_PER_HOUR),
        ];
        for (name, start, max) in [per_minute, per_hour] {
            if !self.store.count_in_window(&name, start, max).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
