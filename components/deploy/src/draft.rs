//! A service is deployed, for the first time or once more: what its new release is made of, and its places and record.

use crate::{
    author::Author,
    cluster::Cluster,
    revise::{NewRevision, Revised, revise_as},
    service_limits::ServicePlaces,
    services::{ExistingService, create_service},
};
use nokube_domain::{
    DeploymentId, UnknownFields,
    deployments::{
        AutomaticRevision, Cause, DeployedState, PromotedFrom, Release, ResolvedImage, Revision,
        SecretValue, Spec,
    },
    name::{Login, ServiceName},
    projects::{Members, Project},
};
use nokube_edge::{Result, now, store::Store};
use nokube_kube::names;
use std::collections::BTreeMap;

/// Everything that a deployment's state is made of, except its id.
pub struct Draft<'a> {
    pub spec: &'a Spec,
    pub image: ResolvedImage,
    pub secrets: &'a BTreeMap<String, SecretValue>,
    pub previous: Option<&'a DeployedState>,
    pub by: &'a Login,
    /// Where the same release was deployed, if it is promoted.
    pub promoted_from: Option<PromotedFrom>,
    /// Whether nobody has asked for it.
    pub is_automatic: bool,
}

/// The fewest releases that are retained after an automatic deployment: itself, and the one to go back to.
pub const MIN_RETAINED: usize = 2;

impl Draft<'_> {
    /// The state to deploy. Its release has the number 0 until the revision is numbered.
    pub fn state(&self, cluster: &Cluster, id: DeploymentId) -> DeployedState {
        let spec = self.spec.clone();
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
            promoted_from: self.promoted_from.clone(),
            automatic: self.is_automatic,
            spec,
            unknown_fields: UnknownFields::default(),
        };
        // Deploying the same image and configuration again makes no new release.
        let previous = self.previous.map(|state| &state.release);
        let same = previous.filter(|previous| previous.is_same(&release)).cloned();
        let retained = cluster.settings.retained_releases;
        let retained = if self.is_automatic { retained.max(MIN_RETAINED) } else { retained };
        DeployedState::with_release(self.previous, same.unwrap_or(release), retained)
    }
}

/// The service that gets a revision.
pub struct ServiceRevision<'a> {
    pub project: Project,
    pub members: Members,
    /// The service, if it was deployed before.
    pub service: Option<&'a ExistingService>,
    pub name: &'a ServiceName,
    /// Why nobody has asked for it; `None` if somebody has.
    pub automatic: Option<AutomaticRevision>,
}

/// What is deployed, and the values of its secrets; `None` if these are in the cluster already.
type StateAndSecrets<'a> = (DeployedState, Option<&'a BTreeMap<String, SecretValue>>);

/// Makes the new revision of a service. The first one of a service takes nine writes more: reservation, number, record,
/// reservation result; reservation and record of a place for the project and one for its owner, and which ones they are.
///
/// # Errors
/// 409 if there are too many services; else as [`revise_as`].
pub async fn deploy_service<'a>(
    author: &Author,
    store: &Store,
    cluster: &Cluster,
    new: ServiceRevision<'_>,
    state: impl FnOnce(DeploymentId) -> StateAndSecrets<'a>,
) -> Result<Revised> {
    let ServiceRevision { project, members, service, name, automatic } = new;
    let (id, owner, limits) = (project.id, members.owner.clone(), &cluster.settings.service_limits);
    let places = ServicePlaces { store, project: id, owner: &owner, limits };
    places.check(service).await?;
    let record = match service {
        Some(service) => service.record.clone(),
        None => create_service(store, id, name).await?,
    };
    let previous: Option<&Revision> = service.and_then(|service| service.revision.as_ref());
    let taken = places.take(record.id, previous).await?;
    let (state, secrets) = state(record.id);
    let cause = Cause::Deploy;
    let new = NewRevision { record, project, members, cause, state, previous, secrets, automatic };
    taken.keep_unless_rejected(store, revise_as(author, store, cluster, new).await).await
}
