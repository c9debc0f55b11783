//! `POST /api/v1/builds`

use nokube_domain::{ProjectId, image::ImageTag, name::ServiceName};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A build that is asked for.
#[derive(ToSchema)]
pub struct NewBuild {
    pub project_id: ProjectId,
    /// `https://github.com/OWNER/REPOSITORY`. A private repository needs no credentials here: it is
    /// read through the platform's GitHub App, if you may read it.
    #[schema(format = "uri", max_length = 300)]
    pub repository_url: String,
    pub service_name: ServiceName,
    /// The project's name, or `PROJECT-SERVICE`.
    #[schema(max_length = 81)]
    pub image_name: String,
    /// A branch, a tag or a commit.
    #[schema(default = "main", min_length = 1, max_length = 255)]
    pub branch: Option<String>,
    /// The directory of the repository that is built.
    #[schema(default = ".", min_length = 1, max_length = 512)]
    pub context: Option<String>,
    /// Is there a Dockerfile in the repository to build by?
    #[schema(default = false)]
    pub has_dockerfile: Option<bool>,
    /// Where it is.
    #[schema(default = "Dockerfile", min_length = 1, max_length = 512)]
    pub dockerfile_path: Option<String>,
    /// A Dockerfile to build by, where the repository has none (`has_dockerfile` is false). Without
    /// either, the image is built from source with buildpacks.
    #[schema(max_length = 60000)]
    pub dockerfile_content: Option<String>,
    /// What people call the image; builds and deployments go by its digest.
    #[schema(default = "latest")]
    pub image_tag: Option<ImageTag>,
    /// Docker's build arguments. No secrets: they end up in the image's history.
    #[schema(default = json!({}))]
    pub build_args: Option<BTreeMap<String, String>>,
    /// Checked against the project.
    #[schema(max_length = 40)]
    pub project_name: Option<String>,
}
