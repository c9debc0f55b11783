//! The labels and fixed names by which the platform recognizes its own objects in the cluster.

/// Prefix of the platform's own labels and annotations.
pub const LABEL_PREFIX: &str = "nokube.dev/";
/// The owner's [`nokube_domain::Person::key`].
pub const OWNER_LABEL: &str = "nokube.dev/owner";
pub const PROJECT_LABEL: &str = "nokube.dev/project";
pub const DEPLOYMENT_LABEL: &str = "nokube.dev/deployment";
/// On a Deployment: the revision that was last applied to it.
pub const REVISION_ANNOTATION: &str = "nokube.dev/revision";

/// The platform's field manager in server-side apply.
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers>
pub const FIELD_MANAGER: &str = "nokube";

/// The name of the container that runs the service's image.
pub const CONTAINER_NAME: &str = "app";
