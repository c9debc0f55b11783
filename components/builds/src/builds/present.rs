//! The present state of one build: read from storage, completed by GitHub where that is due.

use crate::{
    github::{GitHub, ask},
    settings::Waits,
};
use nokube_domain::{
    BuildId, Problem,
    build::{BuildView, Final, Found, JobsDoc, Known, RunDoc, plan, view},
};
use nokube_edge::{Call, Result, now, store::Store};
use std::{cell::RefCell, collections::BTreeMap};

/// A build as it is now.
pub struct Present {
    pub answer: BuildView,
    /// What the answer was made of; absent when the kept final answer was enough.
    pub known: Option<Known>,
}

thread_local! {
    /// When GitHub was last asked about an unfinished build, in seconds: many readers of one build
    /// cause no more questions than one.
    static ASKED: RefCell<BTreeMap<String, i64>> = const { RefCell::new(BTreeMap::new()) };
}

/// Reads the build that the path names, for a caller who may see it.
///
/// Two reads, at once, for a build that has ended; five else, and then what is due is asked of
/// GitHub and kept.
///
/// # Errors
/// 404 for a build that does not exist, or is not the caller's.
pub async fn present(call: &Call, store: &Store) -> Result<Present> {
    let id: BuildId = call.path("build", "build")?;
    let (run, members) =
        futures::join!(store.run(id.project, id.number), store.members(id.project));
    call.may(members?.as_ref(), "build")?;
    let run = run?.filter(|run| run.of == id);
    if let Some(Final { answer, .. }) = run.as_ref().and_then(RunDoc::done) {
        return Ok(Present { answer: answer.clone(), known: None });
    }
    let known = load(store, id, run).await?;
    complete(store, known).await
}

/// As [`present`], with what is known even when the answer was kept.
///
/// # Errors
/// As [`present`].
pub async fn present_with_known(call: &Call, store: &Store) -> Result<(BuildView, Known)> {
    let Present { answer, known } = present(call, store).await?;
    match known {
        Some(known) => Ok((answer, known)),
        None => {
            let id = answer.build_id;
            let run = store.run(id.project, id.number).await?.filter(|run| run.of == id);
            Ok((answer, load(store, id, run).await?))
        }
    }
}

async fn load(store: &Store, id: BuildId, run: Option<RunDoc>) -> Result<Known> {
    let (record, jobs, wish) =
        futures::join!(store.build(id.project, id.number), store.jobs(id), store.wish(id));
    let record =
        record?.filter(|record| record.id == id).ok_or_else(|| Problem::not_found("build"))?;
    Ok(Known {
        record,
        run: run.unwrap_or_else(|| RunDoc::new(id)),
        jobs: jobs?
            .filter(|jobs| jobs.of == id)
            .unwrap_or_else(|| JobsDoc::new(id, Default::default())),
        wish: wish?,
    })
}

/// Asks GitHub what is due, keeps what is new, and the final answer when there is one.
async fn complete(store: &Store, mut known: Known) -> Result<Present> {
    let windows = Waits::read().await?.windows;
    let id = known.record.id;
    let plan = plan(&known, windows, now());
    let mut digest = None;
    let mut found = Found::default();
    let mut incomplete = false;
    let ended = known.present_run().is_some_and(|key| {
        known.run.runs.get(&key).is_some_and(|facts| facts.phase.ended().is_some())
    });
    if !plan.is_empty() && (ended || may_ask(id, windows.quiet)) {
        let github = GitHub::new().await?;
        let facts = ask(&github, &known, &plan).await;
        incomplete = facts.incomplete;
        digest = facts.digest;
        found.jobs = facts.saw_jobs;
        keep(store, &mut known, facts.run, facts.jobs).await?;
        // What was learned may call for more at once: the end of a run for its digest.
        let next = nokube_domain::build::plan(&known, windows, now());
        if !ended && next.read_digest {
            let facts = ask(&github, &known, &next).await;
            incomplete |= facts.incomplete;
            digest = facts.digest;
            found.jobs |= facts.saw_jobs;
            keep(store, &mut known, facts.run, facts.jobs).await?;
        }
    } else if !plan.is_empty() {
        incomplete = true;
    }
    found.digest = digest.is_some();
    let digest = digest.or_else(|| known.run.pushed.as_ref().map(|(_, digest)| digest.clone()));
    let answer = view(&known, digest, windows.grace, now());
    if !incomplete && known.is_settled(found, windows, now()) {
        settle(store, &mut known, &answer).await?;
    }
    Ok(Present { answer, known: Some(known) })
}

/// Keeps the final answer, unless something has been learned meanwhile that it does not know of.
async fn settle(store: &Store, known: &mut Known, answer: &BuildView) -> Result<()> {
    let id = known.record.id;
    let stored = store.run(id.project, id.number).await?.filter(|run| run.of == id);
    let mut run = stored.unwrap_or_else(|| known.run.clone());
    let present = |run: &RunDoc| (run.attempt(), run.latest().map(|(key, _)| key));
    if present(&run) != present(&known.run) {
        return Ok(());
    }
    run.join(known.run.clone());
    let (attempt, latest) = present(&run);
    let run_url = run.latest().and_then(|(_, facts)| facts.url.clone());
    run.done = Some(Box::new(Final { attempt, latest, run_url, answer: answer.clone() }));
    store.set_run(&run).await?;
    known.run = run;
    Ok(())
}

/// Keeps what GitHub told. Asking took a while in which a webhook may have written, so the documents
/// are read again first; nothing is written when nothing is new.
async fn keep(store: &Store, known: &mut Known, run: RunDoc, jobs: JobsDoc) -> Result<()> {
    let id = known.record.id;
    let (mut run_news, mut jobs_news) = (known.run.clone(), known.jobs.clone());
    let run_is_new = run_news.learn(run.clone());
    let jobs_are_new = jobs_news.learn(jobs.clone());
    if run_is_new {
        let now = store.run(id.project, id.number).await?.filter(|run| run.of == id);
        known.run = now.unwrap_or_else(|| RunDoc::new(id));
        known.run.learn(run);
        store.set_run(&known.run).await?;
    }
    if jobs_are_new {
        let now = store.jobs(id).await?.filter(|jobs| jobs.of == id);
        known.jobs = now.unwrap_or_else(|| JobsDoc::new(id, Default::default()));
        known.jobs.learn(jobs);
        store.set_jobs(&known.jobs).await?;
    }
    Ok(())
}

fn may_ask(id: BuildId, quiet: i64) -> bool {
    let second = now().as_second();
    ASKED.with(|asked| {
        let mut asked = asked.borrow_mut();
        asked.retain(|_, at| second - *at < quiet);
        let free = !asked.contains_key(&id.to_string());
        if free {
            asked.insert(id.to_string(), second);
        }
        free
    })
}
