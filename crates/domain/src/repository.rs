//! Source repositories, refs, commits and paths inside a repository.

use crate::text::{InvalidText, checked_text, valid_if, with_suggestion};
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
        let base = web.as_str().trim_end_matches('/');
        let expected = format!("must be {base}/OWNER/REPOSITORY");
        let invalid = || {
            let meant = Self::from_other_form(text, web.host_str().unwrap_or_default());
            with_suggestion(&expected, meant.map(|repository| format!("{base}/{repository}")))
        };
        let url = Url::parse(text).map_err(|_| invalid())?;
        let is_ssh_user = url.scheme() == "ssh" && url.username() == "git";
        if !is_ssh_user && !url.username().is_empty() || url.password().is_some() {
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
            return Err(invalid());
        }
        let path = url.path().trim_matches('/');
        path.strip_suffix(".git").unwrap_or(path).parse().map_err(|_| invalid())
    }

    /// The repository in another form that people copy: `git@HOST:OWNER/NAME.git`, `ssh://git@HOST/OWNER/NAME`,
    /// `HOST/OWNER/NAME`, `OWNER/NAME`, or the URL of a page of the repository.
    fn from_other_form(text: &str, host: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("", text.trim()));
        if !matches!(scheme, "" | "http" | "https" | "git" | "ssh" | "git+https") {
            return None;
        }
        let rest = rest.strip_prefix("git@").unwrap_or(rest);
        let rest = rest.strip_prefix("www.").unwrap_or(rest);
        let end = rest.find(['/', ':'])?;
        let (first, path) = rest.split_at_checked(end)?;
        let path = if first.eq_ignore_ascii_case(host) {
            match scheme {
                // `git@HOST:OWNER/NAME`
                "" => path.trim_start_matches(':'),
                // `ssh://git@HOST:PORT/OWNER/NAME`
                "ssh" => path.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()),
                _ => path.strip_prefix('/')?,
            }
        } else if scheme.is_empty() && path.starts_with('/') {
            rest
        } else {
            return None;
        };
        let path = path.split(['?', '#']).next()?;
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (owner, name) = (segments.next()?, segments.next()?);
        let name = name.strip_suffix(".git").unwrap_or(name);
        format!("{owner}/{name}").parse().ok()
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

/// Parses the name of a branch, a tag or a commit, by the rules of `git check-ref-format`. `refs/heads/` is removed,
/// and `refs/tags/x` becomes `tags/x`, which GitHub knows from a branch `x`.
///
/// # Errors
/// The text is not a valid ref name.
pub fn parse_git_ref(text: &str) -> Result<String, InvalidText> {
    if text.contains("://") {
        return Err(InvalidText("must be a branch, a tag or a commit, not a URL"));
    }
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
        || text
            .chars()
            .any(|c| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\'));
    let name = match text.strip_prefix("refs/") {
        Some(tag) if tag.starts_with("tags/") => tag,
        Some(head) => head.strip_prefix("heads/").unwrap_or(text),
        None => text,
    };
    // Without the prefix it could mean another one: the short name is read again when a build is repeated.
    let is_ambiguous = name != text && name.starts_with("refs/");
    let is_invalid =
        is_invalid || name.is_empty() || name == "@" || name.starts_with('-') || is_ambiguous;
    valid_if(!is_invalid, name, "must be the name of a branch or a tag, or a commit")
}

/// Normalizes a relative path inside a repository: no `.` and `..` segments, no backslash, no leading or
/// final slash. The root is `.`.
///
/// # Errors
/// The path is not valid or leaves the repository.
pub fn normalize_path(text: &str) -> Result<String, InvalidText> {
    let requirement = match text {
        "" => Some("must be a path in the repository; '.' is its root"),
        _ if text.len() > 512 => Some("must have at most 512 bytes"),
        _ if text.contains("://") => Some("must be a path in the repository, not a URL"),
        _ if text.starts_with('/') => {
            Some("must be relative to the root of the repository, without '/' at the beginning")
        }
        _ if text.contains('\\') => Some("must have '/' between directories, not a backslash"),
        _ if text.contains(char::is_control) => Some("must not contain control characters"),
        _ => None,
    };
    if let Some(requirement) = requirement {
        return Err(InvalidText(requirement));
    }
    let segments: Vec<_> =
        text.split('/').filter(|segment| !matches!(*segment, "" | ".")).collect();
    if segments.contains(&"..") {
        return Err(InvalidText("must stay inside the repository, without '..'"));
    }
    // After `./` is removed, a command would take a path with a leading hyphen for an option.
    if segments.first().is_some_and(|segment| segment.starts_with('-')) {
        return Err(InvalidText("must not begin with '-'"));
    }
    Ok(if segments.is_empty() { ".".into() } else { segments.join("/") })
}

/// Normalizes the path of a file inside a repository, as [`normalize_path`].
///
/// # Errors
/// The path is not valid, or that of a directory.
pub fn normalize_file_path(text: &str) -> Result<String, InvalidText> {
    if matches!(text.rsplit('/').next(), Some("" | ".")) && !text.starts_with('/') {
        return Err(InvalidText(
            "must be the path of a file in the repository, not of a directory",
        ));
    }
    normalize_path(text)
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
