//! The labels and fixed names by which the platform recognizes its own objects in the cluster.

/// Prefix of the platform's own labels and annotations.
pub const LABEL_PREFIX: &str = "nokube.dev/";
/// The owner's [`nokube_domain::Person::key`].
pub const OWNER_LABEL: &str = "nokube.dev/owner";
pub const PROJECT_LABEL: &str = "nokube.dev/project";
/// On the namespace of a project's previews: `true`.
pub const PREVIEWS_LABEL: &str = "nokube.dev/previews";
pub const DEPLOYMENT_LABEL: &str = "nokube.dev/deployment";
/// On a Deployment: the revision that was last applied to it.
pub const REVISION_ANNOTATION: &str = "nokube.dev/revision";

/// The platform's field manager in server-side apply.
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers>
pub const FIELD_MANAGER: &str = "nokube";

/// The name of the container that runs the service's image.
pub const CONTAINER_NAME: &str = "app";

/// The longest name, and the longest prefix, of an annotation.
const MAX_ANNOTATION_NAME: usize = 63;
const MAX_ANNOTATION_PREFIX: usize = 253;

/// Whether an annotation may have this key: a name, or a DNS name, a slash and a name.
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set>
pub fn is_annotation_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    prefix.is_none_or(is_subdomain)
        && name.len() <= MAX_ANNOTATION_NAME
        && has_plain_ends(name)
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// RFC 1123
fn is_subdomain(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        has_plain_ends(label) && label.bytes().all(is_plain)
    };
    text.len() <= MAX_ANNOTATION_PREFIX && text.split('.').all(is_label)
}

fn has_plain_ends(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}
