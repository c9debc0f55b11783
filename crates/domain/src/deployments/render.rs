//! Renders the view of a deployment that the API shows.

use super::{
    ApplyOutcome, AutomaticDeploymentProblem, DeployedState, DeploymentView, Issue,
    LastObservation, ObservedState, OutcomeRecord, Reachable, Revision, Rollout,
    evaluate::evaluate,
};
use crate::{Timestamp, whole_seconds};

/// What a view is made of besides the observed state.
pub struct StatusInput<'a> {
    pub created_at: Timestamp,
    pub revision: &'a Revision,
    pub deployed: &'a DeployedState,
    pub outcome: Option<&'a OutcomeRecord>,
    pub last_observation: Option<&'a LastObservation>,
    /// When the state was observed.
    pub observed_at: Timestamp,
    pub access_url: Option<String>,
}

impl StatusInput<'_> {
    /// The outcome, if it is for the current revision.
    pub(super) fn current_outcome(&self) -> Option<&OutcomeRecord> {
        self.outcome.filter(|record| {
            record.deployment_id == self.revision.deployment_id
                && record.revision == self.revision.number
        })
    }
}

/// The view of a deployment at `now`.
pub fn view(input: &StatusInput<'_>, observed: &ObservedState, now: Timestamp) -> DeploymentView {
    let (status, issues) = evaluate(input, observed, now);
    let deployment_id = input.revision.deployment_id;
    let release = &input.deployed.release;
    let rollout = match observed {
        ObservedState::Present(rollout) => Some(rollout.as_ref()),
        _ => None,
    };
    let last_observation = match observed {
        ObservedState::Unreachable(_) => {
            input.last_observation.filter(|last| last.deployment_id == deployment_id)
        }
        _ => None,
    };
    let count = |current: fn(&Rollout) -> u32, last: fn(&LastObservation) -> u32| {
        rollout.map(current).or(last_observation.map(last)).unwrap_or(0)
    };
    // Until the current revision has been applied, the cluster runs another image.
    let observed_digest = rollout
        .filter(|rollout| rollout.revision >= input.revision.number)
        .and_then(|rollout| rollout.digest.clone());
    let outcome = input.current_outcome();
    let errors = match outcome.map(|record| &record.outcome) {
        Some(ApplyOutcome::Rejected { errors, .. }) => errors.clone(),
        _ => Vec::new(),
    };
    DeploymentView {
        deployment_id,
        project_id: deployment_id.project,
        service_name: release.spec.service.to_string(),
        preview: release.spec.preview.clone().map(Into::into),
        display_name: release.spec.display_name.clone(),
        status,
        image_name: release.image.name.to_string(),
        image_digest: release.image.digest.clone().or(observed_digest),
        build_id: release.image.build,
        replicas_ready: count(|rollout| rollout.ready, |last| last.ready),
        replicas_total: count(|rollout| rollout.total, |last| last.total),
        created_at: whole_seconds(input.created_at),
        updated_at: whole_seconds(input.revision.at),
        observed_at: match observed {
            ObservedState::Unreachable(_) => last_observation.map(|last| whole_seconds(last.at)),
            _ => Some(whole_seconds(input.observed_at)),
        },
        error_code: issues.first().map(|issue| issue.code.to_string()),
        error_message: issues.first().map(Issue::text),
        issues,
        access_url: input.access_url.clone(),
        reachable: (input.access_url.is_some() && !input.deployed.stopped)
            .then(|| rollout.map_or(Reachable::Unknown, |rollout| rollout.reachable)),
        revision: input.revision.number,
        release: release.number,
        automatic: release.automatic,
        promoted_from: release.promoted_from.clone(),
        automation_paused: input.revision.automation_pause(),
        pods: rollout.map(|rollout| rollout.pods.clone()).unwrap_or_default(),
        conditions: rollout.map(|rollout| rollout.conditions.clone()).unwrap_or_default(),
        errors,
        warnings: warnings(input),
    }
}

/// The warnings of the outcome, after that about an automatic deployment which was undone.
fn warnings(input: &StatusInput<'_>) -> Vec<String> {
    let undone = input.revision.undone().map(|undone| {
        let AutomaticDeploymentProblem { build_id, message } = undone;
        format!(
            "The build {build_id} was deployed automatically and has failed, so the release before it was deployed \
             again. {message}"
        )
    });
    let of_outcome = input.current_outcome().map(|record| record.warnings.clone());
    undone.into_iter().chain(of_outcome.unwrap_or_default()).collect()
}
