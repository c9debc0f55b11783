//! Pushes: which builds follow from what GitHub says, and from what it did not say.
//!
//! Events, reads and `reconcile` run the same code ([`look::look`]). It may be interrupted at any await, repeated, and
//! run by several requests at once.

mod ensure;
mod link;
mod links;
mod list;
mod look;
mod records;
mod report;
mod rights;
mod supersede;

pub use link::{Linking, NewLink, check_available};
pub use links::LinkedService;
pub use list::{automatic_builds, list};
pub use report::report_build;
pub use rights::{refusal, stored_refusal};
pub use supersede::target_state;

use crate::{github::GitHub, settings::Limits};
use futures::future::{Either, select};
use look::{Occasion, Processing, look};
use nokube_domain::{
    Timestamp,
    pushes::{RepositoryChange, RepositoryEvent},
    work::Progress,
};
use nokube_edge::{
    Result, now, sleep,
    store::{Store, WindowName},
    warn,
};
use std::{pin::pin, time::Duration};

/// How long a read waits for GitHub; then it responds from the store.
const READ_TIMEOUT: Duration = Duration::from_secs(4);

/// Seconds after which an event is given up that could not be processed: a later look finds the push too.
const GIVEN_UP_AFTER: i64 = 24 * 60 * 60;

/// Seconds after which an event was probably processed before, at least in part.
const REPEATED_AFTER: i64 = 5;

/// Seconds after which only where the branches point to is looked at.
const OLD_AFTER: i64 = 10 * 60;

/// Processes an event, which is the item `number` of the work queue. May be called repeatedly and concurrently.
///
/// # Errors
/// The store failed, or GitHub does not answer: it is to be processed again.
pub async fn process(
    store: &Store,
    github: &GitHub,
    number: u32,
    added_at: Timestamp,
    event: &RepositoryEvent,
) -> Result<Progress> {
    let age = now().as_second().saturating_sub(added_at.as_second());
    if age >= GIVEN_UP_AFTER {
        return Ok(Progress::Done);
    }
    let services = links::of_repository(store, event.repository_id).await?;
    let push = match &event.change {
        RepositoryChange::Push(push) => Some(push),
        RepositoryChange::Repository => None,
    };
    let processing = match age {
        OLD_AFTER.. => Processing::Late,
        REPEATED_AFTER.. => Processing::Repeated,
        _ => Processing::First,
    };
    let occasion = Occasion { at: event.received_at, push, work: Some(number), processing };
    look(store, github, event.repository_id, services, occasion).await
}

/// Looks for pushes to a repository whose events were lost.
///
/// # Errors
/// The store failed, or GitHub does not answer.
pub async fn look_at_repository(store: &Store, github: &GitHub, repository_id: u64) -> Result<()> {
    let mut due = Vec::new();
    for service in links::of_repository(store, repository_id).await? {
        if is_due(store, &service).await? {
            due.push(service);
        }
    }
    look(store, github, repository_id, due, without_event()).await.map(drop)
}

/// Looks for pushes of one service, for somebody who reads it. Not often, and not for long. Whether it looked.
///
/// # Errors
/// The store failed.
pub async fn look_at_service(store: &Store, service: &LinkedService) -> Result<bool> {
    if !is_due(store, service).await? {
        return Ok(false);
    }
    let github = GitHub::new().await?;
    let repository_id = service.source.repository_id;
    let looking = look(store, &github, repository_id, vec![service.clone()], without_event());
    match select(pin!(looking), pin!(sleep(READ_TIMEOUT))).await {
        Either::Left((Ok(_), _)) => {}
        Either::Left((Err(error), _)) => {
            warn(format_args!("look for pushes of {repository_id}: {error}"));
        }
        Either::Right(_) => warn(format_args!("look for pushes of {repository_id}: too slow")),
    }
    Ok(true)
}

fn without_event() -> Occasion<'static> {
    Occasion { at: now(), push: None, work: None, processing: Processing::Repeated }
}

/// Whether this is the first request in `push_quiet_seconds` that could look for pushes of the service.
async fn is_due(store: &Store, service: &LinkedService) -> Result<bool> {
    let quiet = Limits::load().await?.push_quiet;
    let Some(window) = now().as_second().checked_div(quiet) else { return Ok(true) };
    let name = WindowName::push_look(service.project, &service.name);
    store.count_in_window(&name, window.saturating_mul(quiet), 1).await
}
