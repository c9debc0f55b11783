//! How things are reported to GitHub: commit statuses and GitHub Deployments.
//!
//! They are sent only for a person who may push to the repository: GitHub would take any from the App, also one that lets
//! somebody merge who may not. GitHub accepts 80 changes a minute and 500 an hour of an installation, and this is only
//! one use of them, so the platform stays below. What is not sent now is due again at the next look.

use crate::github::{
    Access, GitHub, LinkedAccount, NoToken, ReportResult, ReportToken, may_push, report_token,
};
use nokube_domain::{
    Timestamp,
    rate_limit::window_start,
    reports::{NextStep, ReportProblem, ReportRecord},
    services::LinkedBy,
};
use nokube_edge::{
    Result, now, random, sleep,
    store::{Key, Store, WindowName, keys},
    warn,
};
use nokube_github::api::RepositoryPath;
use serde::{Deserialize, Serialize};
use std::{fmt::Display, time::Duration};

const MAX_PER_MINUTE: u32 = 60;
const MAX_PER_HOUR: u32 = 400;
/// Of them, those about pull requests: strangers can cause any number.
const MAX_OF_PULL_REQUESTS: u32 = 200;
const HOUR: i64 = 3600;
/// How often one call sends a state that changes meanwhile, or notes again that it sends it.
const MAX_ROUNDS: u32 = 12;
/// The longest time until a request that others have overwritten notes again that it sends, in milliseconds.
const LONGEST_PAUSE: u64 = 400;
/// How long the permission to push counts, in seconds; and for how long it is not asked for again without it.
const PERMISSION_LASTS: i64 = 24 * HOUR;
const ASK_AGAIN: i64 = HOUR;

/// Something that is reported to GitHub, of which a record says what GitHub has.
pub trait Report: Sized {
    type Record: ReportRecord;

    /// For the log, in the plural.
    const WHAT: &'static str;
    /// The permission of the token.
    const ACCESS: Access;

    /// For the log: of what.
    fn of(&self) -> impl Display;

    fn key(&self) -> Key<Self::Record>;

    /// Whether somebody can cause it who only opens pull requests.
    fn is_of_pull_request(&self) -> bool {
        false
    }

    /// What GitHub should have now, if anything. It is asked again after something was sent.
    async fn due(&self) -> Result<Option<Due<Self>>>;

    /// Where the next report is sent, if there is one.
    fn target(&self, record: &Self::Record, due: &Due<Self>) -> Option<Target<'_>>;

    /// Whether this request may send, of those that have read the same record.
    async fn is_elected(&self, record: &Self::Record) -> Result<bool>;

    /// Sends what follows from the record as it was before the request noted that it sends.
    async fn send(
        &self,
        record: &Self::Record,
        due: &Due<Self>,
        token: &ReportToken,
    ) -> Result<ReportResult>;
}

/// Where a report is sent.
pub struct Target<'a> {
    /// The number of the repository.
    pub repository: u64,
    /// Who must be able to push to it. `None` if nobody need be, because the report only takes something back.
    pub responsible: Option<&'a LinkedBy>,
}

type Due<R> = <<R as Report>::Record as ReportRecord>::Due;

/// What GitHub said about a person and a repository.
#[derive(Serialize, Deserialize)]
struct PushPermission {
    may_push: bool,
    at: Timestamp,
}

/// What remains to be done about a report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Done,
    /// It is due again later.
    Later,
    /// What is due may have changed while it was sent.
    Again,
}

