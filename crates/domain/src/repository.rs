//! Source repositories, refs, commits and paths inside a repository.

use crate::text::{BadText, checked_text};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use url::Url;

/// `owner/name` of a repository on the configured GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Repository {
    owner: String,
    name: String,
}

impl Repository {
    pub fn owner(&self) -> &str {
        &self.owner
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads `https://{web host}/{owner}/{name}`, with or without `.git` and a final slash.
    ///
    /// # Errors
    /// Says what the URL must look like, or what it must not have (credentials, a query).
    pub fn from_url(text: &str, web: &Url) -> Result<Self, String> {
        let host = web.host_str().unwrap_or_default();
        let expected = format!("must be https://{host}/OWNER/REPOSITORY");
        let url = Url::parse(text).map_err(|_| expected.clone())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!(
                "must not hold credentials; a private repository is read through the GitHub App. \
                 It {expected}"
            ));
        }
        let same_place = url.host_str() == web.host_str() && url.port() == web.port();
        if url.scheme() != "https"
            || !same_place
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(expected);
        }
        let path = url.path().trim_matches('/');
        path.strip_suffix(".git").unwrap_or(path).parse().map_err(|_| expected)
    }
}

impl FromStr for Repository {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let bad = BadText("must be OWNER/REPOSITORY");
        let (owner, name) = text.split_once('/').ok_or(bad.clone())?;
        let is_owner = (1..=39).contains(&owner.len())
            && owner.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let is_name = (1..=100).contains(&name.len())
            && !matches!(name, "." | "..")
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if is_owner && is_name {
            Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
        } else {
            Err(bad)
        }
    }
}

impl TryFrom<String> for Repository {
    type Error = BadText;

    fn try_from(text: String) -> Result<Self, BadText> {
        text.parse()
    }
}

impl From<Repository> for String {
    fn from(repository: Repository) -> String {
        repository.to_string()
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// A branch, a tag or a commit, by the rules of `git check-ref-format`.
///
/// # Errors
/// Says that the text is no such name.
pub fn check_git_ref(text: &str) -> Result<String, BadText> {
    let bad = text.is_empty()
        || text.len() > 255
        || text.starts_with(['-', '/', '.'])
        || text.ends_with(['/', '.'])
        || text.ends_with(".lock")
        || text.contains("..")
        || text.contains("//")
        || text.contains("/.")
        || text.contains(".lock/")
        || text.contains("@{")
        || text == "@"
        || text
            .chars()
            .any(|c| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\'));
    if bad { Err(BadText("must be a branch, a tag or a commit")) } else { Ok(text.to_owned()) }
}

/// A relative path inside a repository, normalised: no `.` and `..` parts, no backslash, no leading
/// or final slash. The top is `.`.
///
/// # Errors
/// Says what such a path must be.
pub fn check_path(text: &str) -> Result<String, BadText> {
    let bad = BadText("must be a relative path inside the repository, without '..'");
    let odd = |c: char| c.is_control() || c == '\\';
    if text.is_empty() || text.len() > 512 || text.starts_with('/') || text.contains(odd) {
        return Err(bad);
    }
    let parts: Vec<_> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    // Without its `./`, a leading hyphen would make an option of the path.
    if parts.contains(&"..") || parts.first().is_some_and(|part| part.starts_with('-')) {
        return Err(bad);
    }
    Ok(if parts.is_empty() { ".".into() } else { parts.join("/") })
}

checked_text!(
    /// A commit's id: 40 hexadecimal digits (SHA-1) or 64 (SHA-256), in lower case.
    CommitSha,
    |text: &str| {
        let text = text.to_ascii_lowercase();
        if matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(text)
        } else {
            Err(BadText("must be a commit's id"))
        }
    }
);
