//! A build in the words of the request that makes it again.

use super::{BuildRecord, Source};
use crate::{ProjectId, image::ImageTag, name::ServiceName};
use serde::Serialize;
use std::collections::BTreeMap;
use url::Url;

/// What was asked for, as `POST /api/v1/builds` takes it.
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
    /// `web` is the GitHub that people see.
    pub fn of(record: &BuildRecord, web: &Url) -> Self {
        let asked = &record.asked;
        let (dockerfile_path, dockerfile_content) = match &asked.source {
            Source::DockerfileAt(path) => (Some(path.clone()), None),
            Source::DockerfileGiven(content) => (None, Some(content.clone())),
            Source::Buildpacks => (None, None),
        };
        Self {
            project_id: record.id.project,
            repository_url: format!("{}/{}", web.as_str().trim_end_matches('/'), asked.repository),
            service_name: asked.service.clone(),
            image_name: format!("{}-{}", record.project, asked.service),
            branch: asked.git_ref.clone(),
            context: asked.context.clone(),
            has_dockerfile: dockerfile_path.is_some(),
            dockerfile_path,
            dockerfile_content,
            image_tag: asked.tag.clone(),
            build_args: asked.build_args.clone(),
        }
    }
}
