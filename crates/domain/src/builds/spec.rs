//! What is to be built: the request, the stored specification, what the workflow gets of it, and the request
//! that reproduces the build.

use super::{
    BuildRecord,
    checks::{Directory, FilePath, GitRef, check_build_args, check_names, source},
};
use crate::{
    ProjectId,
    fields::Fields,
    image::ImageTag,
    name::{ProjectName, ServiceName},
    problem::Problem,
    repository::Repository,
    request,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

request! {
    /// A request to build an image.
    pub struct NewBuild {
        project_id: ProjectId, required;
        /// `https://github.com/OWNER/REPOSITORY`. A private repository needs no credentials: if you can read it,
        /// the platform's GitHub App reads it.
        #[schema(format = "uri", max_length = 300_usize)]
        repository_url: String, required;
        service_name: ServiceName, required;
        /// The project's name, or `PROJECT-SERVICE`.
        #[schema(max_length = 81_usize)]
        image_name: String, required;
        /// A branch, a tag or a commit; without it, the repository's default branch.
        branch: GitRef, empty_is_absent;
        /// The build context: a directory in the repository, relative to the repository's root.
        context: Directory = ".";
        /// Whether to build with a Dockerfile from the repository. `dockerfile_path` implies it.
        has_dockerfile: bool;
        /// The path of the Dockerfile, relative to the repository's root and not to `context`. If it is absent and
        /// `has_dockerfile` is true, it is `Dockerfile` in `context`.
        dockerfile_path: FilePath;
        /// A Dockerfile to use if the repository has none. Without any Dockerfile, the image is built with
        /// buildpacks.
        #[schema(max_length = super::checks::MAX_TEXT_BYTES)]
        dockerfile_content: String;
        /// The tag of the image. Builds and deployments refer to the image by its digest.
        image_tag: ImageTag = "latest";
        /// Docker build arguments; buildpacks get them as environment variables. They must not contain secrets,
        /// because they are stored in the image's history.
        build_args: BTreeMap<String, String> = json!({});
        /// Whether to fetch the repository's Git submodules, recursively. They must be public. A build without them
        /// warns if there are any.
        submodules: bool = false;
        /// Whether to fetch the files that are in Git LFS. A build without them gets their pointers, and warns.
        lfs: bool = false;
        /// If given, it must be the name of the project.
        #[schema(max_length = 40_usize)]
        project_name: String;
    }
}

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
        let checked = Self::check(request, &mut fields, web);
        fields.finish(checked)
    }

    fn check(request: NewBuild, fields: &mut Fields, web: &Url) -> Option<Self> {
        let url = request.repository_url.as_deref();
        let repository = url.and_then(|url| {
            fields.parse("repository_url", url, |url| Repository::from_url(url, web))
        });
        let source = source(fields, &request);
        if let Some(args) = &request.build_args {
            check_build_args(fields, args, source.as_ref());
        }
        Some(Self {
            repository: repository?,
            git_ref: request.branch.map_or_else(|| HEAD.to_owned(), |branch| branch.to_string()),
            context: request.context?.to_string(),
            source: source?,
            service: request.service_name?,
            tag: request.image_tag?,
            build_args: request.build_args?,
            submodules: request.submodules?,
            lfs: request.lfs?,
        })
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
        let (dockerfile_path, dockerfile_content) = match &spec.source {
            Source::DockerfilePath(path) => (Some(path.clone()), None),
            Source::DockerfileContent(content) => (None, Some(content.clone())),
            Source::Buildpacks => (None, None),
        };
        Self {
            project_id: record.id.project,
            repository_url: format!("{}/{}", web.as_str().trim_end_matches('/'), spec.repository),
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
