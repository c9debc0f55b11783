//! Which image runs: named by a build or by itself, and who may run it.
//!
//! An image of the platform's own registry namespace is one of the project's builds, pinned by
//! digest. Any other is foreign, and never gets the platform's pull secret.

use crate::{
    BuildId,
    build::{BuildView, Status},
    image::{Digest, Registry},
    name::ServiceName,
    problem::Problem,
    project::Project,
    text::BadText,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An image reference, `[HOST/]PATH[:TAG][@DIGEST]`, with what Docker leaves out put in: `nginx` is
/// `docker.io/library/nginx:latest`.
///
/// <https://pkg.go.dev/github.com/distribution/reference>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ImageName {
    host: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

const DOCKER_HUB: &str = "docker.io";

/// Longer ones no container runtime takes.
const LONGEST_PATH: usize = 255;

const BAD: BadText = BadText("must be an image such as ghcr.io/owner/image:tag or nginx:1.29");

impl FromStr for ImageName {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        if text.len() > 500 {
            return Err(BAD);
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse()?)),
            None => (text, None),
        };
        // A colon after the last slash begins a tag; one before it a port.
        let cut =
            name.rfind(':').filter(|colon| name.rfind('/').is_none_or(|slash| slash < *colon));
        let (name, tag) = match cut.and_then(|colon| name.split_at_checked(colon)) {
            Some((name, tag)) => (name, tag.strip_prefix(':').map(str::to_owned)),
            None => (name, None),
        };
        let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
        let (host, path) = match name.split_once('/') {
            Some((host, path)) if is_host(host) => (host.to_ascii_lowercase(), path.to_owned()),
            _ => (DOCKER_HUB.to_owned(), name.to_owned()),
        };
        let host = canonical_host(&host).ok_or(BAD)?;
        // Docker Hub's own images may be named without their `library/`.
        let path = match host.as_str() == DOCKER_HUB && !path.contains('/') {
            true => format!("library/{path}"),
            false => path,
        };
        // The registry's own grammar for host and path.
        Registry::new(&host, &path).map_err(|_| BAD)?;
        let lower = path.bytes().all(|b| !b.is_ascii_uppercase());
        if !lower || path.len() > LONGEST_PATH || !tag.as_deref().is_none_or(is_tag) {
            return Err(BAD);
        }
        let tag = tag.or_else(|| digest.is_none().then(|| "latest".into()));
        Ok(Self { host, path, tag, digest })
    }
}

