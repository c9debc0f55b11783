//! A look at a repository: what it has now, and what follows for the services that pushes to it build.
//!
//! 1. What GitHub says about the repository, and what the responsible people may do.
//! 2. A number for each service. GitHub is asked where the branches point to only after that, so the largest number has
//!    the last head (see [`nokube_domain::pushes`]).
//! 3. A record for each service, and the build of its target.
//! 4. Commit statuses, after all builds were started.
//! 5. The same for pull requests, if there was an event about one, or none: see [`crate::previews`].

mod files;
mod news;
mod write;

use super::{
    ensure::{Present, ensure},
    report::report_newest,
};
use crate::{
    config_file,
    github::{self, GitHub, Head, LinkedAccount, RepositoryState, may_read, repository_state},
    previews,
};
use files::ConfigFiles;
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use news::Looked;
use nokube_domain::{
    Person, Timestamp,
    builds::HEAD,
    pushes::{Finding, FoundHead, Look, PushEvent, PushOutcome, says_skip},
    work::Progress,
};
use nokube_edge::{
    Result, now,
    pushes::{self, LinkedService},
    store::Store,
    warn,
};
use nokube_github::api::RepositoryPath;
use std::collections::{BTreeMap, BTreeSet};
use write::{Next, Pair};

/// Services whose builds are started at once.
const AT_ONCE: usize = 4;

/// Branches, or comparisons of commits, for which GitHub is asked at once.
const ASKED_AT_ONCE: usize = 8;

/// Numbers that are searched for the record of an event that is processed again.
const RECENT: u32 = 20;

/// Why GitHub is asked.
pub struct Occasion<'a> {
    pub at: Timestamp,
    /// The push, if an event said so.
    pub push: Option<&'a PushEvent>,
    /// The pull request, if an event is about one: then branches are not looked at.
    pub pull_request: Option<u32>,
    /// The number of the event in the work queue.
    pub work: Option<u32>,
    pub processing: Processing,
}

impl Occasion<'_> {
    /// Somebody looks, without an event.
    pub fn without_event() -> Self {
        let (push, pull_request, work) = (None, None, None);
        Self { at: now(), push, pull_request, work, processing: Processing::Repeated }
    }
}

/// How long GitHub may take, and what is written without news.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Processing {
    /// An event that comes for the first time.
    First,
    /// There is no event, or it was perhaps processed before: the look may be cut off after a few seconds.
    Repeated,
    /// The event could not be processed for long. It is recorded no more, only where the branches point to.
    Late,
}

/// A service whose branch is looked at.
#[derive(Clone)]
pub struct Candidate {
    pub service: LinkedService,
    pub branch: String,
    /// Why nothing can be built, whatever the branch points to.
    pub problem: Option<PushOutcome>,
    /// The event, if it is to be recorded.
    push: Option<PushEvent>,
}

/// A repository as GitHub shows it now.
pub struct Repository<'a> {
    pub store: &'a Store,
    pub github: &'a GitHub,
    pub id: u64,
    state: RepositoryState,
    files: ConfigFiles,
}

/// Looks at a repository, and starts what is to be built.
///
/// # Errors
/// The store failed, or GitHub does not answer about the repository. What fails for one service only is logged, and
/// another look is needed.
pub async fn look(
    store: &Store,
    github: &GitHub,
    repository_id: u64,
    services: Vec<LinkedService>,
    occasion: Occasion<'_>,
) -> Result<Progress> {
    // Many pushes are to branches that no service has: then GitHub is not asked.
    let services: Vec<_> =
        services.into_iter().filter(|service| may_concern(service, &occasion)).collect();
    if services.is_empty() {
        return Ok(Progress::Done);
    }
    let state = repository_state(github, repository_id).await?;
    let files = ConfigFiles::default();
    let repository = Repository { store, github, id: repository_id, state, files };
    let mut candidates = repository.candidates(services, &occasion).await?;
    if candidates.is_empty() {
        return Ok(Progress::Done);
    }
    repository.find_problems(&mut candidates).await?;
    let with_previews = candidates.iter().filter(|_| occasion.push.is_none());
    let with_previews =
        with_previews.filter(|candidate| candidate.service.source.previews.is_some());
    let mut with_previews: Vec<_> = with_previews.cloned().collect();
    let pushes = match occasion.pull_request {
        None => repository.look_at_branches(candidates, &occasion).await?,
        Some(_) => Progress::Done,
    };
    // Pull requests are configured by the file of the service's branch, which was just looked at.
    for Candidate { service, .. } in &mut with_previews {
        *service = config_file::in_effect(store, service.clone(), &github.settings.web).await?;
    }
    let previews = previews::look(&repository, &with_previews, &occasion).await?;
    Ok(pushes.and(previews))
}

