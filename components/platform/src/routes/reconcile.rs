//! `POST` and `GET /api/v1/reconcile`: carries out what is left of earlier requests, such as builds whose events were
//! lost. A timer calls it, because nothing runs in the background.

use futures::future::join_all;
use http::StatusCode;
use nokube_domain::{
    Timestamp,
    responses::{ReconciledPart, Reconciliation},
    scope::Scope,
};
use nokube_edge::{
    Call, Reply, Result,
    auth::{self, HealthAudience},
    chaining, now,
    store::{Store, WindowName, keys},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Seconds between two runs of the whole platform: anybody may request one.
const INTERVAL: i64 = 15;
/// How long a component may take. It ends its part before, at an item.
const COMPONENT_TIMEOUT: Duration = Duration::from_millis(9_500);

const COMPONENTS: [&str; 2] = ["builds", "deploy"];

/// The last run, which all instances share through the store.
#[derive(Serialize, Deserialize)]
struct Run {
    begun_at: Timestamp,
    /// Of the run before, until this one has ended.
    parts: Vec<ReconciledPart>,
}

pub async fn reconcile(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let parts = run_if_due(&Store::open().await?).await?;
    let audience = auth::health_audience(call.headers(), Scope::Reconcile).await;
    let sum =
        |number: fn(&ReconciledPart) -> u32| parts.iter().map(number).fold(0, u32::saturating_add);
    let complete = parts.iter().all(|part| part.ok);
    let reconciliation = Reconciliation {
        done: sum(|part| part.done),
        remaining: sum(|part| part.remaining),
        complete,
        details: (audience != HealthAudience::Public).then_some(parts),
    };
    let status = if complete { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(Reply::json(status, &reconciliation))
}

/// As [`reconcile`], for timers that can only send GET.
pub async fn reconcile_by_get(call: Call) -> Result<Reply> {
    reconcile(call).await
}

/// The parts of this run, or of the last one if that has begun within [`INTERVAL`]. Of those who ask at the same time,
/// one runs. It stores the time first.
async fn run_if_due(store: &Store) -> Result<Vec<ReconciledPart>> {
    let last: Option<Run> = store.get(keys::reconcile_run()).await?;
    let last_begun_at = last.as_ref().map(|run| run.begun_at);
    let parts = last.map(|run| run.parts).unwrap_or_default();
    let is_due = last_begun_at.is_none_or(|at| now().as_second() - at.as_second() >= INTERVAL);
    if !is_due || !store.is_first(&WindowName::reconcile_run(), last_begun_at).await? {
        return Ok(parts);
    }
    let begun_at = now();
    store.set(keys::reconcile_run(), &Run { begun_at, parts }).await?;
    let parts = join_all(COMPONENTS.map(reconcile_component)).await.concat();
    store.set(keys::reconcile_run(), &Run { begun_at, parts: parts.clone() }).await?;
    Ok(parts)
}

/// What a component has done.
async fn reconcile_component(component: &str) -> Vec<ReconciledPart> {
    let body = chaining::post(component, "/internal/reconcile", COMPONENT_TIMEOUT).await;
    body.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_else(|| {
        vec![ReconciledPart { name: component.into(), ok: false, done: 0, remaining: 0 }]
    })
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    fn example(complete: bool) -> Value {
        let part = json!({ "name": "builds", "ok": complete, "done": 1, "remaining": 2 });
        json!({ "done": 1, "remaining": 2, "complete": complete, "details": [part] })
    }

    fn operation(id: &'static str, summary: &'static str) -> Operation {
        Operation::new(id, summary)
            .description(
                "Continues what earlier requests and GitHub's events have left: builds of which no event came, builds \
                 that wait for capacity, commit statuses that GitHub did not get, and deployments that were \
                 interrupted. Anybody may call it, and a timer should, once a minute. It runs at most every 15 s, \
                 for at most 10 s; other calls get the result of the last run. Administrators (or a token with the \
                 scope `reconcile`) also see its parts.",
            )
            .json_response::<Reconciliation>(200, "The result of the last run.", example(true))
            .json_response::<Reconciliation>(
                503,
                "A part of the run failed, and the log says why. The rest was done.",
                example(false),
            )
    }

    pub fn reconcile() -> Operation {
        operation("reconcile", "Continue what is left")
    }

    pub fn reconcile_by_get() -> Operation {
        operation("reconcileByGet", "Continue what is left, for timers that can only send GET")
    }
}
