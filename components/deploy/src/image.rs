//! Finds the image that a request names, and checks that it may run in the project. Builds are read from
//! the component `builds` with the caller's own credentials, so that one component decides who may see
//! them.

use crate::settings::Settings;
use http::StatusCode;
use nokube_domain::{
    BuildId, Problem, ProblemKind, ProjectId,
    builds::{BuildView, Status},
    deployments::{ImageOrigin, ImageRef, ImageSource, Release, ResolvedImage},
    name::ServiceName,
    projects::Project,
    responses::BuildCursorPage,
};
use nokube_edge::{Call, Error, Result, chaining, store::Store};
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(12);
/// How many pages of a project's successful builds are searched for an image.
const MAX_PAGES: usize = 5;

/// `promoted`: the image of the release that the request promotes.
///
/// # Errors
/// 422 if the caller may not see the build, it has no image, or the image may not run in this project.
pub async fn resolve(
    call: &Call,
    store: &Store,
    settings: &Settings,
    (source, promoted): (&ImageSource, Option<&ResolvedImage>),
    project: &Project,
) -> Result<ResolvedImage> {
    match source {
        ImageSource::ReleaseOf(_) => {
            let missing = || Error::internal("find the image", "the release was not loaded");
            promoted.cloned().ok_or_else(missing)
        }
        ImageSource::Build { build, name } => {
            let found = get::<BuildView>(call, &format!("/api/v1/builds/{build}")).await?;
            let not_found = || Problem::invalid_field("build_id", "is no build of yours");
            let build = found.ok_or_else(not_found)?;
            let image = ResolvedImage::from_build(&build, name.as_ref(), project)?;
            origin(store, settings, &image.name, project).await?;
            Ok(image)
        }
        ImageSource::Named(name) => match origin(store, settings, name, project).await? {
            ImageOrigin::External => Ok(ResolvedImage::external(name.clone())),
            ImageOrigin::Project => find_build_of_image(call, name, project).await,
        },
    }
}

/// Where the image comes from. What an installation of an earlier release allows is looked up only for images that a
/// new one does not allow.
///
/// # Errors
/// 422 if the project may not use the image.
pub async fn origin(
    store: &Store,
    settings: &Settings,
    name: &ImageRef,
    project: &Project,
) -> Result<ImageOrigin> {
    let origin = settings.images.origin(name, project);
    match (&origin, &settings.images_of_earlier_release) {
        (Err(_), Some(policy)) if store.is_of_earlier_release().await? => {
            Ok(policy.origin(name, project)?)
        }
        _ => Ok(origin?),
    }
}

/// Checks that the image of a release may still run in the project, because the operator's settings may have changed
/// since it was deployed. A build that was promoted is another project's, and was allowed then.
///
/// # Errors
/// 422 if the project may not use the image.
pub async fn check_release(
    store: &Store,
    settings: &Settings,
    release: &Release,
    project: &Project,
) -> Result<()> {
    if release.promoted_from.is_some() && release.image.is_built_here() {
        return Ok(());
    }
    origin(store, settings, &release.image.name, project).await.map(|_| ())
}

/// The newest successful build of the project that pushed this image.
async fn find_build_of_image(
    call: &Call,
    name: &ImageRef,
    project: &Project,
) -> Result<ResolvedImage> {
    let is_same = |build: &BuildView| {
        build.image_full_name.parse::<ImageRef>().is_ok_and(|built| match name.digest() {
            Some(digest) => {
                built.repository() == name.repository()
                    && build.image_digest.as_ref() == Some(digest)
            }
            None => built == *name,
        })
    };
    match find_build(call, project.id, is_same).await? {
        Some(build) => Ok(ResolvedImage::from_build(&build, None, project)?),
        None => {
            let detail = "was made by no successful build of this project";
            Err(Problem::invalid_field("image_name", detail).into())
        }
    }
}

/// What the component `builds` says about a service.
#[derive(Deserialize)]
struct Service {
    last_build: Option<LastBuild>,
}

#[derive(Deserialize)]
struct LastBuild {
    build_id: BuildId,
    status: Status,
}

/// The newest build of a service that has succeeded.
///
/// # Errors
/// 422 if there is none.
pub async fn newest_build(
    call: &Call,
    project: ProjectId,
    service: &ServiceName,
) -> Result<BuildId> {
    let path = format!("/api/v1/projects/{project}/services/{service}");
    let newest = get::<Service>(call, &path).await?.and_then(|service| service.last_build);
    if let Some(LastBuild { build_id, status }) = newest {
        let status = match status {
            // It may have ended since it was last read.
            Status::Pending | Status::Building => {
                let build = get::<BuildView>(call, &format!("/api/v1/builds/{build_id}")).await?;
                build.map_or(status, |build| build.status)
            }
            status => status,
        };
        if status == Status::Success {
            return Ok(build_id);
        }
        let found = find_build(call, project, |build| build.service_name == service.as_str());
        if let Some(build) = found.await? {
            return Ok(build.build_id);
        }
    }
    let detail = "no build of this service has succeeded yet; build it first";
    Err(Problem::invalid_field("build_id", detail).into())
}

/// The newest successful build of a project that `is_wanted`.
async fn find_build(
    call: &Call,
    project: ProjectId,
    is_wanted: impl Fn(&BuildView) -> bool,
) -> Result<Option<BuildView>> {
    let mut next = String::new();
    for _ in 0..MAX_PAGES {
        let path = format!("/api/v1/projects/{project}/builds?status=success&limit=200{next}");
        let Some(page) = get::<BuildCursorPage>(call, &path).await? else { break };
        let mut builds = page.builds.into_iter();
        // Those of pull requests are for previews only.
        let found = builds.find(|build| build.pull_request.is_none() && is_wanted(build));
        if let Some(build) = found {
            return Ok(Some(build));
        }
        match page.next {
            Some(position) => next = format!("&next={position}"),
            None => break,
        }
    }
    Ok(None)
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