/// Reports what is due, if GitHub does not have it. Returns whether nothing is left to be sent. It never fails: nothing
/// else depends on it.
pub async fn report<R: Report>(store: &Store, github: &GitHub, report: &R) -> bool {
    let reporter = Reporter { store, github, report };
    for _ in 0..MAX_ROUNDS {
        let progress = match report.due().await {
            Ok(None) => Progress::Done,
            Ok(Some(due)) => reporter.send_if_new(&due).await.unwrap_or_else(|error| {
                warn(format_args!("{} are not reported: {error}", R::WHAT));
                Progress::Later
            }),
            Err(error) => {
                warn(format_args!("it is not known which {} are due: {error}", R::WHAT));
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

/// What remains to be done if nothing is sent now. `None` if it is to be sent.
fn without_sending(step: NextStep) -> Option<Progress> {
    match step {
        NextStep::Nothing => Some(Progress::Done),
        NextStep::Wait => Some(Progress::Later),
        NextStep::Send { .. } => None,
    }
}

struct Reporter<'a, R> {
    store: &'a Store,
    github: &'a GitHub,
    report: &'a R,
}

impl<R: Report> Reporter<'_, R> {
    /// One read if there is nothing to send. Otherwise at most eight reads and five writes, and in a new minute and hour
    /// two more of each.
    async fn send_if_new(&self, due: &Due<R>) -> Result<Progress> {
        let record = self.record().await?;
        if let Some(progress) = without_sending(record.next_step(due, now())) {
            return Ok(progress);
        }
        let Some(Target { repository, responsible }) = self.report.target(&record, due) else {
            return Ok(Progress::Done);
        };
        if let Some(person) = responsible
            && !self.may_push(repository, person).await?
        {
            return self.note_problem(record, ReportProblem::NoPushPermission).await;
        }
        let token = report_token(self.github, &RepositoryPath::Id(repository), R::ACCESS).await?;
        let token = match token {
            Ok(token) => token,
            // The page says it where it says why nothing is built.
            Err(NoToken::NotInstalled) => return Ok(Progress::Done),
            Err(NoToken::NotPermitted) => {
                return self.note_problem(record, ReportProblem::WaitingForApproval).await;
            }
        };
        if !self.has_budget(token.installation).await? {
            return Ok(Progress::Later);
        }
        self.send_as_the_only_one(due, &token).await
    }

    /// Other requests may have begun to send it since. Of those who note it at once, the last one sends it.
    async fn send_as_the_only_one(&self, due: &Due<R>, token: &ReportToken) -> Result<Progress> {
        let (sender, before) = (random()?, self.record().await?);
        let step = before.next_step(due, now());
        if let Some(progress) = without_sending(step) {
            return Ok(progress);
        }
        if !self.report.is_elected(&before).await? {
            return Ok(Progress::Later);
        }
        let noted = before.clone().sending(due, sender, now());
        self.store.set(self.report.key(), &noted).await?;
        if !self.record().await?.is_sent_by(due, sender) {
            // Another request has written the record at the same time, perhaps about something else.
            sleep(Duration::from_millis(sender % LONGEST_PAUSE)).await;
            return Ok(Progress::Again);
        }
        let others_send = step == NextStep::Send { others_send: true };
        let result = self.report.send(&before, due, token).await?;
        self.note_result(due, sender, result, others_send, token).await
    }

    async fn note_result(
        &self,
        due: &Due<R>,
        sender: u64,
        result: ReportResult,
        others_send: bool,
        token: &ReportToken,
    ) -> Result<Progress> {
        let record = self.record().await?;
        let id = match result {
            ReportResult::Accepted(id) => id,
            ReportResult::Refused => None,
            ReportResult::NotPermitted => {
                return self.note_problem(record, ReportProblem::WaitingForApproval).await;
            }
            ReportResult::Limited(until) => {
                let key = keys::statuses_limited_until(token.installation);
                self.store.set(key, &until).await?;
                return Ok(Progress::Later);
            }
            ReportResult::Failed => return Ok(Progress::Later),
        };
        match record.sent(due, sender, id) {
            Some(record) if !others_send => {
                self.store.set(self.report.key(), &record).await?;
                // Things may have gone on meanwhile.
                Ok(Progress::Again)
            }
            Some(_) => Ok(Progress::Later),
            None => Ok(Progress::Again),
        }
    }

    async fn record(&self) -> Result<R::Record> {
        Ok(self.store.get(self.report.key()).await?.unwrap_or_default())
    }

    /// Stores why nothing can be reported. Then nothing is due.
    async fn note_problem(&self, record: R::Record, problem: ReportProblem) -> Result<Progress> {
        let is_known = record.problem() == Some(problem);
        if is_known && problem == ReportProblem::NoPushPermission {
            return Ok(Progress::Done);
        }
        if !is_known {
            let of = self.report.of();
            warn(format_args!("{} of {of} are not reported: {problem:?}", R::WHAT));
        }
        self.store.set(self.report.key(), &record.with_problem(problem, now())).await?;
        Ok(Progress::Done)
    }

    /// Whether the responsible person may push to the repository. GitHub is asked once a day.
    async fn may_push(&self, repository: u64, linked: &LinkedBy) -> Result<bool> {
        let key = || keys::push_permission(repository, &linked.person);
        let known: Option<PushPermission> = self.store.get(key()).await?;
        if let Some(PushPermission { may_push, at }) = known {
            let lasts = if may_push { PERMISSION_LASTS } else { ASK_AGAIN };
            if now().as_second().saturating_sub(at.as_second()) < lasts {
                return Ok(may_push);
            }
        }
        let at = RepositoryPath::Id(repository);
        let may_push = may_push(self.github, &at, &LinkedAccount::from(linked)).await?;
        self.store.set(key(), &PushPermission { may_push, at: now() }).await?;
        Ok(may_push)
    }

    /// Counts one more report of the installation, unless GitHub or the platform limits them now.
    async fn has_budget(&self, installation: u64) -> Result<bool> {
        let second = now().as_second();
        let until = self.store.get(keys::statuses_limited_until(installation)).await?;
        if until.is_some_and(|until| until.as_second() > second) {
            return Ok(false);
        }
        let hour = second.div_euclid(HOUR) * HOUR;
        let of_pull_requests = WindowName::pull_request_statuses(installation);
        if self.report.is_of_pull_request()
            && !self.store.count_in_window(&of_pull_requests, hour, MAX_OF_PULL_REQUESTS).await?
        {
            return Ok(false);
        }
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
