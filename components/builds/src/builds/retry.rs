//! `POST /api/v1/builds/{build}/retry`: another attempt of a build that failed or was cancelled.
//!
//! A run is run again; where there is none, the build is dispatched anew. One claim for each attempt
//! keeps two callers from starting two.

use super::present::present_with_known;
use crate::{
    github::{GitHub, dispatch, may_read, rerun},
    settings::Waits,
};
use data_encoding::HEXLOWER;
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind, Reason,
    build::{Ask, BuildView, Known, RunDoc, Status, view},
    claim::still_holds,
};
use nokube_edge::{
    Call, Failure, Reply, Result, audit,
    claims::{Claim, claim, made},
    now,
    store::{Log, Store},
};
use sha2::{Digest, Sha256};

pub async fn retry(mut call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let _ = call.body(1024, |_| {}).await?; // It has no fields; an empty object is welcome.
    let store = Store::open().await?;
    let (answer, known) = present_with_known(&call, &store).await?;
    let key = call.idempotency_key()?.map(|key| key_claim(&known, key));
    let accepted = |answer: &BuildView| Ok(Reply::json(StatusCode::ACCEPTED, answer));

    if let Some(key) = &key
        && made::<u32>(&store, key).await?.is_some()
    {
        return accepted(&answer); // This very request has been made before.
    }
    match answer.status {
        Status::Failed | Status::Cancelled => {}
        Status::Success => {
            let detail = "The build has succeeded. Ask for a new build.";
            return Err(Problem::conflict(Reason::BuildEnded, detail).into());
        }
        Status::Pending | Status::Building => {
            let detail = "The build is still under way. Cancel it first, or wait.";
            return Err(Problem::conflict(Reason::BuildUnderWay, detail).into());
        }
    }
    let github = GitHub::new().await?;
    if known.record.private {
        may_read(&github, &call, &known.record.asked.repository).await?;
    }
    let by_key = match &key {
        None => None,
        Some(key) => match claim::<u32>(&store, key).await? {
            Claim::Won(held) => Some(held),
            Claim::Made(_) => return accepted(&answer),
            Claim::Busy => return Err(under_way()),
        },
    };
    let attempt = answer.attempt + 1;
    let known = start(&store, &github, known, attempt).await?;
    if let Some(held) = by_key {
        held.made(&store, &attempt).await?;
    }
    let object = format!("/api/v1/builds/{}", answer.build_id);
    let log = Log::Project(answer.build_id.project);
    audit::record(&store, &call, &log, "build.retry", object).await?;
    let grace = Waits::read().await?.windows.grace;
    accepted(&view(&known, None, grace, now()))
}

/// Starts an attempt, once.
async fn start(store: &Store, github: &GitHub, mut known: Known, attempt: u32) -> Result<Known> {
    let id = known.record.id;
    let held = match claim::<Ask>(store, &format!("a/{id}/{attempt}")).await? {
        Claim::Won(held) => held,
        Claim::Made(ask) if !still_holds(ask.at, now()) => {
            // It was asked for, and what was written of that is lost: it is put back, and what
            // became of it is GitHub's to say.
            known.run = store.learn_run(RunDoc::of_ask(id, attempt, ask).heard(now())).await?;
            return Ok(known);
        }
        Claim::Made(_) | Claim::Busy => return Err(under_way()),
    };
    let run = known.run.latest().map(|(key, _)| key);
    let ask = Ask { at: now(), after: run, refused: None };
    held.made(store, &ask).await?;
    let asked = RunDoc::of_ask(id, attempt, ask);
    known.run = store.learn_run(asked.clone().heard(now())).await?;
    if !held.holds() {
        return Err(Failure::internal("retry", "the claim was held for too long"));
    }
    // As where a build is created: a project that is being deleted starts nothing.
    if store.project(id.project).await?.is_none() {
        return Err(Problem::not_found("project").into());
    }
    let mut news = match run {
        Some(run) => rerun(github, &known.record, run, attempt).await?,
        None => dispatch(github, &known.record, attempt).await?,
    };
    // Once more with the ask: a reader who was about to keep the last attempt's answer may have
    // written over it while GitHub was asked.
    news.join(asked);
    known.run = store.learn_run(news.heard(now())).await?;
    Ok(known)
}

/// The claim of a key for one build.
fn key_claim(known: &Known, key: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("retry {} {key}", known.record.id)))
}

fn under_way() -> Failure {
    Problem::new(ProblemKind::InProgress, "Somebody is just doing that.").retry_after(2).into()
}