/// Whether an event may be about the branch of a service, or its previews. Which one is the default branch, only GitHub
/// knows.
fn may_concern(service: &LinkedService, occasion: &Occasion<'_>) -> bool {
    if occasion.pull_request.is_some() {
        return service.source.previews.is_some();
    }
    let pushed = occasion.push.map(|push| push.branch.as_str());
    let branch = service.source.branch();
    branch.is_none() || pushed.is_none() || branch == pushed
}

impl Repository<'_> {
    pub fn at(&self) -> RepositoryPath {
        RepositoryPath::Id(self.id)
    }

    pub fn is_private(&self) -> bool {
        match &self.state {
            RepositoryState::Present { private, .. }
            | RepositoryState::NotInstalled { private, .. } => *private,
            RepositoryState::Missing => true,
        }
    }

    fn default_branch(&self) -> Option<&str> {
        match &self.state {
            RepositoryState::Present { default_branch, .. } => default_branch.as_deref(),
            RepositoryState::NotInstalled { .. } | RepositoryState::Missing => None,
        }
    }

    async fn look_at_branches(
        &self,
        candidates: Vec<Candidate>,
        occasion: &Occasion<'_>,
    ) -> Result<Progress> {
        let is_thorough = occasion.work.is_some();
        let Looked { news, known, failed } = self.find_news(candidates).await?;
        let records = self.record(&news, occasion).await?;
        let written =
            news.into_iter().zip(records).map(|(candidate, record)| (candidate, Some(record)));
        let all = written.chain(known.into_iter().map(|candidate| (candidate, None)));
        let finished = all.map(|(Candidate { service, .. }, record)| async move {
            let is_thorough = is_thorough || record.is_some();
            let ensured = match record {
                Some(Err(error)) => Err(error),
                Some(Ok(())) | None => self.ensure(&service, is_thorough).await,
            };
            (service, ensured)
        });
        let mut finished: Vec<_> = stream::iter(finished).buffered(AT_ONCE).collect().await;
        finished.extend(failed);
        self.report(finished).await
    }

    /// The services that the event concerns. One without a push concerns all.
    async fn candidates(
        &self,
        services: Vec<LinkedService>,
        occasion: &Occasion<'_>,
    ) -> Result<Vec<Candidate>> {
        let pushed = occasion.push.map(|push| push.branch.as_str());
        let candidates = services.into_iter().filter_map(|service| {
            // Nobody knows the default branch of a repository that cannot be read.
            let branch = service.source.branch().or(self.default_branch()).or(pushed);
            let branch = branch.unwrap_or(HEAD).to_owned();
            let is_concerned = pushed.is_none_or(|pushed| pushed == branch);
            let push = occasion.push.filter(|_| occasion.processing != Processing::Late).cloned();
            is_concerned.then_some(Candidate { service, branch, problem: None, push })
        });
        let mut candidates: Vec<_> = candidates.collect();
        if occasion.processing == Processing::Repeated && occasion.push.is_some() {
            for candidate in &mut candidates {
                let of = candidate.service.pushes();
                let recent = pushes::recent(self.store, of, RECENT).await?;
                if recent.iter().any(|record| record.work == occasion.work) {
                    candidate.push = None;
                }
            }
        }
        Ok(candidates)
    }

    /// Finds out why services cannot be built: what people may do, and then what GitHub says about the repository.
    async fn find_problems(&self, candidates: &mut [Candidate]) -> Result<()> {
        let mut readers: BTreeMap<Person, bool> = BTreeMap::new();
        for candidate in candidates {
            let linked = &candidate.service.linked;
            candidate.problem = pushes::problem(self.store, &candidate.service).await?;
            if candidate.problem.is_some() {
                continue;
            }
            candidate.problem = match &self.state {
                RepositoryState::Missing => Some(PushOutcome::RepositoryMissing),
                RepositoryState::NotInstalled { .. } => Some(PushOutcome::AppNotInstalled),
                RepositoryState::Present { private, archived, .. } => {
                    let may_read = match readers.get(&linked.person) {
                        Some(may_read) => *may_read,
                        None if !private => true,
                        None => {
                            may_read(self.github, &self.at(), &LinkedAccount::from(linked)).await?
                        }
                    };
                    readers.insert(linked.person.clone(), may_read);
                    match (may_read, archived) {
                        (false, _) => Some(PushOutcome::NoAccess),
                        (true, true) => Some(PushOutcome::RepositoryArchived),
                        (true, false) => None,
                    }
                }
            };
        }
        Ok(())
    }

    /// Where the branches point to, each asked once.
    async fn heads(
        &self,
        candidates: impl Iterator<Item = &Candidate>,
    ) -> Result<BTreeMap<String, Head>> {
        let candidates = candidates.filter(|candidate| candidate.problem.is_none());
        let branches: BTreeSet<_> = candidates.map(|candidate| candidate.branch.clone()).collect();
        let heads = branches.into_iter().map(|branch| async move {
            let head = github::head(self.github, &self.at(), self.is_private(), &branch).await?;
            Ok((branch, head))
        });
        stream::iter(heads).buffer_unordered(ASKED_AT_ONCE).try_collect().await
    }

    /// Takes the numbers, asks GitHub, and writes the records, each as soon as it is known. A record that cannot be written
    /// is no reason not to write the others.
    async fn record(
        &self,
        candidates: &[Candidate],
        occasion: &Occasion<'_>,
    ) -> Result<Vec<Result<()>>> {
        let numbers = candidates.iter().map(|Candidate { service, .. }| {
            let counter = service.pushes().counter();
            async move { self.store.increment(&counter).await }
        });
        // All numbers before the first question.
        let numbers = try_join_all(numbers).await?;
        let heads = self.heads(candidates.iter()).await?;
        let bases = candidates.iter().zip(&numbers).map(|(candidate, number)| {
            pushes::newest_below(self.store, &candidate.service, *number)
        });
        let bases = try_join_all(bases).await?;
        let found = candidates.iter().zip(numbers).zip(bases).enumerate();
        let mut groups: BTreeMap<Option<Pair>, Vec<Next<'_>>> = BTreeMap::new();
        let mut failed = Vec::new();
        for (index, ((candidate, number), base)) in found {
            let finding = candidate.finding(&heads);
            let file = match self.config_file(candidate, &finding, base.as_ref()).await {
                Ok(file) => file,
                Err(error) => {
                    failed.push((index, Err(error)));
                    continue;
                }
            };
            let (finding, watched) = self.with_file(candidate, finding, file.as_deref());
            let pair = finding.comparison(base.as_ref());
            let pair = pair.map(|(from, to)| (from.clone(), to.clone()));
            let next = Next { index, candidate, number, base, finding, watched };
            groups.entry(pair).or_default().push(next);
        }
        let groups = groups.into_iter().map(|(pair, group)| self.write(pair, group, occasion));
        let written = stream::iter(groups).buffer_unordered(ASKED_AT_ONCE).concat().await;
        let written: BTreeMap<_, _> = written.into_iter().chain(failed).collect();
        Ok(written.into_values().collect())
    }

    /// Makes sure that the target of a service, or of a pull request, is built: see [`ensure`].
    ///
    /// # Errors
    /// As [`ensure`].
    pub async fn ensure(&self, service: &LinkedService, is_thorough: bool) -> Result<()> {
        let RepositoryState::Present { name, private, .. } = &self.state else { return Ok(()) };
        let present = Present { name, private: *private };
        ensure(self.store, self.github, &present, service, is_thorough).await
    }

    /// Reports commit statuses. Done, if that was all.
    async fn report(&self, finished: Vec<(LinkedService, Result<()>)>) -> Result<Progress> {
        let mut progress = Progress::Done;
        for (service, ensured) in finished {
            let reported = match ensured {
                Ok(()) => report_newest(self.store, self.github, &service).await,
                Err(error) => Err(error),
            };
            match reported {
                Ok(true) => {}
                Ok(false) => progress = Progress::Later,
                Err(error) => {
                    warn(format_args!("push of {} {}: {error}", service.project, service.name));
                    progress = Progress::Later;
                }
            }
        }
        Ok(progress)
    }
}

impl Candidate {
    fn finding(&self, heads: &BTreeMap<String, Head>) -> Finding {
        match (self.problem, heads.get(&self.branch)) {
            (Some(problem), _) => Finding::Problem(problem),
            (None, Some(Head::Commit { summary, message })) => Finding::Head(FoundHead {
                commit: summary.clone(),
                is_skipped: says_skip(message),
                file: None,
            }),
            (None, Some(Head::Missing) | None) => Finding::Problem(PushOutcome::BranchMissing),
        }
    }

    fn look(&self, repository_id: u64, number: u32, occasion: &Occasion<'_>) -> Look {
        Look {
            number,
            at: if self.push.is_some() { occasion.at } else { now() },
            repository_id,
            since: self.service.since(),
            branch: self.branch.clone(),
            pull_request: None,
            event: self.push.clone(),
            work: occasion.work.filter(|_| self.push.is_some()),
        }
    }
}
