//! Image references.

use super::image_suggestion;
use crate::{
    image::{Digest, Registry},
    text::{InvalidText, parse_or_suggest, with_suggestion},
};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use std::{fmt, str::FromStr};

/// An image reference, `[HOST/]PATH[:TAG][@DIGEST]`. What is omitted is filled in as Docker does: `nginx`
/// becomes `docker.io/library/nginx:latest`.
///
/// <https://pkg.go.dev/github.com/distribution/reference>
#[derive(Clone, Debug, PartialEq, Eq, SerializeDisplay, DeserializeFromStr)]
pub struct ImageRef {
    host: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

const DOCKER_HUB: &str = "docker.io";

/// The limit of container runtimes, in bytes.
const MAX_PATH_LEN: usize = 255;

const INVALID: InvalidText =
    InvalidText("must be an image such as ghcr.io/owner/image:tag or nginx:1.29");
const NOT_LOWER_CASE: InvalidText =
    InvalidText("must be in lower case: only the tag of an image may have capital letters");
const INVALID_TAG: InvalidText = InvalidText(
    "must have a tag of at most 128 letters, digits, '_', '.' and '-', which does not begin with \
     '.' or '-'",
);
const INVALID_DIGEST: InvalidText =
    InvalidText("must have a complete digest after the @: 'sha256:' and 64 hexadecimal digits");
const REGISTRY_ONLY: InvalidText =
    InvalidText("must have an image's path after the registry, such as ghcr.io/owner/image:tag");

impl FromStr for ImageRef {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        if text.len() > 500 {
            return Err(INVALID);
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse().map_err(|_| INVALID_DIGEST)?)),
            None => (text, None),
        };
        // A colon after the last slash separates the tag; a colon before it separates the port.
        let tag_separator =
            name.rfind(':').filter(|colon| name.rfind('/').is_none_or(|slash| slash < *colon));
        let (name, tag) = match tag_separator.and_then(|colon| name.split_at_checked(colon)) {
            Some((name, tag)) => (name, tag.strip_prefix(':').map(str::to_owned)),
            None => (name, None),
        };
        let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
        let (host, path) = match name.split_once('/') {
            Some((host, path)) if is_host(host) => (host.to_ascii_lowercase(), path.to_owned()),
            _ => (DOCKER_HUB.to_owned(), name.to_owned()),
        };
        let host = canonical_host(&host).ok_or(INVALID)?;
        // Docker Hub's official images may be given without `library/`.
        let path = match host.as_str() == DOCKER_HUB && !path.contains('/') {
            true => format!("library/{path}"),
            false => path,
        };
        if path.is_empty() {
            return Err(REGISTRY_ONLY);
        }
        // `Registry` checks the grammar of host and path.
        Registry::new(&host, &path).map_err(|_| INVALID)?;
        if path.len() > MAX_PATH_LEN {
            return Err(INVALID);
        }
        if path.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(NOT_LOWER_CASE);
        }
        if !tag.as_deref().is_none_or(is_tag) {
            return Err(INVALID_TAG);
        }
        let tag = tag.or_else(|| digest.is_none().then(|| "latest".into()));
        Ok(Self { host, path, tag, digest })
    }
}

/// The canonical spelling of a registry host, so that equal registries compare equal: without HTTPS'
/// default port, and with the aliases of Docker Hub replaced. Ports with leading zeros are rejected,
/// because a runtime would read `ghcr.io:0443` as `ghcr.io`.
pub(super) fn canonical_host(host: &str) -> Option<String> {
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

impl fmt::Display for ImageRef {
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

impl ImageRef {
    /// Parses the value of a field. The error says what was probably meant. It also rejects valid texts
    /// that are not images: the name of a registry, and the address of an image's page.
    pub(crate) fn parse_field(text: &str) -> Result<Self, String> {
        let image: Self = parse_or_suggest(text, image_suggestion::valid_image)?;
        if let Some(meant) = image_suggestion::image_of_page(text) {
            return Err(with_suggestion(INVALID, Some(meant)));
        }
        if image.is_registry() { Err(REGISTRY_ONLY.to_string()) } else { Ok(image) }
    }

    /// Whether this is the host of a registry. The official images of Docker Hub have no dot in their names.
    pub(super) fn is_registry(&self) -> bool {
        let official = self.path.strip_prefix("library/").filter(|_| self.host == DOCKER_HUB);
        official.is_some_and(|name| name.contains('.'))
    }

    /// `{host}/{path}`, without tag and digest.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.host, self.path)
    }

    /// The registry's host, with its port if it has one.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn host_name(&self) -> &str {
        self.host.split(':').next().unwrap_or_default()
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }
}
