//! Carries out a [`Plan`]: asks GitHub and the registry everything at once, and returns facts.

use crate::settings::Waits;

use super::{
    client::{GitHub, refused},
    registry,
};
use http::StatusCode;
use nokube_domain::{
    BuildId, Timestamp,
    build::{BuildRecord, Conclusion, JobsDoc, Known, Phase, Plan, RunDoc, RunFacts, RunKey},
    image::Digest,
};
use nokube_edge::{Failure, Result, now, warn};
use nokube_github::{answer, refusal};

/// What was learned.
pub struct Facts {
    pub run: RunDoc,
    pub jobs: JobsDoc,
    pub digest: Option<Digest>,
    /// GitHub listed the jobs as they are.
    pub saw_jobs: bool,
    /// GitHub was asked for the run of the present attempt, and answered.
    pub searched: bool,
}

impl Facts {
    /// No answer.
    pub fn nothing(id: BuildId) -> Self {
        let jobs = JobsDoc::new(id, Default::default());
        Self { run: RunDoc::new(id), jobs, digest: None, saw_jobs: false, searched: false }
    }
}

/// Asks what the plan asks, all at once. An answer that does not come is no failure of the read: it
/// tells what is known, and a later one asks again.
pub async fn ask(github: &GitHub, known: &Known, plan: &Plan) -> Facts {
    let id = known.record.id;
    let (found, run, jobs, digest, _) = futures::join!(
        optional(plan.find_run, |window| find_run(github, &known.record, window)),
        optional(plan.read_run, |key| read_run(github, known, key)),
        optional(plan.read_jobs, |key| read_jobs(github, &known.record, key, known)),
        async {
            match plan.read_digest {
                true => registry::digest(&github.settings, &known.record).await,
                false => None,
            }
        },
        optional(plan.cancel, |(key, forced)| cancel(github, key, forced)),
    );
    let searched = matches!(found, Ok(Some(_))) || matches!(run, Ok(Some(_)));
    let mut doc = RunDoc::new(id);
    for facts in [found.unwrap_or_default(), run.unwrap_or_default()].into_iter().flatten() {
        doc.join(facts);
    }
    let saw_jobs = matches!(jobs, Ok(Some(_)));
    let jobs = jobs.unwrap_or_default().unwrap_or_else(|| JobsDoc::new(id, Default::default()));
    let at = now();
    Facts { run: doc.heard(at), jobs: jobs.heard(at), digest, saw_jobs, searched }
}

async fn optional<A, T, F>(ask: Option<A>, then: impl FnOnce(A) -> F) -> Result<Option<T>>
where
    F: Future<Output = Result<T>>,
{
    match ask {
        Some(ask) => then(ask).await.map(Some),
        None => Ok(None),
    }
}

/// Looks for the build's runs by their title, in as many pages as there are.
async fn find_run(
    github: &GitHub,
    build: &BuildRecord,
    window: (Timestamp, Timestamp),
) -> Result<RunDoc> {
    let mut doc = RunDoc::new(build.id);
    // GitHub lists at most 1,000 runs of a search.
    for page in 1..=10 {
        let listed = github.builder(|token| github.settings.api.runs_between(window, page, token));
        let listed = listed.await?;
        if !listed.status().is_success() {
            return Err(refused(&listed));
        }
        let runs = answer::runs_of(&listed, build.id).map_err(unreadable)?;
        for run in &runs {
            doc.join(RunDoc::of_run(build.id, run.key(), run.facts()));
        }
        let more = listed.headers().get("link").and_then(|link| link.to_str().ok());
        if !runs.is_empty() || !more.is_some_and(|link| link.contains("rel=\"next\"")) {
            break;
        }
    }
    Ok(doc)
}

/// Reads a run. That GitHub does not show it may pass (it has just been made, or our access is
/// lost for a while), so it counts as deleted only late, and only if the workflow can be seen.
async fn read_run(github: &GitHub, known: &Known, key: RunKey) -> Result<RunDoc> {
    let build = &known.record;
    let read = github.builder(|token| github.settings.api.run(key.run_id, token)).await?;
    match read.status() {
        StatusCode::OK => {
            let run = answer::run(&read).map_err(unreadable)?;
            Ok(RunDoc::of_run(build.id, run.key(), run.facts()))
        }
        StatusCode::NOT_FOUND => {
            let waited = now().as_second() - known.asked_at().as_second();
            let workflow = github.builder(|token| github.settings.api.workflow(token)).await?;
            if waited < Waits::read().await?.windows.grace || !workflow.status().is_success() {
                return Err(refused(&read));
            }
            let mut gone = RunFacts::new(Phase::Ended(Conclusion::Deleted));
            gone.ended_at = Some(now());
            Ok(RunDoc::of_run(build.id, key, gone))
        }
        _ => Err(refused(&read)),
    }
}

