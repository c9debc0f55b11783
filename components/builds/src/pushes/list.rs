//! What the API shows of a service's pushes.

use crate::{deployment_reports, statuses};
use futures::future::try_join_all;
use nokube_domain::{
    DeploymentId, ProjectId,
    name::ServiceName,
    pushes::{AutomaticBuilds, PushList, PushOutcome, RecordedFile, TargetBuild},
    whole_seconds,
};
use nokube_edge::{
    Error, Result,
    builds::summary,
    now,
    pushes::{self, LinkedService, PushesOf, build_of},
    store::Store,
};
use std::collections::BTreeSet;

/// Numbers that are read: more than pushes are shown, because numbers can have gaps.
const MAX_NUMBERS: u32 = 40;

/// The newest pushes of a service: one read for each number, and three for each build.
///
/// # Errors
/// The store failed.
pub async fn list(store: &Store, project: ProjectId, name: &ServiceName) -> Result<PushList> {
    let of = PushesOf { project, service: name, pull_request: None };
    let records = pushes::recent(store, of, MAX_NUMBERS).await?;
    let targets: BTreeSet<_> =
        records.iter().filter_map(|record| Some(record.target.as_ref()?.key())).collect();
    let builds = targets.into_iter().map(|target| async move {
        let Some(build) = build_of(store, of, &target).await? else {
            return Ok::<_, Error>(None);
        };
        Ok(summary(store, build).await?.map(|view| {
            let build = TargetBuild {
                id: build,
                waits_for_capacity: view.waiting_for_capacity,
                is_superseded: view.superseded,
            };
            (target, build)
        }))
    });
    let builds = try_join_all(builds).await?.into_iter().flatten().collect();
    Ok(PushList::new(&records, &builds))
}

/// Who is responsible for the builds of a service, and whether pushes build it now; and the configuration file of its
/// branch, if it uses it. At most six reads. `deployment` is the service's.
///
/// # Errors
/// The store failed.
pub async fn automatic_builds(
    store: &Store,
    service: &LinkedService,
    deployment: Option<DeploymentId>,
) -> Result<(AutomaticBuilds, Option<RecordedFile>)> {
    let linked = &service.linked;
    let (confirmed_until, newest, commit_statuses, github_deployments) = futures::join!(
        pushes::confirmed_until(store, linked),
        pushes::newest(store, service),
        statuses::shown(store, service.project, &service.name),
        deployment_reports::shown(store, deployment)
    );
    let (confirmed_until, newest) = (confirmed_until?, newest?);
    let file = service.recorded_file(newest.as_ref());
    let problem = match now() < confirmed_until {
        true => newest.map(|newest| newest.outcome).filter(|outcome| {
            outcome.is_problem() && *outcome != PushOutcome::ConfirmationRequired
        }),
        false => Some(PushOutcome::ConfirmationRequired),
    };
    let builds = AutomaticBuilds {
        enabled_by: linked.login.to_string(),
        enabled_at: whole_seconds(linked.enabled_at),
        confirmed_until: whole_seconds(confirmed_until),
        problem,
        commit_statuses: commit_statuses?,
        github_deployments: github_deployments?,
    };
    Ok((builds, file))
}
