//! What is to be built: the stored specification, what the workflow gets of it, and the request that reproduces the
//! build.

use super::{
    BuildRecord, NewBuild, NewSource,
    checks::{check_build_args, check_names, source},
};
use crate::{
    ProjectId,
    fields::Fields,
    image::ImageTag,
    name::{ProjectName, ServiceName},
    problem::Problem,
    repository::Repository,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// Git's name for a repository's default branch, whatever it is called.
pub const HEAD: &str = "HEAD";

/// How the image is built from the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// With the Dockerfile at this path in the repository.
    #[serde(rename = "dockerfile_at")]
    DockerfilePath(String),
    /// With a Dockerfile from the request: its content.
    #[serde(rename = "dockerfile_given")]
    DockerfileContent(String),
    /// With buildpacks.
    Buildpacks,
}

impl Source {
    /// The fields `dockerfile_path` and `dockerfile_content` of a request.
    pub fn dockerfile(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::DockerfilePath(path) => (Some(path.clone()), None),
            Self::DockerfileContent(content) => (None, Some(content.clone())),
            Self::Buildpacks => (None, None),
        }
    }
}

/// A validated build request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSpec {
    pub repository: Repository,
    /// The requested branch, tag or commit; without one [`HEAD`], until the default branch is known.
    pub git_ref: String,
    /// The directory in the repository that is built.
    pub context: String,
    pub source: Source,
    pub service: ServiceName,
    pub tag: ImageTag,
    pub build_args: BTreeMap<String, String>,
    /// Whether Git submodules are fetched.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub submodules: bool,
    /// Whether the files in Git LFS are fetched.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lfs: bool,
}

impl BuildSpec {
    /// Checks what concerns several fields, and the names against the project. Without a project, `fields`
    /// has an error already, and only further errors are collected. `web` is the base URL of GitHub's web
    /// pages.
    ///
    /// # Errors
    /// All invalid fields.
    pub fn new(
        request: NewBuild,
        mut fields: Fields,
        project: Option<&ProjectName>,
        web: &Url,
    ) -> Result<Self, Problem> {
        if let Some(project) = project {
            check_names(&mut fields, &request, project);
        }
        let checked = Self::check(request.source, request.service_name, &mut fields, web);
        fields.finish(checked)
    }

    /// As [`Self::new`], of a source that is saved for a service. Without a service, `fields` has an error already.
    ///
    /// # Errors
    /// All invalid fields.
    pub fn saved(
        source: NewSource,
        service: Option<ServiceName>,
        mut fields: Fields,
        web: &Url,
    ) -> Result<Self, Problem> {
        let checked = Self::check(source, service, &mut fields, web);
        fields.finish(checked)
    }

    fn check(
        new: NewSource,
        service: Option<ServiceName>,
        fields: &mut Fields,
        web: &Url,
    ) -> Option<Self> {
        let url = new.repository_url.as_deref();
        let repository = url.and_then(|url| {
            fields.parse("repository_url", url, |url| Repository::from_url(url, web))
        });
        let source = source(fields, &new);
        if let Some(args) = &new.build_args {
            check_build_args(fields, args, source.as_ref());
        }
        Some(Self {
            repository: repository?,
            git_ref: new.branch.map_or_else(|| HEAD.to_owned(), |branch| branch.to_string()),
            context: new.context?.to_string(),
            source: source?,
            service: service?,
            tag: new.image_tag?,
            build_args: new.build_args?,
            submodules: new.submodules?,
            lfs: new.lfs?,
        })
    }

    /// The URL of the repository's page.
    pub fn repository_url(&self, web: &Url) -> String {
        format!("{}/{}", web.as_str().trim_end_matches('/'), self.repository)
    }

    /// The inputs of the builder's workflow that say what to build.
    pub fn workflow_inputs(&self) -> [(&'static str, String); 6] {
        let (path, content) = match &self.source {
            Source::DockerfilePath(path) => (path.as_str(), ""),
            Source::DockerfileContent(content) => ("", content.as_str()),
            Source::Buildpacks => ("", ""),
        };
        [
            ("repository", self.repository.to_string()),
            ("context", self.context.clone()),
            ("dockerfile_path", path.to_owned()),
            ("dockerfile_content", content.to_owned()),
            ("build_args", Value::from_iter(self.build_args.clone()).to_string()),
            ("tag", self.tag.to_string()),
        ]
    }
}

/// The request of a build, in the form that `POST /api/v1/builds` accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildRequest {
    pub project_id: ProjectId,
    #[cfg_attr(feature = "schema", schema(format = "uri"))]
    pub repository_url: String,
    pub service_name: ServiceName,
    pub image_name: String,
    pub branch: String,
    pub context: String,
    pub has_dockerfile: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub dockerfile_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub dockerfile_content: Option<String>,
    pub image_tag: ImageTag,
    pub build_args: BTreeMap<String, String>,
    pub submodules: bool,
    pub lfs: bool,
}

impl BuildRequest {
    /// `web` is the base URL of GitHub's web pages.
    pub fn from_record(record: &BuildRecord, web: &Url) -> Self {
        let spec = &record.spec;
        let (dockerfile_path, dockerfile_content) = spec.source.dockerfile();
        Self {
            project_id: record.id.project,
            repository_url: spec.repository_url(web),
            service_name: spec.service.clone(),
            image_name: format!("{}-{}", record.project, spec.service),
            branch: spec.git_ref.clone(),
            context: spec.context.clone(),
            has_dockerfile: dockerfile_path.is_some(),
            dockerfile_path,
            dockerfile_content,
            image_tag: spec.tag.clone(),
            build_args: spec.build_args.clone(),
            submodules: spec.submodules,
            lfs: spec.lfs,
        }
    }
}
