//! A look at pull requests: what they are now, and what follows for the previews of the services.
//!
//! As for branches ([`crate::pushes`]), a number is taken for each service and pull request before GitHub is asked, so
//! the largest number has the last state. An event is one request to GitHub. A look without one asks for the list first,
//! without numbers, and goes on only with what is new.

use super::{
    ask::PullRequests,
    candidate::Candidate,
    deployments::{add_item, look_at},
    ending::Ending,
    record::Written,
    seen,
};
use crate::{
    pushes::{Branch, Occasion, Processing, Repository, report_newest},
    settings::Limits,
};
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use nokube_domain::{pushes::PushRecord, work::Progress};
use nokube_edge::{Result, now, pushes::LinkedService, store::Store, warn};
use std::collections::{BTreeMap, BTreeSet};

/// Pull requests for which GitHub is asked by their numbers, because they are not in the list.
const MAX_BY_NUMBER: usize = 20;
/// Pull requests whose heads are asked for at once.
const ASKED_AT_ONCE: usize = 8;
const READ_AT_ONCE: usize = 16;
/// Builds that are started at once.
const STARTED_AT_ONCE: usize = 4;

/// Seconds after which nothing is left to be done for a record that was found without an event.
const FINISHED_AFTER: i64 = 3 * 60 * 60;

/// A look at the pull requests of a repository.
pub struct PreviewLook<'a> {
    pub repository: &'a Repository<'a>,
    pub occasion: &'a Occasion<'a>,
    /// Days after which a preview ends without a push.
    pub days: i64,
}

/// Looks at the pull request of an event, or at those that are open or were, and starts what is to be built. `services`
/// have previews.
///
/// # Errors
/// The store failed, or GitHub does not answer. What fails for one service only is logged, and another look is needed.
pub async fn look(
    repository: &Repository<'_>,
    services: &[Branch],
    occasion: &Occasion<'_>,
) -> Result<Progress> {
    if services.is_empty() {
        return Ok(Progress::Done);
    }
    let days = Limits::load().await?.preview_days;
    let look = PreviewLook { repository, occasion, days };
    let is_readable = services.iter().any(|service| service.problem.is_none());
    let found = match occasion.pull_request {
        Some(number) => look.at_one(services, number, is_readable).await?,
        None => look.at_all(services, is_readable).await?,
    };
    let Some((written, known)) = found else {
        // The page says it.
        return Ok(Progress::Done);
    };
    look.finish(written, known).await
}

