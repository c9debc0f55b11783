//! Looks at a service, and deploys the build of its target if that is to be done.

use super::deploy::deploy;
use crate::cluster::Cluster;
use nokube_domain::{
    Problem, ProblemKind, ProjectId,
    deployments::{Decision, TargetBuild, decide},
    name::ServiceName,
    work::Progress,
};
use nokube_edge::{
    Error, Result,
    automatic::{CurrentDeployment, DeploymentAttempt, Target, attempt_name},
    builds::summary,
    reservation::{Lease, Reservation, reserve},
    store::Store,
};

/// How often what is to be deployed may change while it is deployed.
const MAX_CHANGES: u32 = 3;

/// The most characters of a stored problem.
const MAX_PROBLEM_CHARS: usize = 500;

/// Deploys the build of the target of a service, unless it was deployed before or the service is not to be changed. What
/// is rejected is stored, and not tried again until something changes. About 17 reads if nothing is to do; one for a
/// service without automatic deployment.
///
/// # Errors
/// The store failed, or the cluster cannot be reached: it is to be looked at again.
pub async fn look(
    store: &Store,
    cluster: &Cluster,
    project: ProjectId,
    name: &ServiceName,
) -> Result<Progress> {
    for _ in 0..MAX_CHANGES {
        let Some(target) = Target::find(store, project, name).await? else {
            return Ok(Progress::Done);
        };
        let (build, current) = futures::join!(
            summary(store, target.build),
            CurrentDeployment::find(store, project, name)
        );
        let (Some(build), current) = (build?, current?.with_file(target.file.as_ref())) else {
            return Ok(Progress::Done);
        };
        let automatic = match decide(&current.situation(TargetBuild::new(&build))) {
            Decision::Nothing => return Ok(Progress::Done),
            Decision::Wait => return Ok(Progress::Later),
            Decision::Deploy(automatic) => automatic,
        };
        let attempt = attempt_name(project, name, automatic.build, automatic.based_on);
        let lease = match reserve::<DeploymentAttempt>(store, &attempt).await? {
            Reservation::Acquired(lease) => lease,
            Reservation::Existing(_) => return Ok(Progress::Done),
            Reservation::Pending => return Ok(Progress::Later),
        };
        let deployed = deploy(store, cluster, target, &build, current, automatic).await;
        let revised = complete_attempt(store, &lease, deployed).await?;
        if !revised.is_some_and(|revised| revised.is_replaced) {
            return Ok(Progress::Done);
        }
    }
    Ok(Progress::Later)
}

/// Stores how an attempt has ended. `None` if it was rejected: it is not made again until something changes.
///
/// # Errors
/// That of the attempt, if it may succeed later: then another request makes it. Or the store failed.
pub async fn complete_attempt<T>(
    store: &Store,
    lease: &Lease,
    deployed: Result<T>,
) -> Result<Option<T>> {
    let (deployed, problem) = match deployed {
        Ok(deployed) => (Some(deployed), None),
        Err(Error::Problem(problem)) if !is_temporary(&problem) => {
            (None, Some(problem_text(&problem)))
        }
        Err(error) => return Err(error),
    };
    lease.complete(store, &DeploymentAttempt { problem }).await?;
    Ok(deployed)
}

/// Whether the same request may succeed in a moment.
fn is_temporary(problem: &Problem) -> bool {
    if problem.retry_after.is_some() {
        return true;
    }
    match problem.kind {
        ProblemKind::InProgress
        | ProblemKind::TooMany
        | ProblemKind::Internal
        | ProblemKind::UpstreamUnavailable
        | ProblemKind::Misconfigured => true,
        ProblemKind::Malformed
        | ProblemKind::Unauthenticated
        | ProblemKind::Forbidden
        | ProblemKind::NotFound
        | ProblemKind::MethodNotAllowed
        | ProblemKind::TooSlow
        | ProblemKind::Conflict
        | ProblemKind::TooLarge
        | ProblemKind::UnsupportedMediaType
        | ProblemKind::Invalid
        | ProblemKind::UpstreamRefused => false,
    }
}

/// The problem for people, who see no request of theirs: what is wrong with which field of the configuration.
fn problem_text(problem: &Problem) -> String {
    let errors = problem.errors.iter().map(|error| format!("{} {}", error.field, error.detail));
    let errors: Vec<String> = errors.collect();
    let text = if errors.is_empty() { problem.detail.clone() } else { errors.join("; ") };
    text.chars().take(MAX_PROBLEM_CHARS).collect()
}
