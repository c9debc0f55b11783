//! `POST /api/v1/deploy`: deploys a service, for the first time or once more.

use super::dry_run::dry_run;
use crate::{
    address,
    author::Author,
    cluster::Cluster,
    draft::{Draft, ServiceRevision, deploy_service},
    image,
    promotion::Source,
    saved, secrets,
    services::{ExistingService, find_service},
};
use futures::future::try_join;
use nokube_domain::{
    Problem, ProjectId,
    deployments::{DeploymentRequest, NewDeployment, Revision},
    name::ServiceName,
    projects::{Members, Project},
};
use nokube_edge::{Call, Reply, Result, projects, store::Store};
use nokube_kube::Tenant;

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
    let source = Source::load(&call, &store, &fields).await?;
    // The service is found before the request is checked, because values that it has already are accepted.
    let find = async {
        match fields.peek::<ServiceName>("service_name") {
            Some(name) => find_service(&store, project_id, &name).await,
            None => Ok(None),
        }
    };
    let (cluster, service) = try_join(Cluster::new(), find).await?;
    let (settings, target) = (&cluster.settings, (&project, service.as_ref()));
    let saved = match &source {
        Some(source) => source.complete(&store, settings, &mut fields, target).await?,
        None => saved::complete(&call, &store, settings, &mut fields, target).await?,
    };
    let request = NewDeployment::read(&mut fields);
    let state = service.as_ref().and_then(ExistingService::state);
    let (limits, current) = (&cluster.settings.limits, state.map(|state| &state.release.spec));
    let request =
        DeploymentRequest::new(request, fields, &caller, Some(&project), limits, current)?;
    let wanted = Wanted { project, members, service, request, source, saved, is_dry_run };
    deploy(&call, &store, &cluster, wanted).await
}

/// A checked request to deploy a service.
struct Wanted {
    project: Project,
    members: Members,
    service: Option<ExistingService>,
    request: DeploymentRequest,
    /// The deployment whose release is promoted.
    source: Option<Source>,
    /// The service, if its saved secrets come before those of its current release.
    saved: Option<ServiceName>,
    is_dry_run: bool,
}

/// Makes the new revision of a service, or shows what it would change.
async fn deploy(call: &Call, store: &Store, cluster: &Cluster, wanted: Wanted) -> Result<Reply> {
    let Wanted { project, members, service, request, source, saved, is_dry_run } = wanted;
    let id = service.as_ref().map(|service| service.record.cluster_id());
    let previous = service.as_ref().and_then(|service| service.revision.as_ref());
    let previous_state = previous.and_then(Revision::deployed);
    let promoted = source.as_ref().map(|source| &source.release.image);
    let image = (&request.image, promoted);
    let image = image::resolve(call, store, &cluster.settings, image, &project).await?;
    let tenant = Tenant { project: &project, owner: &members.owner, is_preview: false };
    let (secrets, ()) = try_join(
        secrets::resolve(cluster, &tenant, &request.secrets, previous_state, saved.as_ref()),
        address::check_available(cluster, &tenant, &request.spec),
    )
    .await?;
    let by = &call.caller()?.login;
    let (request, secrets) = (&request, &secrets);
    let draft = Draft {
        spec: &request.spec,
        image,
        secrets,
        previous: previous_state,
        by,
        promoted_from: source.as_ref().map(Source::promoted_from),
        is_automatic: false,
    };
    if is_dry_run {
        // An adopted service has its objects under another id, but their names are made of its own.
        let own_id = service.as_ref().map(|service| service.record.id);
        let state = |id| draft.state(cluster, own_id.unwrap_or(id));
        return dry_run(cluster, tenant, id, previous, secrets, state).await;
    }
    let author = Author::of_caller(call)?;
    let name = &request.spec.service;
    let new =
        ServiceRevision { project, members, service: service.as_ref(), name, automatic: None };
    let state = |id| (draft.state(cluster, id), Some(secrets));
    let revised = deploy_service(&author, store, cluster, new, state).await?;
    revised.accepted(cluster)
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
                 for this deployment only; `null` stands for its default. With `release_of`, the release of \
                 another deployment is deployed in the same way. With `dry_run` nothing is changed, and \
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
            .problem(
                ProblemKind::NotFound,
                "release_of: there is no such deployment in a project in which you are a developer.",
            )
            .problem(
                ProblemKind::Invalid,
                "release_of: does not run its newest release yet: revision 4 of it is still being applied",
            )
    }
}
