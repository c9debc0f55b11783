//! The response to a request that makes a revision.

use crate::{cluster::Cluster, deployment::Deployment, revise::Revised};
use http::StatusCode;
use nokube_domain::{
    deployments::{
        ApplyOutcome, DeployedState, DeploymentCreated, DeploymentView, ObservedState, Status,
    },
    whole_seconds,
};
use nokube_edge::{Reply, Result};
use nokube_kube::{Kind, Manifest, Manifests};

impl Revised {
    /// 202. The pods' status comes with the next read.
    ///
    /// # Errors
    /// 404 if the newest revision deletes the deployment.
    pub fn accepted(&self, cluster: &Cluster) -> Result<Reply> {
        accepted(cluster, &self.deployment, &self.manifests)
    }
}

/// The revision's objects, with the Secret also if its values are in the cluster already.
fn kinds_and_names(manifests: &Manifests, state: &DeployedState) -> Vec<String> {
    let mut objects: Vec<_> = manifests.all().map(Manifest::kind_and_name).collect();
    if let Some(name) = &state.release.secrets_object {
        let secret = format!("{} {name}", Kind::Secret.name());
        if !objects.contains(&secret) {
            objects.push(secret);
        }
    }
    objects
}

fn accepted(cluster: &Cluster, deployment: &Deployment, manifests: &Manifests) -> Result<Reply> {
    let observation = deployment.observation(ObservedState::Absent);
    let view: DeploymentView = deployment.view(cluster.platform(), &observation)?;
    let outcome = deployment.outcome.as_ref().map(|outcome| &outcome.outcome);
    let is_applied = matches!(outcome, Some(ApplyOutcome::Applied));
    let created = DeploymentCreated {
        deployment_id: view.deployment_id,
        project_id: view.project_id,
        service_name: view.service_name,
        // The view was made without a rollout, which it reports as removed by somebody.
        status: if is_applied { Status::Deploying } else { view.status },
        image_name: view.image_name,
        created_at: whole_seconds(deployment.record.created_at),
        manifests_generated: kinds_and_names(manifests, deployment.state()?),
        access_url: view.access_url,
        revision: view.revision,
        error_message: view.error_message.filter(|_| !is_applied),
        errors: view.errors,
        warnings: view.warnings,
    };
    let location = format!("/api/v1/deployments/{}", view.deployment_id);
    Ok(Reply::json(StatusCode::ACCEPTED, &created).header("location", &location))
}
