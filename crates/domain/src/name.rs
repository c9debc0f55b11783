//! Names of people, projects and services, and their unambiguous combination.

use crate::text::{checked_text, valid_if};

checked_text!(
    /// A name with the syntax of a GitHub login: at most 39 letters, digits and single inner hyphens.
    /// GitHub logins are case-insensitive, so it is stored in lower case.
    Username,
    |text: &str| {
        let text = text.to_ascii_lowercase();
        let is_login = is_label(&text, 39) && !text.contains("--");
        valid_if(is_login, text, "must be a GitHub login: letters, digits and single hyphens")
    }
);

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
        is_label(text, 40),
        text,
        "must be a DNS label: 1 to 40 lower-case letters, digits and hyphens, and neither \
         begin nor end with a hyphen",
    )
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
/// Different triples have different results. Read from the left, the first single hyphen ends the owner,
/// the next one ends the project, and the rest is the service: neither owner nor project begins or ends
/// with a hyphen or has two in a row, so a double hyphen is always one of theirs and a single one is
/// always a separator.
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
