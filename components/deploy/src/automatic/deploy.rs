//! Deploys a build that a push has started, as the person would who is responsible for it.

use crate::{
    address,
    author::Author,
    cluster::Cluster,
    draft::{Draft, MIN_RETAINED, ServiceRevision, deploy_service},
    image,
    revise::Revised,
    saved::{ConfigurationOf, Saved},
    secrets,
    services::ExistingService,
};
use futures::future::try_join;
use nokube_domain::{
    Problem,
    builds::BuildView,
    deployments::{AutomaticRevision, DeployedState, ResolvedImage, Revision, SecretInput, Spec},
};
use nokube_edge::{
    Result,
    automatic::{CurrentDeployment, Target},
    now,
    pushes::LinkedService,
    store::{Store, keys},
};
use nokube_kube::Tenant;

/// Deploys the build with the saved configuration and the saved secrets of the service; without a saved configuration
/// with those of its current release.
///
/// # Errors
/// As of a request to deploy it.
pub async fn deploy(
    store: &Store,
    cluster: &Cluster,
    target: Target,
    build: &BuildView,
    current: CurrentDeployment,
    automatic: AutomaticRevision,
) -> Result<Revised> {
    let Target { service: LinkedService { project: id, name, linked, .. }, file, .. } = target;
    let (project, members, saved) = futures::join!(
        store.get(keys::project(id)),
        store.get(keys::members(id)),
        Saved::load_with(store, id, &name, file)
    );
    let not_found = || Problem::not_found("project");
    let (project, members) = (project?.ok_or_else(not_found)?, members?.ok_or_else(not_found)?);
    let image = ResolvedImage::from_build(build, None, &project)?;
    image::origin(store, &cluster.settings, &image.name, &project).await?;
    let CurrentDeployment { record, newest, .. } = current;
    let service = record.map(|record| ExistingService { record, revision: newest });
    let before = state_before(store, service.as_ref(), &automatic).await?;
    let author = Author::of_push(&linked.person, &linked.login);
    let (tenant, saved) =
        (Tenant { project: &project, owner: &members.owner, is_preview: false }, saved?);
    let replacing = Replacing { cluster, tenant, before: before.as_ref(), image, by: &author };
    let new = ServiceRevision {
        project: project.clone(),
        members: members.clone(),
        service: service.as_ref(),
        name: &name,
        automatic: Some(automatic),
    };
    let of = ConfigurationOf {
        project: &project,
        service: &name,
        limits: &cluster.settings.limits,
        current: before.as_ref().map(|before| &before.release.spec),
        checks_secrets: true,
    };
    match saved.spec(&of)? {
        Some(spec) => replacing.by_saved(store, new, &spec, &saved).await,
        None => replacing.by_image(store, new).await,
    }
}

/// The state that is replaced: the newest one, unless nobody knows whether that has ever run.
async fn state_before(
    store: &Store,
    service: Option<&ExistingService>,
    automatic: &AutomaticRevision,
) -> Result<Option<DeployedState>> {
    let Some(service) = service else { return Ok(None) };
    let Some(fallback) = automatic.fallback.filter(|number| *number != automatic.based_on) else {
        return Ok(service.state().cloned());
    };
    let fallback = store.revision(service.record.id, fallback).await?;
    let state = fallback.as_ref().and_then(Revision::deployed).or(service.state());
    Ok(state.cloned())
}

/// What a new release replaces, and by which image.
struct Replacing<'a> {
    cluster: &'a Cluster,
    tenant: Tenant<'a>,
    before: Option<&'a DeployedState>,
    image: ResolvedImage,
    by: &'a Author,
}

impl Replacing<'_> {
    async fn by_saved(
        self,
        store: &Store,
        new: ServiceRevision<'_>,
        spec: &Spec,
        saved: &Saved,
    ) -> Result<Revised> {
        let Self { cluster, tenant, before, image, by } = self;
        cluster.settings.limits.check_spec(spec)?;
        let inputs = saved.secret_names().map(|name| (name.clone(), SecretInput::Keep)).collect();
        let (values, ()) = try_join(
            secrets::resolve(cluster, &tenant, &inputs, before, Some(new.name)),
            address::check_available(cluster, &tenant, spec),
        )
        .await?;
        let (secrets, is_automatic) = (&values, true);
        let draft = Draft {
            spec,
            image,
            secrets,
            previous: before,
            by: &by.login,
            promoted_from: None,
            is_automatic,
        };
        let state = |id| (draft.state(cluster, id), Some(secrets));
        deploy_service(by, store, cluster, new, state).await
    }

    async fn by_image(self, store: &Store, new: ServiceRevision<'_>) -> Result<Revised> {
        let Self { cluster, tenant, before, image, by } = self;
        let before = before.ok_or_else(|| Problem::not_found("configuration"))?;
        secrets::check_in_cluster(cluster, &tenant, before).await?;
        let max = cluster.settings.retained_releases.max(MIN_RETAINED);
        let state = before.with_image(image, by.login.clone(), now(), max);
        deploy_service(by, store, cluster, new, |_| (state, None)).await
    }
}
