//! Deploys the build of a pull request, with the configuration of its service and the secrets that previews get.

use super::goal::GoalBuild;
use crate::{
    author::Author,
    cluster::Cluster,
    draft::Draft,
    image,
    revise::{NewRevision, revise_as},
    saved::{ConfigurationOf, Saved},
    saved_secrets::SavedSecret,
    services::{ExistingService, create_preview},
};
use nokube_domain::{
    Problem,
    deployments::{
        AutomaticRevision, Cause, DeployedState, ResolvedImage, Revision, SecretValue, Spec,
    },
    previews::{PreviewSettings, preview_secrets, preview_spec},
    projects::{Members, Project},
};
use nokube_edge::{
    Result, previews,
    pushes::{self, LinkedService},
    services::deployment_of,
    store::{Store, keys},
};
use nokube_kube::Tenant;
use std::collections::BTreeMap;

/// Releases that are retained: a preview is not rolled back.
const RETAINED: usize = 1;

/// Makes the next revision of a preview. The first one takes as many writes more as that of a service.
///
/// # Errors
/// 404 if the project was deleted; 409 if there are too many previews; else as of a request to deploy it.
pub async fn deploy(
    store: &Store,
    cluster: &Cluster,
    goal: &GoalBuild,
    configuration: &Configuration,
    present: Option<ExistingService>,
    automatic: AutomaticRevision,
) -> Result<()> {
    let id = goal.service.project;
    let (project, members) =
        futures::join!(store.get(keys::project(id)), store.get(keys::members(id)));
    let not_found = || Problem::not_found("project");
    let (project, members) = (project?.ok_or_else(not_found)?, members?.ok_or_else(not_found)?);
    let image = ResolvedImage::of_build(&goal.build)?;
    image::origin(store, &cluster.settings, &image.name, &project).await?;
    let preview = Preview { cluster, goal, project: &project, members: &members };
    let spec = preview.spec(configuration)?;
    let secrets = preview.secrets(configuration, &spec).await?;
    let author = Author::of_push(&goal.service.linked.person, &goal.service.linked.login);
    let (record, previous) = match present {
        Some(ExistingService { record, revision }) => (record, revision),
        None => (create_preview(store, id, goal.of.clone()).await?, None),
    };
    let previous_state = previous.as_ref().and_then(Revision::deployed);
    let draft = Draft {
        spec: &spec,
        image,
        secrets: &secrets,
        previous: previous_state,
        by: &author.login,
        promoted_from: None,
        is_automatic: true,
    };
    let state = without_earlier(draft.state(cluster, record.id));
    let place = match previous_state {
        Some(_) => None,
        None => Some(previews::take_place(store, record.id, previous.as_ref()).await?),
    };
    let new = NewRevision {
        record,
        project: project.clone(),
        members: members.clone(),
        cause: Cause::Deploy,
        state,
        previous: previous.as_ref(),
        secrets: Some(&secrets),
        automatic: Some(automatic),
    };
    let revised = revise_as(&author, store, cluster, new).await.map(|_| ());
    match place {
        Some(place) => place.keep_unless_rejected(store, revised).await,
        None => revised,
    }
}

/// Without earlier releases, and running: what is pushed is also started.
fn without_earlier(state: DeployedState) -> DeployedState {
    let build = state.release.image.build;
    let retained = state.retained.into_iter().take(RETAINED).collect();
    DeployedState { retained, automation_paused: None, automatic_build: build, ..state }
}

/// The configuration of a service: that of its file, the saved one, or that of its current release.
pub struct Configuration {
    saved: Saved,
    /// That of its current release, if there is no other.
    released: Option<Spec>,
}

impl Configuration {
    /// `None` if there is nothing to deploy it with. Two reads; two more, if the service uses the configuration file of its
    /// branch; three more without a configuration in the file and a saved one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(store: &Store, service: &LinkedService) -> Result<Option<Self>> {
        let LinkedService { project, name, .. } = service;
        let file = pushes::file_in_effect(store, service).await?;
        let saved = Saved::load_with(store, *project, name, file).await?;
        if saved.is_from_file() || saved.saved_spec().is_some() {
            return Ok(Some(Self { saved, released: None }));
        }
        let newest = match deployment_of(store, *project, name).await? {
            Some(id) => store.newest_revision(id).await?,
            None => None,
        };
        let state = newest.as_ref().and_then(Revision::deployed);
        Ok(state.map(|state| Self { saved, released: Some(state.release.spec.clone()) }))
    }

    fn spec(&self, of: &ConfigurationOf<'_>) -> std::result::Result<Spec, Problem> {
        let in_effect = self.saved.spec(of)?.or_else(|| self.released.clone());
        in_effect.ok_or_else(|| Problem::not_found("configuration"))
    }
}

/// A preview that is about to be deployed.
struct Preview<'a> {
    cluster: &'a Cluster,
    goal: &'a GoalBuild,
    project: &'a Project,
    members: &'a Members,
}

impl Preview<'_> {
    fn settings(&self) -> &PreviewSettings {
        &self.goal.settings
    }

    /// # Errors
    /// 422 if the operator's settings do not allow it any more.
    fn spec(&self, configuration: &Configuration) -> Result<Spec> {
        let limits = &self.cluster.settings.limits;
        let (project, service) = (self.project, &self.goal.of.service);
        let (current, checks_secrets) = (None, false);
        let of = ConfigurationOf { project, service, limits, current, checks_secrets };
        let url = |spec: &Spec| self.cluster.platform().access_url(self.project, spec);
        let spec =
            preview_spec(&configuration.spec(&of)?, self.goal.of.clone(), self.settings(), url);
        limits.check_spec(&spec)?;
        Ok(spec)
    }

    /// The values of the secrets that are marked for previews, from the namespace of the project's services. No other
    /// value leaves it.
    async fn secrets(
        &self,
        configuration: &Configuration,
        spec: &Spec,
    ) -> Result<BTreeMap<String, SecretValue>> {
        let saved: Vec<_> = configuration.saved.secret_names().cloned().collect();
        let names = preview_secrets(self.settings(), &saved, spec);
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (project, owner) = (self.project, &self.members.owner);
        let tenant = Tenant { project, owner, is_preview: false };
        let saved =
            SavedSecret { cluster: self.cluster, tenant: &tenant, service: &self.goal.of.service };
        let mut values = saved.values().await?;
        values.retain(|name, _| names.contains(name));
        Ok(values)
    }
}