/// One spelling for one registry: a port is a plain number, and the one of HTTPS goes without saying.
/// Otherwise `ghcr.io:0443` would be another registry than `ghcr.io` to us alone.
fn canonical_host(host: &str) -> Option<String> {
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let name = match name {
        "index.docker.io" | "registry-1.docker.io" => DOCKER_HUB,
        name => name,
    };
    match port {
        None | Some("443") => Some(name.to_owned()),
        Some(port) if port.starts_with(|c: char| ('1'..='9').contains(&c)) => {
            Some(format!("{name}:{port}"))
        }
        Some(_) => None,
    }
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`, by the OCI distribution specification.
fn is_tag(tag: &str) -> bool {
    tag.len() <= 128
        && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl TryFrom<String> for ImageName {
    type Error = BadText;

    fn try_from(text: String) -> Result<Self, BadText> {
        text.parse()
    }
}

impl From<ImageName> for String {
    fn from(name: ImageName) -> String {
        name.to_string()
    }
}

impl ImageName {
    /// `{host}/{path}`, without tag and digest.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.host, self.path)
    }

    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }
}

/// What a request says about the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageAsked {
    /// This build's, whose name may be given as well.
    Build {
        build: BuildId,
        name: Option<ImageName>,
    },
    Named(ImageName),
}

/// The image of a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageUsed {
    /// As it is shown, with its tag.
    pub name: ImageName,
    /// What runs, whatever the tag says later.
    pub digest: Option<Digest>,
    /// The build that made it; then it is the platform's own.
    pub build: Option<BuildId>,
}

impl ImageUsed {
    /// What the cluster is told to pull.
    pub fn reference(&self) -> String {
        match &self.digest {
            Some(digest) => format!("{}@{digest}", self.name.repository()),
            None => self.name.to_string(),
        }
    }

    /// Made by a build here, so pulled with the platform's pull secret, and at every start: a node's
    /// cache would show it to tenants who may not have it.
    pub fn is_ours(&self) -> bool {
        self.build.is_some()
    }

    /// A foreign image, as it was named.
    pub fn foreign(name: ImageName) -> Self {
        Self { digest: name.digest.clone(), name, build: None }
    }

    /// The image of a build, for a deployment in `project`.
    ///
    /// # Errors
    /// The build is of another project, has made no image, or made another than `asked` says.
    pub fn of_build(
        build: &BuildView,
        asked: Option<&ImageName>,
        project: &Project,
    ) -> Result<Self, Problem> {
        if build.project_id != project.id {
            let detail = format!("is a build of another project, not of '{}'", project.name);
            return Err(Problem::field("build_id", detail));
        }
        let digest = match (build.status, &build.image_digest) {
            (Status::Success, Some(digest)) => digest.clone(),
            (Status::Success, None) => {
                let detail = "has ended well, but the registry does not show its image yet; try again \
                              in a moment";
                return Err(Problem::field("build_id", detail));
            }
            (Status::Pending | Status::Building, _) => {
                return Err(Problem::field("build_id", "has not ended yet; deploy it when it has"));
            }
            (Status::Failed | Status::Cancelled, _) => {
                return Err(Problem::field(
                    "build_id",
                    "made no image: it failed or was cancelled",
                ));
            }
        };
        let name: ImageName = build
            .image_full_name
            .parse()
            .map_err(|_| Problem::field("build_id", "made an image whose name cannot be read"))?;
        if let Some(asked) = asked {
            let same_digest = asked.digest.as_ref().is_none_or(|asked| *asked == digest);
            if asked.repository() != name.repository() || !same_digest {
                let detail = format!("must be the build's image, {}", build.image_full_name);
                return Err(Problem::field("image_name", detail));
            }
        }
        Ok(Self { name, digest: Some(digest), build: Some(build.build_id) })
    }
}

/// Whose image may run where.
#[derive(Clone, Debug)]
pub struct ImagePolicy {
    pub registry: Registry,
    /// Beginnings of the foreign images that are allowed; `None` allows all.
    pub foreign: Option<Vec<String>>,
}

/// What kind of image a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Of the project's own builds, if one of them has made it.
    OfProject,
    Foreign,
}

impl ImagePolicy {
    /// # Errors
    /// The image belongs to another project of the platform, or the operator does not allow it.
    pub fn origin(&self, name: &ImageName, project: &Project) -> Result<Origin, Problem> {
        let refuse = |detail: &str| Err(Problem::field("image_name", detail));
        let repository = name.repository();
        // The operator may have written the registry's host in another spelling.
        let host = self.registry.host();
        let ours = match repository.split_once('/') {
            Some((of, path)) if canonical_host(host).is_some_and(|host| host == of) => {
                format!("{host}/{path}")
            }
            _ => repository.clone(),
        };
        if self.registry.holds(&ours) {
            let prefix = self.registry.prefix_of(&project.owner, &project.name);
            let service = ours.strip_prefix(&prefix).map(str::parse::<ServiceName>);
            return match service {
                Some(Ok(_)) => Ok(Origin::OfProject),
                _ => refuse("is not an image of this project: build it here first"),
            };
        }
        let Some(allowed) = &self.foreign else { return Ok(Origin::Foreign) };
        let begins = |prefix: &String| {
            let rest = repository.strip_prefix(prefix.as_str());
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/')
            })
        };
        if allowed.iter().any(begins) {
            return Ok(Origin::Foreign);
        }
        refuse(&match allowed.as_slice() {
            [] => "must be an image that was built here".to_owned(),
            some => format!("must be built here or begin with {}", some.join(", ")),
        })
    }
}
