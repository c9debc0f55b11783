//! A service of which a pull request is looked at.

use super::{ask::PullRequests, places, seen};
use nokube_domain::{
    Timestamp,
    previews::{
        FoundPullRequest, News, PreviewRules, PullRequestSummary, ShownPullRequest,
        pull_request_ref,
    },
    pushes::{Look, PushOutcome, PushRecord},
};
use nokube_edge::{
    Result, now,
    pushes::{self, LinkedService},
    store::{Store, keys},
};

pub struct Candidate {
    /// With the pull request.
    pub service: LinkedService,
    pub number: u32,
    /// The branch of the service, perhaps the default branch.
    pub branch: String,
    /// Why nothing can be built, whatever the pull request is.
    pub problem: Option<PushOutcome>,
    /// The newest record.
    pub newest: Option<PushRecord>,
}

impl Candidate {
    /// With its newest record: one read for a pull request that was never seen, and otherwise three.
    ///
    /// # Errors
    /// The store failed.
    pub async fn load(
        store: &Store,
        service: &LinkedService,
        number: u32,
        branch: &str,
        problem: Option<PushOutcome>,
    ) -> Result<Self> {
        let newest = match seen::was_seen(store, service.project, &service.name, number).await? {
            true => pushes::newest(store, &service.with_pull_request(number)).await?,
            false => None,
        };
        let (service, branch) = (service.with_pull_request(number), branch.to_owned());
        Ok(Self { service, number, branch, problem, newest })
    }

    /// What is found, compared with `earlier`: see [`FoundPullRequest::find`]. One read for a pull request from a fork.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(
        &self,
        store: &Store,
        present: &PullRequests,
        earlier: Option<&PushRecord>,
        days: i64,
    ) -> Result<Option<FoundPullRequest>> {
        let LinkedService { project, name, source, .. } = &self.service;
        let shown = match present.get(&self.number) {
            None => ShownPullRequest::NotAsked,
            Some(None) => ShownPullRequest::Gone,
            Some(Some(present)) => ShownPullRequest::Present(present),
        };
        let is_fork = match shown {
            ShownPullRequest::Present(present) => present.is_fork(source.repository_id),
            ShownPullRequest::NotAsked | ShownPullRequest::Gone => false,
        };
        let approved = match is_fork {
            true => store.get(keys::approved_commit(*project, name, self.number)).await?,
            false => None,
        };
        let rules = PreviewRules {
            settings: source.previews.as_ref(),
            own_branch: &self.branch,
            repository_id: source.repository_id,
            approved: approved.as_ref(),
            days,
            now: now(),
        };
        Ok(FoundPullRequest::find(shown, self.problem, earlier, &rules))
    }

    /// Whether a record would say something that the newest one does not. The reads of [`places::has_free`], if the preview
    /// waits for a place.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_news(&self, store: &Store, present: &PullRequests, days: i64) -> Result<bool> {
        let newest = self.newest.as_ref();
        let Some(found) = self.find(store, present, newest, days).await? else { return Ok(false) };
        match found.is_news(newest) {
            News::Yes => Ok(true),
            News::No => Ok(false),
            News::WithPlace => places::has_free(store, self.service.project).await,
        }
    }

    pub fn look(
        &self,
        number: u32,
        at: Timestamp,
        summary: PullRequestSummary,
        work: Option<u32>,
    ) -> Look {
        Look {
            number,
            at,
            repository_id: self.service.source.repository_id,
            since: self.service.since(),
            branch: pull_request_ref(self.number),
            pull_request: Some(summary),
            event: None,
            work,
        }
    }
}
