//! `POST /api/v1/deploy`: deploys a service, for the first time or once more.
//!
//! The first deployment of a service takes nine writes more than a revision: reservation, number, record,
//! reservation result; reservation and record of a place for the project and one for its owner, and which ones they are.

use super::dry_run::dry_run;
use crate::{
    address,
    cluster::Cluster,
    image,
    revise::{NewRevision, revise},
    saved, secrets,
    service_limits::ServicePlaces,
    services::{ExistingService, create_service, find_service},
};
use futures::future::try_join;
use nokube_domain::{
    DeploymentId, Problem, ProjectId, UnknownFields,
    deployments::{
        Cause, DeployedState, DeploymentRequest, NewDeployment, Release, ResolvedImage, Revision,
        SecretValue,
    },
    name::{Login, ServiceName},
    projects::{Members, Project},
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
    let Some(project_id) = fields.peek::<ProjectId>("project_id") else {
        // The rest is checked as well, so that all field errors are in one response.
        let request = NewDeployment::read(&mut fields);
        let limits = &Cluster::new().await?.settings.limits;
        let problem = DeploymentRequest::new(request, fields, &caller, None, limits, None).err();
        let missing = || Problem::invalid_field("project_id", "is required");
        return Err(problem.unwrap_or_else(missing).into());
    };
    let (project, members, _) = projects::load(&call, &store, project_id).await?;
    let saved = saved::complete(&call, &store, &mut fields, &project).await?;
    let request = NewDeployment::read(&mut fields);
    // The service is found before the request is checked, because values that it has already are accepted.
    let find = async {
        match &request.service_name {
            Some(name) => find_service(&store, project_id, name).await,
            None => Ok(None),
        }
    };
    let (cluster, service) = try_join(Cluster::new(), find).await?;
    let state = service.as_ref().and_then(ExistingService::state);
    let (limits, current) = (&cluster.settings.limits, state.map(|state| &state.release.spec));
    let request =
        DeploymentRequest::new(request, fields, &caller, Some(&project), limits, current)?;
    let wanted = Wanted { project, members, service, request, saved, is_dry_run };
    deploy(&call, &store, &cluster, wanted).await
}

/// A checked request to deploy a service.
struct Wanted {
    project: Project,
    members: Members,
    service: Option<ExistingService>,
    request: DeploymentRequest,
    /// The service, if the request was completed with what is saved of it.
    saved: Option<ServiceName>,
    is_dry_run: bool,
}

/// Makes the new revision of a service, or shows what it would change.
async fn deploy(call: &Call, store: &Store, cluster: &Cluster, wanted: Wanted) -> Result<Reply> {
    let Wanted { project, members, service, request, saved, is_dry_run } = wanted;
    let id = service.as_ref().map(|service| service.record.cluster_id());
    let previous = service.as_ref().and_then(|service| service.revision.as_ref());
    let previous_state = previous.and_then(Revision::deployed);
    let (settings, source) = (&cluster.settings, &request.image);
    let image = image::resolve(call, store, settings, source, &project).await?;
    let tenant = Tenant { project: &project, owner: &members.owner };
    let (secrets, ()) = try_join(
        secrets::resolve(cluster, &tenant, &request.secrets, previous_state, saved.as_ref()),
        address::check_available(cluster, &tenant, &request.spec),
    )
    .await?;
    let by = &call.caller()?.login;
    let (request, secrets) = (&request, &secrets);
    let draft = Draft { request, image, secrets, previous: previous_state, by };
    if is_dry_run {
        // An adopted service has its objects under another id, but their names are made of its own.
        let own_id = service.as_ref().map(|service| service.record.id);
        let state = |id| draft.state(cluster, own_id.unwrap_or(id));
        return dry_run(cluster, tenant, id, previous, secrets, state).await;
    }
    let limits = &cluster.settings.service_limits;
    let places = ServicePlaces { store, project: project.id, owner: &members.owner, limits };
    places.check(service.as_ref()).await?;
    let record = match &service {
        Some(service) => service.record.clone(),
        None => create_service(store, project.id, &request.spec.service).await?,
    };
    let taken = places.take(record.id, previous).await?;
    let state = draft.state(cluster, record.id);
    let (cause, secrets) = (Cause::Deploy, Some(secrets));
    let new = NewRevision { record, project, members, cause, state, previous, secrets };
    taken.keep_unless_rejected(store, revise(call, store, cluster, new).await).await
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
            previous: None,
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
                 configuration; omitted fields have their defaults. A request with neither `build_id` nor \
                 `image_name` deploys the newest build of the service that has succeeded, if a configuration is \
                 saved for the service (`…/services/{service}/deployment`): what is not sent is then taken from \
                 that configuration and from the saved secrets, and a field that is sent replaces what is saved, \
                 for this deployment only; `null` stands for its default. With `dry_run` nothing is changed, and \
                 the response shows what would change.",
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
            .problem(
                ProblemKind::Invalid,
                "build_id: no build of this service has succeeded yet; build it first",
            )
    }
}