impl PreviewLook<'_> {
    pub fn store(&self) -> &Store {
        self.repository.store
    }

    /// What was written, and those of which nothing is new. `None` if pull requests cannot be read.
    async fn at_one(
        &self,
        services: &[Branch],
        number: u32,
        is_readable: bool,
    ) -> Result<Option<(Vec<Written>, Vec<Candidate>)>> {
        let candidates = services.iter().map(|it| self.candidate(it, number));
        let candidates = try_join_all(candidates).await?;
        let numbers = BTreeSet::from([number]);
        if self.occasion.processing == Processing::First {
            let numbered = self.number(candidates).await?;
            let Some(present) = self.ask(&numbers, is_readable).await? else { return Ok(None) };
            return Ok(Some((self.record(numbered, &present).await?, Vec::new())));
        }
        let Some(present) = self.ask(&numbers, is_readable).await? else { return Ok(None) };
        self.record_news(candidates, &present, is_readable).await
    }

    /// As [`Self::at_one`], for the open pull requests that changed last, and those that had a preview.
    async fn at_all(
        &self,
        services: &[Branch],
        is_readable: bool,
    ) -> Result<Option<(Vec<Written>, Vec<Candidate>)>> {
        let Some((mut present, listed)) = self.list(is_readable).await? else { return Ok(None) };
        let mut pairs = Vec::new();
        for service in services {
            let linked = &service.service;
            let seen = seen::with_previews(self.store(), linked.project, &linked.name).await?;
            let numbers: BTreeSet<u32> = seen.into_iter().chain(listed.iter().copied()).collect();
            pairs.extend(numbers.into_iter().map(|number| (service, number)));
        }
        let loads = pairs.into_iter().map(|(service, number)| self.candidate(service, number));
        let candidates: Vec<_> = stream::iter(loads).buffered(READ_AT_ONCE).try_collect().await?;
        let is_missing = |candidate: &&Candidate| {
            let newest = candidate.newest.as_ref();
            let is_open = newest.is_some_and(|newest| !newest.outcome.ends_preview());
            is_open && !present.contains_key(&candidate.number)
        };
        let missing = candidates.iter().filter(is_missing).map(|candidate| candidate.number);
        let missing: BTreeSet<u32> = missing.collect();
        let missing = missing.into_iter().rev().take(MAX_BY_NUMBER).collect();
        let Some(others) = self.ask_by_number(&missing, is_readable).await? else {
            return Ok(None);
        };
        present.extend(others);
        self.record_news(candidates, &present, is_readable).await
    }

    async fn candidate(&self, service: &Branch, number: u32) -> Result<Candidate> {
        let Branch { service, branch, problem, .. } = service;
        Candidate::load(self.store(), service, number, branch, *problem).await
    }

    /// Takes a number for each.
    async fn number(&self, candidates: Vec<Candidate>) -> Result<Vec<(Candidate, u32)>> {
        let numbers = candidates.iter().map(|candidate| {
            let counter = candidate.service.pushes().counter();
            async move { self.store().increment(&counter).await }
        });
        let numbers = try_join_all(numbers).await?;
        Ok(candidates.into_iter().zip(numbers).collect())
    }

    /// Writes what is new, after GitHub was asked again with numbers.
    async fn record_news(
        &self,
        candidates: Vec<Candidate>,
        present: &PullRequests,
        is_readable: bool,
    ) -> Result<Option<(Vec<Written>, Vec<Candidate>)>> {
        let (mut news, mut known) = (Vec::new(), Vec::new());
        for candidate in candidates {
            if candidate.is_news(self.store(), present, self.days).await? {
                news.push(candidate);
            } else {
                known.push(candidate);
            }
        }
        let numbers: BTreeSet<u32> = news.iter().map(|candidate| candidate.number).collect();
        let numbered = self.number(news).await?;
        let Some(present) = self.ask(&numbers, is_readable).await? else { return Ok(None) };
        let mut groups: BTreeMap<u32, Vec<(Candidate, u32)>> = BTreeMap::new();
        for (candidate, number) in numbered {
            groups.entry(candidate.number).or_default().push((candidate, number));
        }
        let present = &present;
        let groups = groups.into_values().map(|group| self.record(group, present));
        let written: Vec<_> = stream::iter(groups).buffered(ASKED_AT_ONCE).try_collect().await?;
        Ok(Some((written.into_iter().flatten().collect(), known)))
    }

    /// Starts builds, ends previews, and reports commit statuses.
    async fn finish(&self, written: Vec<Written>, known: Vec<Candidate>) -> Result<Progress> {
        let known = known.into_iter().map(|candidate| Written {
            candidate,
            record: Ok(None),
            ending: None,
        });
        let finished = written.into_iter().chain(known).map(
            |Written { candidate, record, ending }| async move {
                let finished = match record {
                    Ok(record) => self.finish_one(&candidate, record, ending).await,
                    Err(error) => Err(error),
                };
                finished.unwrap_or_else(|error| {
                    let service = &candidate.service;
                    let (project, name, number) =
                        (service.project, &service.name, candidate.number);
                    warn(format_args!("pull request {number} of {project} {name}: {error}"));
                    Progress::Later
                })
            },
        );
        let finished: Vec<_> = stream::iter(finished).buffered(STARTED_AT_ONCE).collect().await;
        Ok(finished.into_iter().fold(Progress::Done, Progress::and))
    }

    async fn finish_one(
        &self,
        candidate: &Candidate,
        record: Option<PushRecord>,
        ending: Option<Ending>,
    ) -> Result<Progress> {
        let (store, github, service) = (self.store(), self.repository.github, &candidate.service);
        let is_new = record.is_some();
        let Some(newest) = record.as_ref().or(candidate.newest.as_ref()) else {
            return Ok(Progress::Done);
        };
        if let Some(ending) = ending {
            ending.carry_out(store, github, service).await?;
        }
        let age = now().as_second().saturating_sub(newest.at.as_second());
        if !is_new && self.occasion.work.is_none() && age >= FINISHED_AFTER {
            return Ok(Progress::Done);
        }
        let is_thorough = is_new || self.occasion.work.is_some();
        self.repository.ensure(service, is_thorough).await?;
        let is_reported = report_newest(store, github, service).await?;
        let reported = Progress::done_if(is_reported);
        // Its build may have ended before: the pull request was opened again, is no draft any more, or has got a place.
        Ok(match is_thorough && newest.preview_target().is_some() {
            true => reported.and(self.deploy(service).await?),
            false => reported,
        })
    }

    /// Has the preview deployed, if its build has succeeded. Without an event, there is a work item until that is done.
    async fn deploy(&self, service: &LinkedService) -> Result<Progress> {
        let progress = look_at(self.store(), service).await?;
        if progress == Progress::Later && self.occasion.work.is_none() {
            add_item(self.store(), service.pushes()).await?;
        }
        Ok(progress)
    }
}
