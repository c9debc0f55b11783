//! Names of people, projects and services, and the one encoding that keeps them apart.

use crate::text::{BadText, checked_text};

checked_text!(
    /// A login as GitHub has them: letters, digits and single hyphens inside, at most 39
    /// characters. Logins differ by more than case, so it is kept in lower case.
    Username,
    |text: &str| {
        let text = text.to_ascii_lowercase();
        if is_label(&text, 39) && !text.contains("--") {
            Ok(text)
        } else {
            Err(BadText("must be a GitHub login: letters, digits and single hyphens"))
        }
    }
);

checked_text!(
    /// A project's name. Lower case; no hyphen at the ends and never two together, because two
    /// stand for one hyphen in image names and namespaces.
    ProjectName,
    |text: &str| {
        if is_label(text, 40) && !text.contains("--") {
            Ok(text.to_owned())
        } else {
            Err(BadText(
                "must be 1 to 40 lower-case letters, digits and single hyphens, and neither \
                 begin nor end with a hyphen",
            ))
        }
    }
);

checked_text!(
    /// A service's name: a DNS label (RFC 1123), at most 40 characters to leave room for suffixes.
    ServiceName,
    |text: &str| {
        if is_label(text, 40) {
            Ok(text.to_owned())
        } else {
            Err(BadText(
                "must be a DNS label: 1 to 40 lower-case letters, digits and hyphens, and neither \
                 begin nor end with a hyphen",
            ))
        }
    }
);

/// RFC 1123 label: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most `max` characters.
fn is_label(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// `{owner}-{project}-{service}` with every hyphen inside owner and project doubled.
///
/// No two triples meet: in the encoding, reading from the left, the first hyphen that stands alone
/// ends the owner and the next one the project; the rest is the service. Neither owner nor project
/// begins or ends with a hyphen or has two together, so each run of hyphens in them is one doubled
/// hyphen, and each single one is a separator.
pub fn encode_triple(owner: &Username, project: &ProjectName, service: &ServiceName) -> String {
    format!("{}-{service}", encode_pair(owner, project))
}

/// `{owner}-{project}`, each with its hyphens doubled: no two pairs meet.
pub fn encode_pair(owner: &Username, project: &ProjectName) -> String {
    format!("{}-{}", double_hyphens(owner.as_str()), double_hyphens(project.as_str()))
}

/// A name with its hyphens doubled, so that a single one can end it.
pub fn double_hyphens(text: &str) -> String {
    text.replace('-', "--")
}
