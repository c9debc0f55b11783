//! The present state of one build: read from storage, completed by GitHub where that is due.

use crate::{
    github::{Facts, GitHub, ask},
    settings::Waits,
};
use futures::future::{Either, select};
use nokube_domain::{
    BuildId, Problem,
    build::{BuildView, Final, Found, JobsDoc, Known, Plan, RunDoc, Windows, plan, view},
    image::Digest,
};
use nokube_edge::{Call, Result, now, sleep, store::Store};
use std::pin::pin;

/// A build as it is now.
pub struct Present {
    pub answer: BuildView,
    /// What the answer was made of; absent when the kept final answer was enough.
    pub known: Option<Known>,
}

/// How long a read waits for GitHub, in milliseconds; then it tells what is known.
const PATIENCE: u64 = 4_000;

/// Reads the build that the path names, for a caller who may see it.
///
/// Two reads, at once, for a build that has ended; six else, and then what is due is asked of
/// GitHub and kept.
///
/// # Errors
/// 404 for a build that does not exist, or is not the caller's.
pub async fn present(call: &Call, store: &Store) -> Result<Present> {
    let id: BuildId = call.path("build", "build")?;
    let (run, members) =
        futures::join!(store.run(id.project, id.number), store.members(id.project));
    call.may(members?.as_ref(), "build")?;
    let run = RunDoc::about(id, run?);
    if let Some(Final { answer, .. }) = run.done() {
        return Ok(Present { answer: answer.clone(), known: None });
    }
    let known = load(store, id, run).await?.ok_or_else(none)?;
    complete(store, known).await
}

fn none() -> Problem {
    Problem::not_found("build")
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
            let run = RunDoc::about(id, store.run(id.project, id.number).await?);
            Ok((answer, load(store, id, run).await?.ok_or_else(none)?))
        }
    }
}

/// As [`present`], for a build that somebody may see for other reasons.
///
/// There is none when its record was taken back.
///
/// # Errors
/// The store failed.
pub async fn present_of(store: &Store, id: BuildId) -> Result<Option<Present>> {
    let run = RunDoc::about(id, store.run(id.project, id.number).await?);
    if let Some(Final { answer, .. }) = run.done() {
        return Ok(Some(Present { answer: answer.clone(), known: None }));
    }
    match load(store, id, run).await? {
        Some(known) => complete(store, known).await.map(Some),
        None => Ok(None),
    }
}

async fn load(store: &Store, id: BuildId, run: RunDoc) -> Result<Option<Known>> {
    let (record, jobs, wish, asked) = futures::join!(
        store.build(id.project, id.number),
        store.jobs(id),
        store.wish(id),
        store.asked(id)
    );
    let (jobs, wish, asked) = (JobsDoc::about(id, jobs?), wish?, asked?);
    let record = record?.filter(|record| record.id == id);
    Ok(record.map(|record| Known { record, run, jobs, wish, asked }))
}

/// Asks GitHub what is due, keeps what is new, and the final answer when there is one.
async fn complete(store: &Store, mut known: Known) -> Result<Present> {
    let windows = Waits::read().await?.windows;
    let mut found = Found::default();
    let mut digest = None;
    let first = plan(&known, windows, now());
    if !first.is_empty() {
        let github = GitHub::new().await?;
        let had_ended = known.has_ended();
        let facts = look(store, &github, &mut known, &first).await?;
        // Of jobs that were asked for together with the run, the run may have been the later one.
        found.jobs = had_ended && facts.saw_jobs;
        found.searched = facts.searched;
        digest = facts.digest;
        if !had_ended && known.has_ended() {
            // What was learned calls for more at once: the end of a run for its jobs and digest.
            let second = plan(&known, windows, now());
            if !second.is_empty() {
                let facts = look(store, &github, &mut known, &second).await?;
                found.jobs = facts.saw_jobs;
                digest = facts.digest;
            }
        }
    }
    found.digest = digest.is_some();
    if known.is_settled(found, windows, now()) {
        return settle(store, known, digest, windows).await;
    }
    let hint = digest.or_else(|| known.pushed_digest());
    let answer = view(&known, hint, windows.grace, now());
    Ok(Present { answer, known: Some(known) })
}

/// Asks what a plan asks and keeps what is new. That it is asked is written first: of many readers
/// one asks.
async fn look(store: &Store, github: &GitHub, known: &mut Known, plan: &Plan) -> Result<Facts> {
    let at = now();
    store.set_asked(known.record.id, at).await?;
    known.asked = Some(at);
    let answer = {
        let asked = pin!(ask(github, known, plan));
        match select(asked, pin!(sleep(PATIENCE))).await {
            Either::Left((facts, _)) => Some(facts),
            Either::Right(_) => None,
        }
    };
    let facts = answer.unwrap_or_else(|| Facts::nothing(known.record.id));
    keep(store, known, &facts).await?;
    Ok(facts)
}

/// Keeps the final answer, made of what is stored now: something may have been learned meanwhile. If
/// that is about another attempt, nothing is kept.
async fn settle(
    store: &Store,
    mut known: Known,
    digest: Option<Digest>,
    windows: Windows,
) -> Result<Present> {
    let id = known.record.id;
    let (run, jobs) = futures::join!(store.run(id.project, id.number), store.jobs(id));
    let present =
        |run: &RunDoc| (run.attempt(), run.latest().map(|(key, facts)| (key, facts.phase)));
    let before = present(&known.run);
    known.run.join(RunDoc::about(id, run?));
    known.jobs.learn(JobsDoc::about(id, jobs?));
    let (attempt, latest) = present(&known.run);
    let digest = digest.or_else(|| known.pushed_digest());
    let answer = view(&known, digest, windows.grace, now());
    if (attempt, latest) == before {
        let run_url = known.run.latest().and_then(|(_, facts)| facts.url.clone());
        known.run.done = Some(Box::new(Final { attempt, latest, run_url, answer: answer.clone() }));
        store.set_run(&known.run).await?;
    }
    Ok(Present { answer, known: Some(known) })
}

/// Keeps what GitHub told. Asking took a while in which a webhook may have written, so the documents
/// are read again first; nothing is written when nothing is new.
async fn keep(store: &Store, known: &mut Known, facts: &Facts) -> Result<()> {
    if known.run.clone().learn(facts.run.clone()) {
        known.run = store.learn_run(facts.run.clone()).await?;
    }
    if known.jobs.clone().learn(facts.jobs.clone()) {
        known.jobs = store.learn_jobs(facts.jobs.clone()).await?;
    }
    Ok(())
}
