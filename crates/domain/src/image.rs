//! Image tags, digests and repositories, by the OCI distribution specification.

use crate::{
    name::{ProjectName, ServiceName, Username, qualified_project_name, qualified_service_name},
    text::{InvalidText, checked_text, valid_if},
};

checked_text!(
    /// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
    ImageTag,
    |text: &str| {
        let is_first = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let is_other = |b: u8| is_first(b) || b == b'.' || b == b'-';
        let mut bytes = text.bytes();
        if !(text.len() <= 128 && bytes.next().is_some_and(is_first) && bytes.all(is_other)) {
            return Err(InvalidText(
                "must be an image tag: at most 128 letters, digits, '_', '.' and '-', \
                 which does not begin with '.' or '-'",
            ));
        }
        // `build-…` is the unique tag of one build's image; users must not overwrite it.
        let is_own = text.starts_with("build-");
        valid_if(!is_own, text, "must not begin with 'build-': those tags are the platform's own")
    }
);

impl ImageTag {
    /// `pr-N`, the tag of the images of a pull request's builds.
    pub fn of_pull_request(number: u32) -> Self {
        Self(format!("pr-{number}"))
    }

    /// Parses the tag of a request, which must not be one of a pull request. Tags that were stored earlier may look like
    /// one: they are known by their builds, and not by their tags.
    ///
    /// # Errors
    /// It is no tag, or one of the platform's own.
    pub fn parse_field(text: &str) -> Result<Self, InvalidText> {
        let number = text.strip_prefix("pr-").unwrap_or_default();
        let is_reserved = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        match is_reserved {
            true => Err(InvalidText(
                "must not be 'pr-' and a number: those are the tags of pull requests' images",
            )),
            false => text.parse(),
        }
    }
}

checked_text!(
    /// `sha256:` and 64 lower-case hexadecimal digits.
    Digest,
    |text: &str| {
        let hex = text.strip_prefix("sha256:").unwrap_or_default();
        let is_lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let is_digest = hex.len() == 64 && hex.bytes().all(is_lower_hex);
        valid_if(is_digest, text, "must be a digest: 'sha256:' and 64 hexadecimal digits")
    }
);

/// The registry of the platform's images: a host and a namespace, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    host: String,
    namespace: String,
}

impl Registry {
    /// # Errors
    /// `host` is not a host with an optional port, or `namespace` is not a path of OCI name components.
    pub fn new(host: &str, namespace: &str) -> Result<Self, InvalidText> {
        let (host, namespace) = (host.to_ascii_lowercase(), namespace.to_ascii_lowercase());
        let (name, port) = host.split_once(':').unwrap_or((&host, "1"));
        let is_label = |label: &str| {
            label.starts_with(is_alphanumeric)
                && label.ends_with(is_alphanumeric)
                && label.chars().all(|c| is_alphanumeric(c) || c == '-')
        };
        // A name without a dot and a port would be read as a path at Docker Hub.
        let is_path = !host.contains(['.', ':']) && host != "localhost";
        if is_path
            || !name.split('.').all(is_label)
            || !port.parse::<u16>().is_ok_and(|port| port > 0)
        {
            return Err(InvalidText(
                "the registry must be a host such as ghcr.io, without https://",
            ));
        }
        if !namespace.split('/').all(is_path_component) {
            return Err(InvalidText(
                "the registry namespace must be an organisation's or user's name",
            ));
        }
        Ok(Self { host, namespace })
    }

    /// The repository of a service's images, without registry: `{namespace}/{encoded triple}`.
    pub fn repository(
        &self,
        owner: &Username,
        project: &ProjectName,
        service: &ServiceName,
    ) -> String {
        format!("{}/{}", self.namespace, qualified_service_name(owner, project, service))
    }

    /// The full name without tag: `{registry}/{namespace}/{encoded triple}`.
    pub fn image(&self, owner: &Username, project: &ProjectName, service: &ServiceName) -> String {
        format!("{}/{}", self.host, self.repository(owner, project, service))
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// True if `{host}/{path}` is in the platform's namespace.
    pub fn contains(&self, repository: &str) -> bool {
        let rest = repository.strip_prefix(&format!("{}/{}", self.host, self.namespace));
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// The common prefix of a project's images. The rest of an image's name is the service.
    pub fn project_prefix(&self, owner: &Username, project: &ProjectName) -> String {
        format!("{}/{}/{}-", self.host, self.namespace, qualified_project_name(owner, project))
    }
}

fn is_alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// True for a path component: letters and digits, separated by `.`, `_`, `__` or hyphens.
fn is_path_component(part: &str) -> bool {
    let is_separator =
        |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|b| b == b'-');
    part.starts_with(is_alphanumeric)
        && part.ends_with(is_alphanumeric)
        && part.split(is_alphanumeric).all(is_separator)
}
