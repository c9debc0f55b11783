//! Which commit status is due for a push. See [`crate::statuses`] for how it is sent.

use crate::{
    github::GitHub,
    statuses::{Reporter, report},
};
use nokube_domain::{
    builds::BuildRecord,
    pushes::{DueStatus, PushOutcome, PushRecord},
};
use nokube_edge::{
    Result,
    builds::summary,
    pushes::{self, LinkedService, build_of},
    store::{Store, keys},
};

/// How many records in a row that found nothing new are looked through for the one that found the head.
const MAX_UNCHANGED: u32 = 8;

/// Reports what became of the newest push of a service. Returns whether nothing is left to be sent.
///
/// # Errors
/// The store failed.
pub async fn report_newest(
    store: &Store,
    github: &GitHub,
    service: &LinkedService,
) -> Result<bool> {
    report_due(store, github, service, async || newest_due(store, service).await).await
}

/// Reports the state of a push's build. `service` is what pushes build now. Returns whether nothing is left to be sent.
///
/// # Errors
/// The store failed.
pub async fn report_build(
    store: &Store,
    github: &GitHub,
    service: &LinkedService,
    build: &BuildRecord,
) -> Result<bool> {
    let id = build.id;
    let Some(trigger) = &build.trigger else { return Ok(true) };
    let is_repository = Some(service.source.repository_id) == build.repository_id;
    if !is_repository || !is_of_linker(service, build) {
        return Ok(true);
    }
    let service = match build.pull_request() {
        Some(number) => &service.with_pull_request(number),
        None => service,
    };
    let due = async || {
        let newest = pushes::newest(store, service).await?;
        if newest.as_ref().is_some_and(|newest| newest.outcome.ends_preview()) {
            // Nobody waits for it, and the commit may be that of a branch by now.
            return Ok(None);
        }
        let wanted = match newest.and_then(|newest| newest.target) {
            Some(target) => build_of(store, service.pushes(), &target.key()).await?,
            None => None,
        };
        let view = summary(store, id).await?;
        Ok(view.map(|view| DueStatus::of_build(&view, trigger.number, wanted == Some(id))))
    };
    report_due(store, github, service, due).await
}

async fn report_due(
    store: &Store,
    github: &GitHub,
    service: &LinkedService,
    due: impl AsyncFn() -> Result<Option<DueStatus>>,
) -> Result<bool> {
    let LinkedService { project, name, source, linked, pull_request } = service;
    let Some(project) = store.get(keys::project(*project)).await? else { return Ok(true) };
    let reporter = Reporter {
        store,
        github,
        project: &project,
        service: name,
        repository_id: source.repository_id,
        linked_by: linked,
        pull_request: *pull_request,
    };
    Ok(report(&reporter, due).await)
}

/// Whether the person who is responsible now is the one for whom a build was started. The permission of one person to
/// push must not report what another one has built.
fn is_of_linker(service: &LinkedService, build: &BuildRecord) -> bool {
    service.linked.person == build.requested_by
}

async fn newest_due(store: &Store, service: &LinkedService) -> Result<Option<DueStatus>> {
    let linked = &service.linked;
    let Some(newest) = pushes::newest(store, service).await? else { return Ok(None) };
    if !newest.outcome.is_about_head() {
        return Ok(None);
    }
    let target = newest.target.clone();
    let found_head = found_head(store, service, newest).await?;
    if let Some(found_head) = found_head
        && let Some(due) = DueStatus::of_push(&found_head)
    {
        // Somebody else may have been responsible before.
        return Ok((found_head.at >= linked.enabled_at).then_some(due));
    }
    let Some(target) = target else { return Ok(None) };
    let Some(build) = build_of(store, service.pushes(), &target.key()).await? else {
        return Ok(None);
    };
    let (record, view) = futures::join!(store.build_by_id(build), summary(store, build));
    if !record?.is_some_and(|record| is_of_linker(service, &record)) {
        return Ok(None);
    }
    Ok(view?.map(|view| DueStatus::of_build(&view, target.number, true)))
}

/// The record that found the head of `newest`, if it is one of the last.
async fn found_head(
    store: &Store,
    service: &LinkedService,
    newest: PushRecord,
) -> Result<Option<PushRecord>> {
    let mut record = Some(newest);
    for _ in 0..MAX_UNCHANGED {
        match record {
            Some(PushRecord { outcome: PushOutcome::Unchanged, base: Some(base), .. }) => {
                record = store.get(service.pushes().key(base)).await?;
            }
            found => return Ok(found),
        }
    }
    Ok(None)
}
