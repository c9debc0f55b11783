//! Which images may run that were not built here. A node pulls an image from where no network policy applies, and
//! what it finds there is shown to the user. So a registry must not be a host that only the node's network knows.

use super::{
    image_ref::{ImageRef, canonical_host},
    public_host::is_public_host,
};
use crate::{image::Registry, text::InvalidText};
use std::{fmt, str::FromStr};

/// The public registries that new installations allow. `*.` is for those with a host for each region or customer,
/// whose names the registry gives.
const WELL_KNOWN: [&str; 18] = [
    "docker.io",
    "ghcr.io",
    "quay.io",
    "registry.gitlab.com",
    "gcr.io",
    "*.gcr.io",
    "*.pkg.dev",
    "public.ecr.aws",
    "mcr.microsoft.com",
    "registry.k8s.io",
    "registry.access.redhat.com",
    "registry.fedoraproject.org",
    "registry.opensuse.org",
    "cgr.dev",
    "nvcr.io",
    "lscr.io",
    "docker.elastic.co",
    "codeberg.org",
];

const INVALID: InvalidText = InvalidText(
    "must be *, none, or a list of registries, separated by commas: well-known, registry.example.org, \
     *.example.org, or ghcr.io/owner for the images below a path",
);

/// The operator's setting for images that were not built here: `*`, `none`, or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternalImages {
    /// Those of every registry whose host is a name in public DNS.
    AnyPublic,
    Listed(Vec<ImagePattern>),
}

impl FromStr for ExternalImages {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        match text {
            "*" => return Ok(Self::AnyPublic),
            "none" => return Ok(Self::Listed(Vec::new())),
            _ => {}
        }
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let entries = entries.flat_map(|entry| match entry {
            "well-known" => WELL_KNOWN.to_vec(),
            other => vec![other],
        });
        entries.map(str::parse).collect::<Result<_, _>>().map(Self::Listed)
    }
}

impl ExternalImages {
    /// What new installations allow.
    pub fn well_known() -> Self {
        Self::Listed(WELL_KNOWN.iter().filter_map(|pattern| pattern.parse().ok()).collect())
    }

    /// # Errors
    /// What is wrong with an image that is not allowed.
    pub(super) fn check(&self, image: &ImageRef) -> Result<(), String> {
        match self {
            Self::AnyPublic if is_public_host(image.host_name()) => Ok(()),
            Self::AnyPublic => Err(format!(
                "must be of a registry with a name in public DNS, which '{}' is not: ask the platform's \
                 administrator to allow it (foreign_images)",
                image.host()
            )),
            Self::Listed(patterns) if patterns.iter().any(|pattern| pattern.matches(image)) => {
                Ok(())
            }
            Self::Listed(patterns) if patterns.is_empty() => {
                Err("must be an image that was built here".into())
            }
            Self::Listed(_) => Err(format!(
                "must be built here or be one of {self}: ask the platform's administrator to allow others \
                 (foreign_images)"
            )),
        }
    }
}

/// `any public registry`, or the list as it is written in the setting.
impl fmt::Display for ExternalImages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyPublic => f.write_str("any public registry"),
            Self::Listed(patterns) => {
                let patterns: Vec<_> = patterns.iter().map(|pattern| pattern.0.as_str()).collect();
                f.write_str(&patterns.join(", "))
            }
        }
    }
}

/// Images of a registry, or those below a path of it: `ghcr.io`, `ghcr.io/owner`, `*.example.org`. The host is spelled
/// as in an [`ImageRef`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePattern(String);

impl FromStr for ImagePattern {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let text = text.to_ascii_lowercase();
        let (host, path) = match text.split_once('/') {
            Some((host, path)) => (host, Some(path)),
            None => (text.as_str(), None),
        };
        let (wildcard, domain) = match host.strip_prefix("*.") {
            Some(domain) => ("*.", domain),
            None => ("", host),
        };
        let domain = canonical_host(domain).ok_or(INVALID)?;
        // `Registry` checks the grammar of host and path. The path may be empty, or end with a slash.
        let checked = path.map(|path| path.trim_end_matches('/')).filter(|path| !path.is_empty());
        Registry::new(&domain, checked.unwrap_or("any")).map_err(|_| INVALID)?;
        let path = path.filter(|path| !path.is_empty());
        let path = path.map(|path| format!("/{path}")).unwrap_or_default();
        Ok(Self(format!("{wildcard}{domain}{path}")))
    }
}

impl ImagePattern {
    fn matches(&self, image: &ImageRef) -> bool {
        let (host, path) = self.0.split_once('/').unwrap_or((&self.0, ""));
        let is_host = match host.strip_prefix('*') {
            Some(domain) => image.host().ends_with(domain),
            None => image.host() == host,
        };
        let is_below = |rest: &str| rest.is_empty() || rest.starts_with('/') || path.ends_with('/');
        is_host && (path.is_empty() || image.path().strip_prefix(path).is_some_and(is_below))
    }
}
