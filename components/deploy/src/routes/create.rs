//! `POST /api/v1/deploy`: deploys a service, for the first time or once more.
//!
//! The first deployment of a service takes four writes more than a revision: reservation, number, record,
//! reservation result.

use super::dry_run::dry_run;
use crate::{
    address,
    cluster::Cluster,
    image,
    revise::{NewRevision, revise},
    secrets,
    service_limits::check_service_limits,
    services::{create_service, find_service},
};
use futures::future::try_join;
use nokube_domain::{
    DeploymentId, Problem, UnknownFields,
    deployments::{
        Cause, DeployedState, DeploymentRequest, NewDeployment, Release, ResolvedImage, Revision,
        SecretValue,
    },
    name::Login,
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
    let request = NewDeployment::read(&mut fields);
    let Some(project_id) = request.project_id else {
        // The rest is checked as well, so that all field errors are in one response.
        let limits = &Cluster::new().await?.settings.limits;
        let problem = DeploymentRequest::new(request, fields, &caller, None, limits, None).err();
        let missing = || Problem::invalid_field("project_id", "is required");
        return Err(problem.unwrap_or_else(missing).into());
    };
    let (project, members, _) = projects::load(&call, &store, project_id).await?;
    // The service is found before the request is checked, because values that it has already are accepted.
    let find = async {
        match &request.service_name {
            Some(name) => find_service(&store, project_id, name).await,
            None => Ok(None),
        }
    };
    let (cluster, service) = try_join(Cluster::new(), find).await?;
    let id = service.as_ref().map(|service| service.record.id);
    let previous = service.as_ref().and_then(|service| service.revision.as_ref());
    let previous_state = previous.and_then(Revision::deployed);
    let limits = &cluster.settings.limits;
    let current = previous_state.map(|state| &state.release.spec);
    let request =
        DeploymentRequest::new(request, fields, &caller, Some(&project), limits, current)?;

    let image = image::resolve(&call, &cluster.settings.images, &request.image, &project).await?;
    let tenant = Tenant { project: &project, owner: &members.owner };
    let (secrets, ()) = try_join(
        secrets::resolve(&cluster, &tenant, &request.secrets, previous_state),
        address::check_available(&cluster, &tenant, &request.spec, id),
    )
    .await?;
    let (request, secrets) = (&request, &secrets);
    let draft = Draft { request, image, secrets, previous: previous_state, by: &caller.login };
    if is_dry_run {
        let state = |id| draft.state(&cluster, id);
        return dry_run(&cluster, tenant, id, previous, secrets, state).await;
    }
    let limits = &cluster.settings.service_limits;
    check_service_limits(&store, project_id, &members.owner, limits, service.as_ref()).await?;
    let record = match &service {
        Some(service) => service.record.clone(),
        None => create_service(&store, project_id, &request.spec.service).await?,
    };
    let state = draft.state(&cluster, record.id);
    let (cause, secrets) = (Cause::Deploy, Some(secrets));
    let new = NewRevision { record, project, members, cause, state, previous, secrets };
    revise(&call, &store, &cluster, new).await
}

/// Everything that a deployment's state is made of, except its id.
struct Draft<'a> {
    request: &'a DeploymentRequest,
    image: ResolvedImage,
    secrets: &'a BTreeMap<String, SecretValue>,
    previous: Option<&'a DeployedState>,
    by: &'a Login,
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
            unknown_fields: UnknownFields::default(),
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

#[cfg(feature = "openapi")]
pub mod openapi {
    use crate::revise::openapi::revise;
    use nokube_contract::prelude::*;

    pub fn create() -> Operation {
        let operation = Operation::new("deploy", "Deploy a service")
            .description(
                "Creates the deployment of a service or a new revision of it. Running pods are \
                 replaced one by one, without downtime. The request contains the complete \
                 configuration; omitted fields have their defaults. With `dry_run` nothing is \
                 changed, and the response shows what would change.",
            )
            .query_flag("dry_run", "Only show what would change.")
            .json_body::<NewDeployment>(json!({
                "project_id": 1, "project_name": "myapp", "username": "testuser",
                "service_name": "frontend", "build_id": examples::BUILD, "container_port": 3000,
                "replicas": 2, "env_vars": { "COLOUR": "red" },
                "secrets": { "API_KEY": "s3cret", "OLD_KEY": null },
            }))
            .json_response::<DryRun>(
                200,
                "With `dry_run`: what would happen to each Kubernetes object.",
                json!({
                    "dry_run": true, "namespace": "nk-testuser-myapp",
                    "tried_in": "nk-testuser-myapp", "note": null, "accepted": true,
                    "access_url": examples::URL,
                    "variables": [{ "field": "COLOUR", "before": "red", "after": "blue" }],
                    "objects": [{
                        "kind": "Deployment", "name": "frontend", "verdict": "change",
                        "difference": [{ "field": "spec.replicas", "before": "2", "after": "3" }],
                    }],
                    "warnings": [], "manifests": examples::manifests(),
                }),
            );
        revise(operation)
            .problem(
                ProblemKind::Forbidden,
                "username must be yours (testuser) or the project's owner's.",
            )
            .conflict(
                Reason::TooManyServices,
                "The project has 30 services, which is the most that this platform allows. Delete one \
                 first.",
            )
            .problem(ProblemKind::InProgress, "'frontend' is being deployed for the first time.")
            .problem(ProblemKind::Invalid, "build_id: is no build of yours")
    }
}
