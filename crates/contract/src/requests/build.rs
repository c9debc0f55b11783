//! `POST /api/v1/builds`

use nokube_domain::{ProjectId, image::ImageTag, name::ServiceName};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A request to build an image.
#[derive(ToSchema)]
pub struct NewBuild {
    pub project_id: ProjectId,
    /// `https://github.com/OWNER/REPOSITORY`. A private repository needs no credentials: if you can read it,
    /// the platform's GitHub App reads it.
    #[schema(format = "uri", max_length = 300)]
    pub repository_url: String,
    pub service_name: ServiceName,
    /// The project's name, or `PROJECT-SERVICE`.
    #[schema(max_length = 81)]
    pub image_name: String,
    /// A branch, a tag or a commit.
    #[schema(default = "main", min_length = 1, max_length = 255)]
    pub branch: Option<String>,
    /// The build context: a directory in the repository.
    #[schema(default = ".", min_length = 1, max_length = 512)]
    pub context: Option<String>,
    /// Whether to build with a Dockerfile from the repository.
    #[schema(default = false)]
    pub has_dockerfile: Option<bool>,
    /// The path of the Dockerfile in the repository.
    #[schema(default = "Dockerfile", min_length = 1, max_length = 512)]
    pub dockerfile_path: Option<String>,
    /// A Dockerfile to use if the repository has none (`has_dockerfile` is false). Without any Dockerfile,
    /// the image is built with buildpacks.
    #[schema(max_length = 60000)]
    pub dockerfile_content: Option<String>,
    /// The tag of the image. Builds and deployments refer to the image by its digest.
    #[schema(default = "latest")]
    pub image_tag: Option<ImageTag>,
    /// Docker build arguments. They must not contain secrets, because they are stored in the image's history.
    #[schema(default = json!({}))]
    pub build_args: Option<BTreeMap<String, String>>,
    /// If given, it must be the name of the project.
    #[schema(max_length = 40)]
    pub project_name: Option<String>,
}
