//! Names of people, projects and services, and their unambiguous combination.

use crate::text::{checked_text, valid_if};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The most characters of a service's name.
const MAX_SERVICE_LENGTH: usize = 40;

/// The longest login that GitHub gives.
const MAX_LOGIN_LENGTH: usize = 39;

checked_text!(
    /// A GitHub login, in lower case: GitHub's logins are case-insensitive.
    ///
    /// Today GitHub gives logins of letters, digits and single inner hyphens. Those of managed users end in
    /// an underscore and their enterprise's short code (`jdoe_acme`), and old ones have hyphens and underscores
    /// anywhere (`bob-`, `a--b`). Apps (`name[bot]`) cannot sign in.
    Login,
    |text: &str| {
        let text = text.to_ascii_lowercase();
        let is_login = (1..=MAX_LOGIN_LENGTH).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        valid_if(is_login, text, "must be a GitHub login: letters, digits, '-' and '_'")
    }
);

checked_text!(
    /// A person's name on the platform. It is a DNS label with at most three hyphens in a row, because
    /// [`Username::from_login`] makes others of some logins.
    Username,
    |text: &str| {
        let text = text.to_ascii_lowercase();
        let is_name = is_label(&text, 63) && !text.contains("----");
        valid_if(
            is_name,
            text,
            "must be a username: letters, digits and inner hyphens, at most three in a row",
        )
    }
);

impl Username {
    /// The username that belongs to a login. Different logins have different ones.
    ///
    /// - A login of letters, digits and single inner hyphens is its own username.
    /// - Single inner underscores become two hyphens: `jdoe_acme` is `jdoe--acme`.
    /// - Any other login has hyphens or underscores at an end or in a row. Its username is its letters and
    ///   digits, three hyphens, and a number that says where the hyphens and underscores were.
    pub fn from_login(login: &Login) -> Self {
        let text = login.as_str();
        let is_regular = text.split(['-', '_']).all(|part| !part.is_empty());
        if is_regular {
            return Self(text.replace('_', "--"));
        }
        let parts: Vec<_> = text.split(['-', '_']).filter(|part| !part.is_empty()).collect();
        let readable = if parts.is_empty() { "0".to_owned() } else { parts.join("-") };
        // The digits of the number in base 3, the last character's first. A leading 1 keeps the length. With it,
        // 39 characters fit into 64 bits.
        let digit = |c: char| match c {
            '-' => 1,
            '_' => 2,
            _ => 0,
        };
        let number = text.chars().rev().fold(1_u64, |sum, c| sum * 3 + digit(c));
        Self(format!("{readable}---{number}"))
    }
}

checked_text!(
    /// A project's name, in lower case. It neither begins nor ends with a hyphen and has no two hyphens in
    /// a row, because a double hyphen encodes one hyphen in image names and namespaces.
    ProjectName,
    |text: &str| valid_if(
        is_label(text, 40) && !text.contains("--"),
        text,
        "must be 1 to 40 lower-case letters, digits and single hyphens, and neither \
         begin nor end with a hyphen",
    )
);

checked_text!(
    /// A service's name: a DNS label (RFC 1123), at most 40 characters to leave room for suffixes.
    ServiceName,
    |text: &str| valid_if(
        is_label(text, MAX_SERVICE_LENGTH),
        text,
        "must be a DNS label: 1 to 40 lower-case letters, digits and hyphens, and neither \
         begin nor end with a hyphen",
    )
);

/// The name of a preview in the cluster: `pr-{N}-{service}`. If that is too long, it is `pr{N}-`, the beginning of the
/// service's name and a hash of all of it. Different previews of a project have different names: only those that are too
/// long have a digit as their third character.
pub fn preview_service_name(service: &ServiceName, pull_request: u32) -> ServiceName {
    let name = format!("pr-{pull_request}-{service}");
    if name.len() <= MAX_SERVICE_LENGTH {
        return ServiceName(name);
    }
    let hash = HEXLOWER.encode(&Sha256::digest(&name));
    let hash: String = hash.chars().take(PREVIEW_HASH_DIGITS).collect();
    let prefix = format!("pr{pull_request}-");
    let room = MAX_SERVICE_LENGTH.saturating_sub(prefix.len() + 1 + PREVIEW_HASH_DIGITS);
    let head: String = service.as_str().chars().take(room).collect();
    ServiceName(format!("{prefix}{}-{hash}", head.trim_end_matches('-')))
}

/// The length of the hash in the name of a preview, in hexadecimal digits: 80 bits.
const PREVIEW_HASH_DIGITS: usize = 20;

/// RFC 1123 label: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most `max` characters.
fn is_label(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// `{owner}-{project}-{service}` with every hyphen inside owner and project doubled.
///
/// Different triples have different results. Neither owner nor project begins or ends with a hyphen, so each
/// run of hyphens that is inside one of them has an even length, and a separator is a single hyphen. Read from
/// the left, the first single hyphen ends the owner, the next one ends the project, and the rest is the service.
pub fn qualified_service_name(
    owner: &Username,
    project: &ProjectName,
    service: &ServiceName,
) -> String {
    format!("{}-{service}", qualified_project_name(owner, project))
}

/// `{owner}-{project}`, each with its hyphens doubled. Different pairs have different results.
pub fn qualified_project_name(owner: &Username, project: &ProjectName) -> String {
    format!("{}-{}", double_hyphens(owner.as_str()), double_hyphens(project.as_str()))
}

/// Doubles the hyphens, so that a single hyphen can serve as a separator.
pub fn double_hyphens(text: &str) -> String {
    text.replace('-', "--")
}
