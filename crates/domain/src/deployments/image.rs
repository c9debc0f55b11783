//! Which image a deployment runs, and which images a project may use.
//!
//! An image in the platform's own registry namespace must be a build of the same project and is pinned
//! by digest. All other images are external and are never pulled with the platform's pull secret.

use super::{
    external_images::ExternalImages,
    image_ref::{ImageRef, canonical_host},
};
use crate::{
    BuildId, DeploymentId,
    builds::{BuildView, Status},
    image::{Digest, Registry},
    name::ServiceName,
    problem::Problem,
    projects::Project,
};
use serde::{Deserialize, Serialize};

/// The image of a deployment request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// The image of a build. If a name is given too, it must match.
    Build {
        build: BuildId,
        name: Option<ImageRef>,
    },
    Named(ImageRef),
    /// That of the newest release of another deployment.
    ReleaseOf(DeploymentId),
}

/// The image of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedImage {
    /// The name that is shown, with its tag.
    pub name: ImageRef,
    /// The digest that runs, even if the tag is moved later.
    pub digest: Option<Digest>,
    /// The build that made the image, if it was built on this platform.
    pub build: Option<BuildId>,
}

impl ResolvedImage {
    /// The reference in the pod template.
    pub fn reference(&self) -> String {
        match &self.digest {
            Some(digest) => format!("{}@{digest}", self.name.repository()),
            None => self.name.to_string(),
        }
    }

    /// True if the image was built on this platform. It is then pulled with the platform's pull secret at
    /// every start; otherwise a node's cache would provide it to projects that have no access to it.
    pub fn is_built_here(&self) -> bool {
        self.build.is_some()
    }

    /// An image that was not built on this platform.
    pub fn external(name: ImageRef) -> Self {
        Self { digest: name.digest().cloned(), name, build: None }
    }

    /// The image of a build, for a deployment in `project`.
    ///
    /// # Errors
    /// The build belongs to another project or is for a pull request, has no image, or has another image than `requested`.
    pub fn from_build(
        build: &BuildView,
        requested: Option<&ImageRef>,
        project: &Project,
    ) -> Result<Self, Problem> {
        let rejected = |detail: &str| Problem::invalid_field("build_id", detail);
        if build.project_id != project.id {
            let detail = format!("is a build of another project, not of '{}'", project.name);
            return Err(rejected(&detail));
        }
        if let Some(number) = build.pull_request {
            let detail =
                format!("is the build of pull request {number}, which is for previews only");
            return Err(rejected(&detail));
        }
        let image = Self::of_build(build)?;
        if let Some(requested) = requested {
            let digest = requested.digest();
            let is_same_digest = digest.is_none() || digest == image.digest.as_ref();
            if requested.repository() != image.name.repository() || !is_same_digest {
                let detail = format!("must be the build's image, {}", build.image_full_name);
                return Err(Problem::invalid_field("image_name", detail));
            }
        }
        Ok(image)
    }

    /// The image of a build, whatever it is for. Where this is used, it was decided before that it may be deployed.
    ///
    /// # Errors
    /// The build has no image.
    pub fn of_build(build: &BuildView) -> Result<Self, Problem> {
        let rejected = |detail: &str| Problem::invalid_field("build_id", detail);
        let digest = match (build.status, &build.image_digest) {
            (Status::Success, Some(digest)) => Ok(digest.clone()),
            (Status::Success, None) => Err(
                "has succeeded, but the registry does not show its image yet; try again in a moment",
            ),
            (Status::Pending | Status::Building, _) => {
                Err("has not ended yet; deploy it when it has")
            }
            (Status::Failed | Status::Cancelled, _) => {
                Err("made no image: it failed or was cancelled")
            }
        };
        let digest = digest.map_err(rejected)?;
        let name = build.image_full_name.parse::<ImageRef>();
        let name = name.map_err(|_| rejected("made an image whose name cannot be read"))?;
        Ok(Self { name, digest: Some(digest), build: Some(build.build_id) })
    }
}

/// Which images a project may use.
#[derive(Clone, Debug)]
pub struct ImagePolicy {
    pub registry: Registry,
    pub external: ExternalImages,
}

/// Where an image comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageOrigin {
    /// The project's own repository; one of its builds must have made the image.
    Project,
    External,
}

impl ImagePolicy {
    /// Where the image comes from, if `project` may use it.
    ///
    /// # Errors
    /// The image belongs to another project of the platform, or the operator does not allow it.
    pub fn origin(&self, name: &ImageRef, project: &Project) -> Result<ImageOrigin, Problem> {
        let reject = |detail: &str| Err(Problem::invalid_field("image_name", detail));
        let repository = name.repository();
        // The operator may have set the registry's host in another spelling.
        let host = self.registry.host();
        let in_own_spelling = match repository.split_once('/') {
            Some((of, path)) if canonical_host(host).is_some_and(|host| host == of) => {
                format!("{host}/{path}")
            }
            _ => repository.clone(),
        };
        if self.registry.contains(&in_own_spelling) {
            let prefix = self.registry.project_prefix(&project.owner, &project.name);
            let service = in_own_spelling.strip_prefix(&prefix).map(str::parse::<ServiceName>);
            return match service {
                Some(Ok(_)) => Ok(ImageOrigin::Project),
                _ => reject("is not an image of this project: build it here first"),
            };
        }
        match self.external.check(name) {
            Ok(()) => Ok(ImageOrigin::External),
            Err(detail) => reject(&detail),
        }
    }
}