async fn read_jobs(
    github: &GitHub,
    build: &BuildRecord,
    key: RunKey,
    known: &Known,
) -> Result<JobsDoc> {
    // The validator belongs to one run's list; with another run's jobs known it may be another's.
    let same = known.jobs.jobs.values().all(|job| job.run == key);
    let etag = known.jobs.etag.as_deref().filter(|_| same);
    let read = github.builder(|token| github.settings.api.jobs(key, etag, token)).await?;
    match read.status() {
        StatusCode::OK => answer::jobs(&read, build.id).map_err(unreadable),
        StatusCode::NOT_MODIFIED => Ok(known.jobs.clone()),
        StatusCode::NOT_FOUND => Ok(JobsDoc::new(build.id, Default::default())),
        _ => Err(refused(&read)),
    }
}

/// Sends the wish to cancel. A refusal (409: it has ended) shows in what the run is.
pub async fn cancel(github: &GitHub, key: RunKey, forced: bool) -> Result<()> {
    let api = &github.settings.api;
    let sent = github.builder(|token| api.cancel(key.run_id, forced, token)).await?;
    match sent.status() {
        status if status.is_success() => Ok(()),
        StatusCode::CONFLICT | StatusCode::NOT_FOUND => Ok(()),
        _ => Err(refused(&sent)),
    }
}

/// Starts a build and returns what that made known: its run, a refusal, or nothing. Then nobody
/// knows whether GitHub has started it; it is not asked again, and the run is looked for.
///
/// # Errors
/// Never for what GitHub says; that is a fact about the build.
pub async fn dispatch(github: &GitHub, build: &BuildRecord, attempt: u32) -> Result<RunDoc> {
    let api = &github.settings.api;
    // Without a token nothing is sent, and that is certain.
    if let Err(Failure::Problem(problem)) = github.builder_token().await {
        return Ok(RunDoc::of_refusal(build.id, attempt, now(), problem.detail));
    }
    let answered = match github.builder(|token| api.dispatch(build, token)).await {
        Ok(answered) => answered,
        Err(Failure::Problem(problem)) => {
            // Without an answer nothing is known, unless there was not even a token to ask with.
            let unknown = problem.kind == nokube_domain::ProblemKind::UpstreamUnavailable;
            return Ok(match unknown {
                true => RunDoc::new(build.id),
                false => RunDoc::of_refusal(build.id, attempt, now(), problem.detail),
            });
        }
        Err(ours) => return Err(ours),
    };
    let status = answered.status();
    Ok(if status.is_success() {
        let queued = RunFacts::new(Phase::Queued);
        answer::dispatched(&answered)
            .map_or(RunDoc::new(build.id), |key| RunDoc::of_run(build.id, key, queued))
    } else if status.is_server_error() {
        RunDoc::new(build.id)
    } else {
        let reason = refusal::of_dispatch(&answered, api);
        warn(format_args!("dispatch of {} refused: {status} {reason}", build.id));
        RunDoc::of_refusal(build.id, attempt, now(), reason)
    })
}

/// Runs an ended run again and returns what that made known: a refusal, or nothing.
///
/// # Errors
/// Never for what GitHub says; that is a fact about the build.
pub async fn rerun(
    github: &GitHub,
    build: &BuildRecord,
    key: RunKey,
    attempt: u32,
) -> Result<RunDoc> {
    let api = &github.settings.api;
    let answered = match github.builder(|token| api.rerun(key.run_id, token)).await {
        Ok(answered) => answered,
        Err(Failure::Problem(_)) => return Ok(RunDoc::new(build.id)),
        Err(ours) => return Err(ours),
    };
    let status = answered.status();
    if status.is_success() || status.is_server_error() {
        return Ok(RunDoc::new(build.id));
    }
    Ok(RunDoc::of_refusal(build.id, attempt, now(), refusal::of_rerun(&answered)))
}

fn unreadable(error: answer::Unreadable) -> Failure {
    Failure::internal("GitHub", error)
}
