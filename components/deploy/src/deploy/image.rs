//! Which image is meant, and may it run here? The component `builds` is asked with the caller's own
//! credentials: one rule of access, one way to learn how a build went.

use http::{Request, StatusCode};
use nokube_domain::{
    BuildId, Problem, ProblemKind,
    build::BuildView,
    deploy::{ImageAsked, ImageName, ImagePolicy, ImageUsed, Origin},
    project::Project,
};
use nokube_edge::{
    Call, Failure, Result,
    outbound::{self, Timeouts},
};
use serde::Deserialize;
use std::time::Duration;

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    idle: Duration::from_secs(10),
    total: Duration::from_secs(12),
};
/// Pages of a project's successful builds that are searched for an image's name.
const PAGES: usize = 5;

/// # Errors
/// The build is not the caller's or made no image; the image may not run in this project.
pub async fn resolve(
    call: &Call,
    policy: &ImagePolicy,
    asked: &ImageAsked,
    project: &Project,
) -> Result<ImageUsed> {
    match asked {
        ImageAsked::Build { build, name } => {
            let build = ask_build(call, *build).await?;
            let used = ImageUsed::of_build(&build, name.as_ref(), project)?;
            policy.origin(&used.name, project)?;
            Ok(used)
        }
        ImageAsked::Named(name) => match policy.origin(name, project)? {
            Origin::Foreign => Ok(ImageUsed::foreign(name.clone())),
            Origin::OfProject => search(call, name, project).await,
        },
    }
}

async fn ask_build(call: &Call, build: BuildId) -> Result<BuildView> {
    match ask(call, &format!("/api/v1/builds/{build}")).await? {
        Some(view) => Ok(view),
        None => Err(Problem::field("build_id", "is no build of yours").into()),
    }
}

#[derive(Deserialize)]
struct Builds {
    builds: Vec<BuildView>,
    next: Option<String>,
}

/// The newest successful build that made the image of this name.
async fn search(call: &Call, name: &ImageName, project: &Project) -> Result<ImageUsed> {
    let mut next = String::new();
    for _ in 0..PAGES {
        let path = format!("/api/v1/projects/{}/builds?status=success&limit=200{next}", project.id);
        let Some(page) = ask::<Builds>(call, &path).await? else { break };
        for build in &page.builds {
            let made = build.image_full_name.parse::<ImageName>();
            let digest = name.digest();
            let same = made.is_ok_and(|made| match digest {
                Some(digest) => {
                    made.repository() == name.repository()
                        && build.image_digest.as_ref() == Some(digest)
                }
                None => made == *name,
            });
            if same {
                return Ok(ImageUsed::of_build(build, None, project)?);
            }
        }
        match page.next {
            Some(more) => next = format!("&next={more}"),
            None => break,
        }
    }
    Err(Problem::field("image_name", "was made by no successful build of this project").into())
}

/// Asks `builds` as the caller; `None` for what is not there for them.
async fn ask<T: for<'a> Deserialize<'a>>(call: &Call, path: &str) -> Result<Option<T>> {
    let mut request = Request::builder().uri(format!("http://builds.spin.internal{path}"));
    for name in ["authorization", "cookie"] {
        if let Some(value) = call.header(name) {
            request = request.header(name, value);
        }
    }
    let request = request.body(Vec::new());
    let request = request.map_err(|error| Failure::internal("ask builds", error))?;
    let answer = outbound::send(request, TIMEOUTS)
        .await
        .map_err(|error| error.of("The builds' component"))?;
    match answer.status() {
        StatusCode::OK => match serde_json::from_slice(answer.body()) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(Failure::internal("read a build", error)),
        },
        StatusCode::NOT_FOUND => Ok(None),
        status => {
            let detail =
                format!("The build cannot be read now (status {}). Try again.", status.as_u16());
            Err(Failure::problem(ProblemKind::UpstreamUnavailable, detail))
        }
    }
}
