//! The fields of requests about builds: of a build, and of the source of a service.

use super::checks::{Directory, FilePath, GitRef};
use crate::{ProjectId, fields::Fields, image::ImageTag, name::ServiceName, request};
use serde_json::json;
use std::collections::BTreeMap;

request! {
    /// What a service is built from, and how.
    pub struct NewSource {
        /// `https://github.com/OWNER/REPOSITORY`. A private repository needs no credentials: if you can read it,
        /// the platform's GitHub App reads it.
        #[schema(format = "uri", max_length = 300_usize)]
        repository_url: String, required;
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
    }
}

request! {
    /// The image that a build is for.
    pub struct BuildTarget {
        project_id: ProjectId, required;
        service_name: ServiceName, required;
        /// The project's name, or `PROJECT-SERVICE`.
        #[schema(max_length = 81_usize)]
        image_name: String, required;
        /// If given, it must be the name of the project.
        #[schema(max_length = 40_usize)]
        project_name: String;
    }
}

/// A request to build an image.
pub struct NewBuild {
    pub project_id: Option<ProjectId>,
    pub service_name: Option<ServiceName>,
    pub image_name: Option<String>,
    pub project_name: Option<String>,
    pub source: NewSource,
}

impl NewBuild {
    /// Takes the fields. Each invalid one is an error.
    pub fn read(fields: &mut Fields) -> Self {
        let source = NewSource::read(fields);
        let BuildTarget { project_id, service_name, image_name, project_name } =
            BuildTarget::read(fields);
        Self { project_id, service_name, image_name, project_name, source }
    }
}

#[cfg(feature = "schema")]
mod schema {
    use super::{BuildTarget, NewBuild, NewSource};
    use crate::schema::{FieldDescription, FieldSchema, Schemas, object};
    use std::borrow::Cow;
    use utoipa::{PartialSchema, ToSchema};

    /// Required only if the service has no saved source.
    const SAVED: [&str; 2] = ["repository_url", "image_name"];

    impl PartialSchema for NewBuild {
        fn schema() -> FieldSchema {
            let fields = BuildTarget::descriptions().into_iter().chain(NewSource::descriptions());
            let fields = fields.map(|field| FieldDescription {
                is_required: field.is_required && !SAVED.contains(&field.name),
                ..field
            });
            let docs = [
                "A request to build an image. Without `repository_url`, the source that is saved for the service is \
                 built, and `image_name` may be left out too. A field that is sent then replaces what is saved, for \
                 this build only; `null` stands for its default. The fields about the Dockerfile are one choice: if \
                 one of them is sent, none is taken from what is saved. With `repository_url` nothing is taken from \
                 it.",
            ];
            object(&docs, fields.collect())
        }
    }

    impl ToSchema for NewBuild {
        fn name() -> Cow<'static, str> {
            "NewBuild".into()
        }

        fn schemas(schemas: &mut Schemas) {
            BuildTarget::schemas(schemas);
            NewSource::schemas(schemas);
        }
    }
}
