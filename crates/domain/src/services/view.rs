//! A service as the API shows it.

use super::{ConfigFileView, SavedSource, ServiceRecord};
use crate::{
    BuildId, DeploymentId, ProjectId, Timestamp,
    builds::{BuildView, HEAD, Source, Status, Trigger},
    deployments::AutomaticDeployments,
    image::ImageTag,
    name::ServiceName,
    previews::PreviewMode,
    pushes::{AutomaticBuilds, CommitSummary, WatchPath},
    repository::CommitSha,
    whole_seconds,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// A service of a project.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Service))]
pub struct ServiceView {
    pub project_id: ProjectId,
    pub name: ServiceName,
    /// What is saved to build it from.
    pub source: Option<SourceView>,
    /// Whether pushes to the branch build it.
    pub build_on_push: bool,
    /// Globs of the files that concern it, as saved. Without any, those in its context, and its Dockerfile.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub watch_paths: Vec<WatchPath>,
    /// `null` unless `build_on_push` is true.
    pub automatic_builds: Option<AutomaticBuilds>,
    /// Whether the builds that pushes start are deployed.
    pub deploy_on_build: bool,
    /// `null` unless `deploy_on_build` is true.
    pub automatic_deployments: Option<AutomaticDeployments>,
    /// Whether the file nokube.toml of the branch says how it is built and deployed.
    pub use_config_file: bool,
    /// `null` unless `use_config_file` is true. What it says is in `source` and `watch_paths`, and in the saved
    /// configuration.
    pub config_file: Option<ConfigFileView>,
    /// What is done for pull requests.
    pub previews: PreviewMode,
    /// Pull requests that are to be merged into these branches have previews. Without any, it is the branch of the
    /// service.
    pub preview_base_branches: Vec<String>,
    /// The environment variables of previews. For developers and owners, and not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub preview_env_vars: Option<BTreeMap<String, String>>,
    /// The names of the saved secrets that previews get.
    pub preview_secrets: BTreeSet<String>,
    /// The newest build, as last known here. Never one of a pull request.
    pub last_build: Option<LastBuild>,
    /// The service's deployment, while it is deployed.
    pub deployment_id: Option<DeploymentId>,
    /// When a source was saved first; `null` if none is saved.
    pub created_at: Option<Timestamp>,
    /// When the saved source was changed last.
    pub updated_at: Option<Timestamp>,
}

/// What a service is built from, and how.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ServiceSource))]
pub struct SourceView {
    /// Under the name that the repository had when it was saved.
    #[cfg_attr(feature = "schema", schema(format = "uri"))]
    pub repository_url: String,
    /// GitHub's number of the repository. It decides what is built, also after the repository was renamed.
    pub repository_id: u64,
    /// A branch, a tag or a commit; `null` for the repository's default branch.
    pub branch: Option<String>,
    pub context: String,
    pub builder: Builder,
    pub has_dockerfile: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub dockerfile_path: Option<String>,
    /// For developers and owners, and not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub dockerfile_content: Option<String>,
    pub image_tag: ImageTag,
    /// For developers and owners, and not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub build_args: Option<BTreeMap<String, String>>,
    pub submodules: bool,
    pub lfs: bool,
}

/// What makes the image.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Builder {
    /// The Dockerfile at `dockerfile_path` in the repository.
    Dockerfile,
    /// The Dockerfile in `dockerfile_content`.
    PastedDockerfile,
    Buildpacks,
}

/// The newest build of a service.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LastBuild {
    pub build_id: BuildId,
    pub status: Status,
    /// The requested branch, tag or commit.
    pub branch: String,
    pub commit_sha: CommitSha,
    pub created_at: Timestamp,
    /// What requested the build.
    pub trigger: Trigger,
    /// The commit that is built. `null` for builds of earlier releases.
    pub commit: Option<CommitSummary>,
    /// The build starts when another build of the project's owner has ended.
    pub waiting_for_capacity: bool,
    /// A later push has another commit, so the platform has cancelled the build.
    pub superseded: bool,
}

/// A page of a project's services, by name.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServicePage {
    pub services: Vec<ServiceView>,
    /// Number of all services.
    pub total: u32,
    pub limit: u32,
    pub offset: u32,
}

/// How much of a source is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SourceDetail {
    /// Without build arguments and a pasted Dockerfile.
    Summary,
    /// For those who may build it.
    Full,
}

impl ServiceView {
    /// A service of which `record` is saved. `web` is the base URL of GitHub's web pages.
    pub fn new(
        project_id: ProjectId,
        name: ServiceName,
        record: Option<&ServiceRecord>,
        detail: SourceDetail,
        web: &Url,
    ) -> Self {
        let record = record.filter(|record| record.source.is_some());
        let source = record.and_then(|record| record.source.as_ref());
        let previews = source.and_then(|source| source.previews.clone());
        let is_full = source.is_some() && detail == SourceDetail::Full;
        let variables = is_full.then(|| previews.as_ref().map(|it| it.variables.clone()));
        Self {
            project_id,
            name,
            source: source.map(|source| SourceView::new(source, detail, web)),
            build_on_push: source.is_some_and(|source| source.build_on_push.is_some()),
            watch_paths: source.map(|source| source.watch_paths.clone()).unwrap_or_default(),
            automatic_builds: None,
            deploy_on_build: source.is_some_and(|source| source.deploy_on_build),
            automatic_deployments: None,
            use_config_file: source.is_some_and(|source| source.use_config_file),
            config_file: None,
            previews: source.map_or(PreviewMode::Off, SavedSource::preview_mode),
            preview_env_vars: variables.map(Option::unwrap_or_default),
            preview_base_branches: previews.clone().map(|it| it.base_branches).unwrap_or_default(),
            preview_secrets: previews.map(|it| it.secrets).unwrap_or_default(),
            last_build: None,
            deployment_id: None,
            created_at: record.map(|record| whole_seconds(record.created_at)),
            updated_at: record.map(|record| whole_seconds(record.updated_at)),
        }
    }
}

impl SourceView {
    fn new(saved: &SavedSource, detail: SourceDetail, web: &Url) -> Self {
        let spec = &saved.spec;
        let (dockerfile_path, dockerfile_content) = spec.source.dockerfile();
        let is_full = detail == SourceDetail::Full;
        Self {
            repository_url: spec.repository_url(web),
            repository_id: saved.repository_id,
            branch: Some(spec.git_ref.clone()).filter(|git_ref| git_ref != HEAD),
            context: spec.context.clone(),
            builder: match &spec.source {
                Source::DockerfilePath(_) => Builder::Dockerfile,
                Source::DockerfileContent(_) => Builder::PastedDockerfile,
                Source::Buildpacks => Builder::Buildpacks,
            },
            has_dockerfile: dockerfile_path.is_some(),
            dockerfile_path,
            dockerfile_content: dockerfile_content.filter(|_| is_full),
            image_tag: spec.tag.clone(),
            build_args: is_full.then(|| spec.build_args.clone()),
            submodules: spec.submodules,
            lfs: spec.lfs,
        }
    }
}

impl From<BuildView> for LastBuild {
    fn from(build: BuildView) -> Self {
        let BuildView { build_id, status, branch, commit_sha, created_at, .. } = build;
        let BuildView { trigger, commit, waiting_for_capacity, superseded, .. } = build;
        Self {
            build_id,
            status,
            branch,
            commit_sha,
            created_at,
            trigger,
            commit,
            waiting_for_capacity,
            superseded,
        }
    }
}
