//! `POST /api/v1/builds/{build}/retry`: another attempt of a build that failed or was cancelled.
//!
//! A run is run again; where there is none, the build is dispatched anew. One claim for each attempt
//! keeps two callers from starting two.

use super::present::present_with_known;
use crate::{
    github::{GitHub, dispatch, rerun},
    settings::Waits,
};
use data_encoding::HEXLOWER;
use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    build::{Ask, BuildView, Known, RunDoc, Status, view},
};
use nokube_edge::{
    Call, Failure, Reply, Result,
    claims::{Claim, claim, made},
    now,
    store::Store,
};
use sha2::{Digest, Sha256};

pub async fn retry(mut call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let _ = call.body(1024, |_| {}).await?; // It has no fields; an empty object is welcome.
    let store = Store::open().await?;
    let (answer, mut known) = present_with_known(&call, &store).await?;
    let key = call.idempotency_key()?.map(|key| HEXLOWER.encode(&Sha256::digest(key)));
    let accepted = |answer: &BuildView| Ok(Reply::json(StatusCode::ACCEPTED, answer));

    if key.is_some()
        && made::<Option<String>>(&store, &name(&known, answer.attempt)).await? == Some(key.clone())
    {
        // This very request has been made before; it started the present attempt.
        return accepted(&answer);
    }
    match answer.status {
        Status::Failed | Status::Cancelled => {}
        Status::Success => return Err(conflict("The build has succeeded. Ask for a new build.")),
        Status::Pending | Status::Building => {
            return Err(conflict("The build is still under way. Cancel it first, or wait."));
        }
    }
    let attempt = answer.attempt + 1;
    let held = match claim::<Option<String>>(&store, &name(&known, attempt)).await? {
        Claim::Won(held) => held,
        Claim::Made(_) | Claim::Busy => {
            return Err(Problem::new(ProblemKind::InProgress, "Somebody is just doing that.")
                .retry_after(2)
                .into());
        }
    };
    let github = GitHub::new().await?;
    let run = known.run.latest().map(|(key, _)| key);
    let ask = Ask { at: now(), after: run, refused: None };
    let asked = RunDoc::of_ask(answer.build_id, attempt, ask);
    learn(&store, &mut known, asked.clone()).await?;
    held.made(&store, &key).await?;
    if !held.holds() {
        return Err(Failure::internal("retry", "the claim was held for too long"));
    }
    let mut news = match run {
        Some(run) => rerun(&github, &known.record, run, attempt).await?,
        None => dispatch(&github, &known.record, attempt).await?,
    };
    // Once more with the ask: a reader who was about to keep the last attempt's answer may have
    // written over it while GitHub was asked.
    news.join(asked);
    learn(&store, &mut known, news).await?;
    let grace = Waits::read().await?.windows.grace;
    accepted(&view(&known, None, grace, now()))
}

/// The claim of an attempt.
fn name(known: &Known, attempt: u32) -> String {
    format!("a/{}/{attempt}", known.record.id)
}

/// Joins news into the run document as it stands now.
async fn learn(store: &Store, known: &mut Known, news: RunDoc) -> Result<()> {
    let id = known.record.id;
    let stored = store.run(id.project, id.number).await?.filter(|run| run.of == id);
    known.run = stored.unwrap_or_else(|| RunDoc::new(id));
    if known.run.learn(news.heard(now())) {
        store.set_run(&known.run).await?;
    }
    Ok(())
}

fn conflict(detail: &str) -> Failure {
    Failure::problem(ProblemKind::Conflict, detail)
}
