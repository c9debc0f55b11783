//! Pushes: which builds follow from what GitHub says, and from what it did not say.
//!
//! Events, reads and `reconcile` run the same code ([`look::look`]). It may be interrupted at any await, repeated, and
//! run by several requests at once.

mod ensure;
mod link;
mod links;
mod list;
mod look;
mod report;
mod rights;
mod supersede;

pub use link::{Linking, NewLink, check_available};
pub use list::{automatic_builds, list};
pub use look::{Candidate as Branch, Occasion, Processing, Repository};
pub use report::{report_build, report_newest};
pub use rights::{refusal, stored_refusal};
pub use supersede::target_state;

use crate::{follow::finish_target_after_read, github::GitHub, settings::Limits};
use futures::future::{Either, select};
use look::look;
use nokube_domain::{
    Timestamp,
    pushes::{RepositoryChange, RepositoryEvent},
    work::Progress,
};
use nokube_edge::{
    Result, now,
    pushes::LinkedService,
    sleep,
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

/// Events about pull requests to one repository that are processed within [`PULL_REQUEST_WINDOW`] seconds. Strangers can
/// cause any number of them, each costs some requests to GitHub, and GitHub answers 5,000 an hour of an installation.
const MAX_PULL_REQUEST_EVENTS: u32 = 100;
const PULL_REQUEST_WINDOW: i64 = 600;

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
    if let RepositoryChange::PullRequest { number } = event.change
        && let Some(progress) = limit(store, event.repository_id, number, age).await?
    {
        return Ok(progress);
    }
    let services = links::of_repository(store, event.repository_id).await?;
    let push = match &event.change {
        RepositoryChange::Push(push) => Some(push),
        RepositoryChange::Repository | RepositoryChange::PullRequest { .. } => None,
    };
    let pull_request = match event.change {
        RepositoryChange::PullRequest { number } => Some(number),
        RepositoryChange::Push(_) | RepositoryChange::Repository => None,
    };
    let processing = match age {
        OLD_AFTER.. => Processing::Late,
        REPEATED_AFTER.. => Processing::Repeated,
        _ => Processing::First,
    };
    let (at, work) = (event.received_at, Some(number));
    let occasion = Occasion { at, push, pull_request, work, processing };
    look(store, github, event.repository_id, services, occasion).await
}

/// Whether an event about a pull request waits, or is dropped, because there were too many. One of each pull request is
/// kept until the next window, and then finds out about the others.
async fn limit(store: &Store, repository: u64, number: u32, age: i64) -> Result<Option<Progress>> {
    let start = now().as_second().div_euclid(PULL_REQUEST_WINDOW) * PULL_REQUEST_WINDOW;
    let all = WindowName::pull_request_events(repository);
    if age >= REPEATED_AFTER {
        return Ok(store.is_window_full(&all, start).await?.then_some(Progress::Later));
    }
    if store.count_in_window(&all, start, MAX_PULL_REQUEST_EVENTS).await? {
        return Ok(None);
    }
    let own = WindowName::limited_pull_request(repository, number);
    let is_kept = store.count_in_window(&own, start, 1).await?;
    Ok(Some(if is_kept { Progress::Later } else { Progress::Done }))
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
    look(store, github, repository_id, due, Occasion::without_event()).await.map(drop)
}

/// Looks at a pull request of one service about which a person has said something.
///
/// # Errors
/// The store failed, or GitHub does not answer.
pub async fn look_at_pull_request(
    store: &Store,
    github: &GitHub,
    service: &LinkedService,
    number: u32,
) -> Result<()> {
    let (pull_request, processing) = (Some(number), Processing::First);
    let occasion = Occasion { pull_request, processing, ..Occasion::without_event() };
    let repository_id = service.source.repository_id;
    look(store, github, repository_id, vec![service.clone()], occasion).await.map(drop)
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
    let looking =
        look(store, &github, repository_id, vec![service.clone()], Occasion::without_event());
    match select(pin!(looking), pin!(sleep(READ_TIMEOUT))).await {
        Either::Left((Ok(_), _)) => {}
        Either::Left((Err(error), _)) => {
            warn(format_args!("look for pushes of {repository_id}: {error}"));
        }
        Either::Right(_) => warn(format_args!("look for pushes of {repository_id}: too slow")),
    }
    if service.source.deploy_on_build {
        finish_target_after_read(store, service);
    }
    Ok(true)
}

/// Whether this is the first request in `push_quiet_seconds` that could look for pushes of the service.
async fn is_due(store: &Store, service: &LinkedService) -> Result<bool> {
    let quiet = Limits::load().await?.push_quiet;
    let Some(window) = now().as_second().checked_div(quiet) else { return Ok(true) };
    let name = WindowName::push_look(service.project, &service.name);
    store.count_in_window(&name, window.saturating_mul(quiet), 1).await
}
