//! Finds the image that a request names, and checks that it may run in the project. Builds are read from
//! the component `builds` with the caller's own credentials, so that one component decides who may see
//! them.

use http::StatusCode;
use nokube_domain::{
    Problem, ProblemKind,
    builds::BuildView,
    deployments::{ImageOrigin, ImagePolicy, ImageRef, ImageSource, ResolvedImage},
    projects::Project,
    responses::BuildsByStatus,
};
use nokube_edge::{Call, Error, Result, chaining};
use serde::de::DeserializeOwned;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(12);
/// How many pages of a project's successful builds are searched for an image.
const MAX_PAGES: usize = 5;

/// # Errors
/// 422 if the caller may not see the build, it has no image, or the image may not run in this project.
pub async fn resolve(
    call: &Call,
    policy: &ImagePolicy,
    source: &ImageSource,
    project: &Project,
) -> Result<ResolvedImage> {
    match source {
        ImageSource::Build { build, name } => {
            let found = get::<BuildView>(call, &format!("/api/v1/builds/{build}")).await?;
            let not_found = || Problem::invalid_field("build_id", "is no build of yours");
            let build = found.ok_or_else(not_found)?;
            let image = ResolvedImage::from_build(&build, name.as_ref(), project)?;
            policy.origin(&image.name, project)?;
            Ok(image)
        }
        ImageSource::Named(name) => match policy.origin(name, project)? {
            ImageOrigin::External => Ok(ResolvedImage::external(name.clone())),
            ImageOrigin::Project => find_build_of_image(call, name, project).await,
        },
    }
}

/// The newest successful build of the project that pushed this image.
async fn find_build_of_image(
    call: &Call,
    name: &ImageRef,
    project: &Project,
) -> Result<ResolvedImage> {
    let mut next = String::new();
    for _ in 0..MAX_PAGES {
        let path = format!("/api/v1/projects/{}/builds?status=success&limit=200{next}", project.id);
        let Some(page) = get::<BuildsByStatus>(call, &path).await? else { break };
        for build in &page.builds {
            let built = build.image_full_name.parse::<ImageRef>();
            let is_same = built.is_ok_and(|built| match name.digest() {
                Some(digest) => {
                    built.repository() == name.repository()
                        && build.image_digest.as_ref() == Some(digest)
                }
                None => built == *name,
            });
            if is_same {
                return Ok(ResolvedImage::from_build(build, None, project)?);
            }
        }
        match page.next {
            Some(position) => next = format!("&next={position}"),
            None => break,
        }
    }
    let detail = "was made by no successful build of this project";
    Err(Problem::invalid_field("image_name", detail).into())
}

/// Reads from `builds` as the caller; `None` if there is no such thing.
async fn get<T: DeserializeOwned>(call: &Call, path: &str) -> Result<Option<T>> {
    let unexpected = |status: StatusCode| {
        let detail =
            format!("The build cannot be read now (status {}). Try again.", status.as_u16());
        Error::problem(ProblemKind::UpstreamUnavailable, detail)
    };
    chaining::read_as_caller(call, "builds", path, TIMEOUT, unexpected).await
}
