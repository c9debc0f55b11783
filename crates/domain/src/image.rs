//! Image names, tags and digests, by the OCI distribution specification.

use crate::{
    name::{ProjectName, ServiceName, Username, encode_pair, encode_triple},
    text::{BadText, checked_text},
};

checked_text!(
    /// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
    ImageTag,
    |text: &str| {
        let first = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let other = |b: u8| first(b) || b == b'.' || b == b'-';
        let mut bytes = text.bytes();
        if !(text.len() <= 128 && bytes.next().is_some_and(first) && bytes.all(other)) {
            return Err(BadText(
                "must be an image tag: at most 128 letters, digits, '_', '.' and '-', \
                 beginning with none of the last two",
            ));
        }
        // `build-…` names one build's image for ever; a tag that a user asks for must not take it.
        if text.starts_with("build-") {
            return Err(BadText("must not begin with 'build-': those tags are the platform's own"));
        }
        Ok(text.to_owned())
    }
);

checked_text!(
    /// `sha256:` and 64 lower-case hexadecimal digits.
    Digest,
    |text: &str| {
        let hex = text.strip_prefix("sha256:").unwrap_or_default();
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if hex.len() == 64 && hex.bytes().all(lower_hex) {
            Ok(text.to_owned())
        } else {
            Err(BadText("must be a digest: 'sha256:' and 64 hexadecimal digits"))
        }
    }
);

/// Where the platform's images stand: a registry's host and a namespace in it, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    host: String,
    namespace: String,
}

impl Registry {
    /// # Errors
    /// The host is no host (with an optional port), or the namespace no path of OCI name parts.
    pub fn new(host: &str, namespace: &str) -> Result<Self, BadText> {
        let (host, namespace) = (host.to_ascii_lowercase(), namespace.to_ascii_lowercase());
        let (name, port) = host.split_once(':').unwrap_or((&host, "1"));
        let label = |label: &str| {
            label.starts_with(is_alphanumeric)
                && label.ends_with(is_alphanumeric)
                && label.chars().all(|c| is_alphanumeric(c) || c == '-')
        };
        // Without a dot or a port it would be read as a path at Docker Hub.
        let plain = !host.contains(['.', ':']) && host != "localhost";
        if plain || !name.split('.').all(label) || !port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(BadText("the registry must be a host such as ghcr.io, without https://"));
        }
        if !namespace.split('/').all(is_name_part) {
            return Err(BadText("the registry namespace must be an organisation's or user's name"));
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
        format!("{}/{}", self.namespace, encode_triple(owner, project, service))
    }

    /// The full name without tag: `{registry}/{namespace}/{encoded triple}`.
    pub fn image(&self, owner: &Username, project: &ProjectName, service: &ServiceName) -> String {
        format!("{}/{}", self.host, self.repository(owner, project, service))
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// Does `{host}/{path}` stand in the platform's own namespace?
    pub fn holds(&self, repository: &str) -> bool {
        let below = repository.strip_prefix(&format!("{}/{}", self.host, self.namespace));
        below.is_some_and(|below| below.starts_with('/'))
    }

    /// What the images of a project begin with; the service's name is the rest.
    pub fn prefix_of(&self, owner: &Username, project: &ProjectName) -> String {
        format!("{}/{}/{}-", self.host, self.namespace, encode_pair(owner, project))
    }
}

fn is_alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// A part of a repository's name: letters and digits, with `.`, `_`, `__` or hyphens in between.
fn is_name_part(part: &str) -> bool {
    let separator =
        |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|b| b == b'-');
    part.starts_with(is_alphanumeric)
        && part.ends_with(is_alphanumeric)
        && part.split(is_alphanumeric).all(separator)
}
