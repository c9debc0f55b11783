//! Derives a deployment's status and renders the view that the API shows.

use super::{
    ApplyOutcome, DeployedState, DeploymentView, ErrorCode, LastObservation, ObjectError,
    ObservedState, OutcomeRecord, Progress, Revision, Rollout, Status,
};
use crate::{Timestamp, whole_seconds};

/// The stored data that a view is made of.
pub struct StatusInput<'a> {
    pub created_at: Timestamp,
    pub revision: &'a Revision,
    pub deployed: &'a DeployedState,
    pub outcome: Option<&'a OutcomeRecord>,
    pub last_observation: Option<&'a LastObservation>,
    pub access_url: Option<String>,
}

impl StatusInput<'_> {
    /// The outcome, if it is for the current revision.
    fn current_outcome(&self) -> Option<&OutcomeRecord> {
        self.outcome.filter(|record| {
            record.deployment_id == self.revision.deployment_id
                && record.revision == self.revision.number
        })
    }

    /// The status while the cluster is unreachable: the last observed status of the current revision,
    /// if there is one.
    fn status_if_unreachable(&self) -> Status {
        let last = self.last_observation.filter(|last| {
            last.deployment_id == self.revision.deployment_id
                && last.revision >= self.revision.number
        });
        match (last, self.current_outcome().map(|record| &record.outcome)) {
            (Some(last), _) => last.status,
            (None, Some(ApplyOutcome::Applied)) => Status::Deploying,
            (None, _) => Status::Pending,
        }
    }
}

type Failure = (ErrorCode, String);

fn evaluate_status(input: &StatusInput<'_>, observed: &ObservedState) -> (Status, Option<Failure>) {
    let outcome = input.current_outcome().map(|record| &record.outcome);
    match (outcome, observed) {
        (Some(ApplyOutcome::Rejected { errors, applied }), _) => {
            (Status::Failed, Some((ErrorCode::Refused, rejection_message(errors, applied))))
        }
        (_, ObservedState::Unreachable(why)) => {
            (input.status_if_unreachable(), Some((ErrorCode::ClusterUnreachable, why.clone())))
        }
        (Some(ApplyOutcome::Interrupted(why)), _) => {
            let message = format!(
                "Not everything has been applied to the cluster yet: {why} It is tried again."
            );
            (Status::Pending, Some((ErrorCode::Interrupted, message)))
        }
        (None, ObservedState::Absent) => (Status::Pending, None),
        (Some(ApplyOutcome::Applied), ObservedState::Absent) => {
            let message = "Somebody has removed it from the cluster. Start it, or deploy it again.";
            (Status::Failed, Some((ErrorCode::Removed, message.into())))
        }
        (_, ObservedState::Present(rollout)) => match rollout.progress {
            _ if rollout.revision < input.revision.number => (Status::Deploying, None),
            Progress::Done if input.deployed.stopped => (Status::Stopped, None),
            Progress::Done => (Status::Running, rollout.failure.clone()),
            Progress::Rolling => (Status::Deploying, rollout.failure.clone()),
            Progress::Stuck => (Status::Failed, rollout.failure.clone()),
        },
    }
}

/// A message that names the rejected objects. The view also lists each error.
fn rejection_message(errors: &[ObjectError], applied: &[String]) -> String {
    let mut message = match errors {
        [only] => format!("The cluster rejected {} {}: {}", only.kind, only.name, only.detail),
        many => {
            let names: Vec<_> =
                many.iter().map(|error| format!("{} {}", error.kind, error.name)).collect();
            format!("The cluster rejected {}.", names.join(", "))
        }
    };
    if !applied.is_empty() {
        message.push_str(&format!(" These were applied: {}.", applied.join(", ")));
    }
    message.push_str(" Fix it and deploy again; nothing has to be removed first.");
    message
}

/// The view of a deployment at `now`.
pub fn view(input: &StatusInput<'_>, observed: &ObservedState, now: Timestamp) -> DeploymentView {
    let (status, failure) = evaluate_status(input, observed);
    let (error_code, error_message) = failure.unzip();
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
            _ => Some(whole_seconds(now)),
        },
        error_code: error_code.map(|code| code.to_string()),
        error_message,
        access_url: input.access_url.clone(),
        revision: input.revision.number,
        release: release.number,
        pods: rollout.map(|rollout| rollout.pods.clone()).unwrap_or_default(),
        conditions: rollout.map(|rollout| rollout.conditions.clone()).unwrap_or_default(),
        errors,
        warnings: outcome.map(|record| record.warnings.clone()).unwrap_or_default(),
    }
}
