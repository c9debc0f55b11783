//! The stored record of a service.

use super::LinkedBy;
use crate::{
    Timestamp, UnknownFields,
    builds::{BuildSpec, HEAD, Source, is_dockerfile_of},
    fields::Fields,
    name::ProjectName,
    previews::{PreviewMode, PreviewSettings},
    pushes::{WatchPath, WatchedPaths},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

/// The fields of a request that say how the image is built. They are one choice.
pub(crate) const DOCKERFILE_FIELDS: [&str; 3] =
    ["has_dockerfile", "dockerfile_path", "dockerfile_content"];

/// What is saved of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    /// `None` after it was removed.
    pub source: Option<SavedSource>,
    /// Names the place that the service holds among the saved ones of its project.
    pub place: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// What a service is built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSource {
    /// With the name that the repository had when it was saved.
    pub spec: BuildSpec,
    /// GitHub's number of the repository, which a rename does not change.
    pub repository_id: u64,
    /// Who switched on that pushes build it; `None` while pushes build nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_on_push: Option<LinkedBy>,
    /// Which files concern it; without any, those of its context, and its Dockerfile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watch_paths: Vec<WatchPath>,
    /// Whether the builds that pushes start are deployed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deploy_on_build: bool,
    /// Whether the configuration file of the branch says how it is built and deployed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub use_config_file: bool,
    /// What is done for pull requests; `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previews: Option<PreviewSettings>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

/// A source that is about to be saved.
pub struct NewSavedSource {
    pub spec: BuildSpec,
    pub repository_id: u64,
    pub build_on_push: Option<LinkedBy>,
    pub watch_paths: Vec<WatchPath>,
    pub deploy_on_build: bool,
    pub use_config_file: bool,
    pub previews: Option<PreviewSettings>,
}

impl ServiceRecord {
    /// The record after a source was saved, under a `place`. `previous` is the record before.
    #[must_use]
    pub fn with_source(
        previous: Option<Self>,
        source: NewSavedSource,
        place: u64,
        now: Timestamp,
    ) -> Self {
        let unknown_fields = previous.as_ref().map(|record| record.unknown_fields.clone());
        let saved = previous.and_then(|record| Some((record.source?, record.created_at)));
        let (saved, created_at) = match saved {
            Some((saved, created_at)) => (Some(saved), created_at),
            None => (None, now),
        };
        Self {
            source: Some(SavedSource::new(source, saved)),
            place,
            created_at,
            updated_at: now,
            unknown_fields: unknown_fields.unwrap_or_default(),
        }
    }
}

impl SavedSource {
    /// What is saved in place of `previous`.
    fn new(source: NewSavedSource, previous: Option<Self>) -> Self {
        let NewSavedSource { spec, repository_id, build_on_push, watch_paths, .. } = source;
        let NewSavedSource { deploy_on_build, use_config_file, previews, .. } = source;
        let (unknown_fields, earlier) = match previous {
            Some(previous) => (previous.unknown_fields, previous.previews),
            None => (UnknownFields::default(), None),
        };
        let unknown_of_previews = earlier.map(|earlier| earlier.unknown_fields).unwrap_or_default();
        let previews =
            previews.map(|it| PreviewSettings { unknown_fields: unknown_of_previews, ..it });
        Self {
            spec,
            repository_id,
            build_on_push,
            watch_paths,
            deploy_on_build,
            use_config_file,
            previews,
            unknown_fields,
        }
    }

    /// Adds the saved fields to those of a request that has no `repository_url`. What the request has wins, be it
    /// `null`.
    pub fn complete(&self, fields: &mut Fields, web: &Url) {
        complete_source(&self.spec, fields, web);
    }

    /// As [`Self::complete`], for a change of what is saved.
    pub fn complete_change(&self, fields: &mut Fields, web: &Url) {
        self.complete(fields, web);
        fields.add_absent("build_on_push", json!(self.build_on_push.is_some()));
        fields.add_absent("watch_paths", json!(self.watch_paths));
        // The other switches need that one.
        if fields.peek("build_on_push") == Some(true) {
            fields.add_absent("deploy_on_build", json!(self.deploy_on_build));
            fields.add_absent("use_config_file", json!(self.use_config_file));
            fields.add_absent("previews", json!(self.preview_mode()));
        }
        let mode = fields.peek("previews").unwrap_or(PreviewMode::Off);
        if let Some(previews) = self.previews.as_ref().filter(|_| mode != PreviewMode::Off) {
            fields.add_absent("preview_base_branches", json!(previews.base_branches));
            fields.add_absent("preview_env_vars", json!(previews.variables));
            fields.add_absent("preview_secrets", json!(previews.secrets));
        }
    }

    pub fn preview_mode(&self) -> PreviewMode {
        self.previews.as_ref().map_or(PreviewMode::Off, |previews| previews.mode)
    }

    /// The branch that is built; `None` for the default branch of the repository.
    pub fn branch(&self) -> Option<&str> {
        Some(self.spec.git_ref.as_str()).filter(|git_ref| *git_ref != HEAD)
    }

    /// The files whose change affects it.
    pub fn watched(&self) -> WatchedPaths {
        WatchedPaths::new(&self.watch_paths, &self.spec)
    }

    /// As [`Self::complete`], for a request to build the service.
    pub fn complete_build(&self, fields: &mut Fields, project: &ProjectName, web: &Url) {
        self.complete(fields, web);
        fields.add_absent("image_name", json!(project));
    }
}

/// See [`SavedSource::complete`].
pub(super) fn complete_source(spec: &BuildSpec, fields: &mut Fields, web: &Url) {
    if !DOCKERFILE_FIELDS.iter().any(|field| fields.has(field)) {
        match &spec.source {
            // With another context, it is the Dockerfile there.
            Source::DockerfilePath(path) if is_dockerfile_of(&spec.context, path) => {
                fields.add_absent("has_dockerfile", json!(true));
            }
            Source::DockerfilePath(path) => fields.add_absent("dockerfile_path", json!(path)),
            Source::DockerfileContent(text) => {
                fields.add_absent("dockerfile_content", json!(text));
            }
            Source::Buildpacks => {}
        }
    }
    if spec.git_ref != HEAD {
        fields.add_absent("branch", json!(spec.git_ref));
    }
    fields.add_absent("repository_url", json!(spec.repository_url(web)));
    fields.add_absent("context", json!(spec.context));
    fields.add_absent("image_tag", json!(spec.tag));
    fields.add_absent("build_args", Value::from_iter(spec.build_args.clone()));
    fields.add_absent("submodules", json!(spec.submodules));
    fields.add_absent("lfs", json!(spec.lfs));
}
