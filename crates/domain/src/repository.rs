//! Source repositories, refs, commits and paths inside a repository.

use crate::text::{InvalidText, checked_text, valid_if};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use std::{fmt, str::FromStr};
use url::Url;

/// `owner/name` of a repository on the configured GitHub.
#[derive(Clone, Debug, PartialEq, Eq, SerializeDisplay, DeserializeFromStr)]
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

    /// Parses `https://{host}/{owner}/{name}`, with or without `.git` and a final slash. `web` is the base
    /// URL of the GitHub instance.
    ///
    /// # Errors
    /// What the URL must look like, or must not contain (credentials, a query).
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
        let is_same_host = url.host_str() == web.host_str() && url.port() == web.port();
        if url.scheme() != "https"
            || !is_same_host
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
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let invalid = InvalidText("must be OWNER/REPOSITORY");
        let (owner, name) = text.split_once('/').ok_or(invalid.clone())?;
        let is_owner = (1..=39).contains(&owner.len())
            && owner.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let is_name = (1..=100).contains(&name.len())
            && !matches!(name, "." | "..")
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if is_owner && is_name {
            Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
        } else {
            Err(invalid)
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// Parses the name of a branch, a tag or a commit, by the rules of `git check-ref-format`.
///
/// # Errors
/// The text is not a valid ref name.
pub fn parse_git_ref(text: &str) -> Result<String, InvalidText> {
    let is_invalid = text.is_empty()
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
    valid_if(!is_invalid, text, "must be a branch, a tag or a commit")
}

/// Normalizes a relative path inside a repository: no `.` and `..` segments, no backslash, no leading or
/// final slash. The root is `.`.
///
/// # Errors
/// The path is not valid or leaves the repository.
pub fn normalize_path(text: &str) -> Result<String, InvalidText> {
    let invalid = InvalidText("must be a relative path inside the repository, without '..'");
    let is_forbidden = |c: char| c.is_control() || c == '\\';
    if text.is_empty() || text.len() > 512 || text.starts_with('/') || text.contains(is_forbidden) {
        return Err(invalid);
    }
    let segments: Vec<_> =
        text.split('/').filter(|segment| !matches!(*segment, "" | ".")).collect();
    // After `./` is removed, a command would take a path with a leading hyphen for an option.
    if segments.contains(&"..") || segments.first().is_some_and(|segment| segment.starts_with('-'))
    {
        return Err(invalid);
    }
    Ok(if segments.is_empty() { ".".into() } else { segments.join("/") })
}

checked_text!(
    /// A commit SHA: 40 hexadecimal digits (SHA-1) or 64 (SHA-256), in lower case.
    CommitSha,
    |text: &str| {
        let text = text.to_ascii_lowercase();
        let is_sha = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        valid_if(is_sha, text, "must be a commit's id")
    }
);
