//! `POST /api/v1/deploy`: deploys a service, for the first time or once more.
//!
//! The first deployment of a service takes four writes more than a revision: reservation, number, record,
//! reservation result.

use super::dry_run::{DryRunInput, dry_run};
use crate::{
    address,
    cluster::Cluster,
    image,
    quota::check_quota,
    revise::{NewRevision, revise},
    secrets,
    services::{create_service, find_service},
};
use futures::future::try_join;
use nokube_domain::{
    DeploymentId, Problem,
    deployments::{
        Cause, DeployedState, DeploymentRequest, Release, ResolvedImage, Revision, SecretValue,
    },
    name::Username,
};
use nokube_edge::{Call, Reply, Result, now, projects, store::Store};
use nokube_kube::{Tenant, names};
use std::collections::BTreeMap;

pub async fn create(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["dry_run"])?;
    let is_dry_run = call.query_flag("dry_run")?;
    let (mut fields, _) = call.json_fields().await?;
    let store = Store::open().await?;
    let caller = call.caller()?.clone();
    let Some(project_id) = DeploymentRequest::project_id(&mut fields) else {
        // Parse the rest as well, so that all field errors are in one response.
        let cluster = Cluster::new().await?;
        let errors =
            DeploymentRequest::parse(fields, &caller, None, &cluster.settings.limits).err();
        return Err(errors
            .unwrap_or_else(|| Problem::invalid_field("project_id", "is required"))
            .into());
    };
    let (project, members, _) = projects::load(&call, &store, project_id).await?;
    let cluster = Cluster::new().await?;
    let request =
        DeploymentRequest::parse(fields, &caller, Some(&project), &cluster.settings.limits)?;

    let (image, service) = try_join(
        image::resolve(&call, &cluster.settings.images, &request.image, &project),
        find_service(&store, project_id, &request.spec.service),
    )
    .await?;
    let tenant = Tenant { project: &project, owner: &members.owner };
    let previous = service.as_ref().and_then(|service| service.revision.as_ref());
    let previous_state = previous.and_then(Revision::deployed);
    let id = service.as_ref().map(|service| service.record.id);
    let (secrets, ()) = try_join(
        secrets::resolve(&cluster, &tenant, &request.secrets, previous_state),
        address::check_available(&cluster, &tenant, &request.spec, id),
    )
    .await?;
    let draft = Draft {
        request: &request,
        image,
        secrets: &secrets,
        previous: previous_state,
        by: &caller.login,
    };
    if is_dry_run {
        let input = DryRunInput { id, previous, tenant, secrets: &secrets };
        return dry_run(&cluster, input, |id| draft.state(&cluster, id)).await;
    }
    if previous_state.is_none() {
        let quota = &cluster.settings.quota;
        check_quota(&store, project_id, &members.owner, quota, service.is_some()).await?;
    }
    let record = match &service {
        Some(service) => service.record.clone(),
        None => create_service(&store, project_id, &request.spec.service).await?,
    };
    let state = draft.state(&cluster, record.id);
    let new = NewRevision {
        record,
        cause: Cause::Deploy,
        state,
        previous,
        secrets: Some(&secrets),
        project,
        members,
    };
    revise(&call, &store, &cluster, new).await
}

/// Everything that a deployment's state is made of, except its id.
struct Draft<'a> {
    request: &'a DeploymentRequest,
    image: ResolvedImage,
    secrets: &'a BTreeMap<String, SecretValue>,
    previous: Option<&'a DeployedState>,
    by: &'a Username,
}

impl Draft<'_> {
    /// The state to deploy. Its release has the number 0 until the revision is numbered.
    fn state(&self, cluster: &Cluster, id: DeploymentId) -> DeployedState {
        let spec = self.request.spec.clone();
        let name_key = &cluster.settings.name_key;
        let release = Release {
            number: 0,
            by: self.by.clone(),
            at: now(),
            image: self.image.clone(),
            variables_object: names::variables_object(id, &spec.service, &spec.variables),
            secrets_object: name_key.secrets_object(id, &spec.service, self.secrets),
            secrets: self.secrets.keys().cloned().collect(),
            spec,
        };
        // Deploying the same image and configuration again makes no new release.
        let previous = self.previous.map(|state| &state.release);
        let same = previous.filter(|previous| previous.is_same(&release)).cloned();
        DeployedState::with_release(
            self.previous,
            same.unwrap_or(release),
            cluster.settings.retained_releases,
        )
    }
}
