//! The request that reproduces a build.

use super::{BuildRecord, Source};
use crate::{ProjectId, image::ImageTag, name::ServiceName};
use serde::Serialize;
use std::collections::BTreeMap;
use url::Url;

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
        }
    }
}
