//! The behaviour of containers, which the name of the image chooses (see the table in
//! [`crate::kubernetes`]).

use crate::kubernetes::options::PrivateImages;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Works,
    /// Exits with code 1.
    Crashes,
    /// Is killed because it uses too much memory.
    OutOfMemory,
    /// No node has room for the pod.
    Unschedulable,
    /// Runs, but its readiness probe fails.
    Unready,
}

/// The image without its tag and digest.
pub fn repository(image: &str) -> &str {
    let without_digest = image.split('@').next().unwrap_or_default();
    match without_digest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => without_digest,
    }
}

pub fn behaviour_of(image: &str) -> Behaviour {
    let name = repository(image);
    let ends = |suffix: &str| name.ends_with(suffix);
    match name {
        _ if ends("-crash") => Behaviour::Crashes,
        _ if ends("-oom") => Behaviour::OutOfMemory,
        _ if ends("-pending") => Behaviour::Unschedulable,
        _ if ends("-unready") => Behaviour::Unready,
        _ => Behaviour::Works,
    }
}

/// Whether the image runs as root unless the pod sets another user.
pub fn runs_as_root(image: &str) -> bool {
    let name = repository(image);
    name.rsplit('/').next().is_some_and(|last| format!("{last}-").contains("-root-"))
}

/// Returns containerd's error if the image cannot be pulled. `credentials` returns the pod's usernames
/// and passwords for a registry.
pub fn pull_error(
    image: &str,
    private: &[PrivateImages],
    credentials: impl Fn(&str) -> Vec<(String, String)>,
) -> Option<String> {
    let name = repository(image);
    let full = canonical(image);
    let (registry, path) = full.split_once('/').unwrap_or(("docker.io", full.as_str()));
    let path = repository(path).to_owned();
    let reference = full.rsplit_once('@').map(|(_, digest)| digest.to_owned());
    let tag = full.rsplit_once(':').map(|(_, tag)| tag.to_owned());
    let reference = reference.or(tag).unwrap_or_default();
    let pull_error = |code: &str, reason: &str| {
        Some(format!(
            "rpc error: code = {code} desc = failed to pull and unpack image {full:?}: failed to \
             resolve reference {full:?}: {reason}"
        ))
    };
    let manifest = format!("https://{registry}/v2/{path}/manifests/{reference}");
    if name.ends_with("-nopull") {
        let reason = format!("unexpected status from HEAD request to {manifest}: 403 Forbidden");
        return pull_error("Unknown", &reason);
    }
    if name.ends_with("-notag") {
        return pull_error("NotFound", &format!("{full}: not found"));
    }
    let required = private
        .iter()
        .find(|images| image.starts_with(&images.prefix) || full.starts_with(&images.prefix))?;
    let given = credentials(registry);
    let required = (required.username.clone(), required.password.clone());
    if given.contains(&required) {
        return None;
    }
    let token =
        format!("https://{registry}/token?scope=repository%3A{path}%3Apull&service={registry}");
    let (kind, status) = match given.is_empty() {
        true => ("anonymous", "401 Unauthorized"),
        false => ("oauth", "403 Forbidden"),
    };
    pull_error(
        "Unknown",
        &format!(
            "failed to authorize: failed to fetch {kind} token: unexpected status from GET \
             request to {token}: {status}"
        ),
    )
}

/// Adds the default registry and tag: `nginx` becomes `docker.io/library/nginx:latest`.
pub fn canonical(image: &str) -> String {
    let first = image.split('/').next().unwrap_or_default();
    let has_registry = image.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    let named = match (has_registry, image.contains('/')) {
        (true, _) => image.to_owned(),
        (false, true) => format!("docker.io/{image}"),
        (false, false) => format!("docker.io/library/{image}"),
    };
    let tagged = named.contains('@') || repository(&named) != named;
    if tagged { named } else { format!("{named}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_of_the_image_chooses_the_behaviour() {
        let digest = format!("localhost:5000/a/web-crash@sha256:{}", "0".repeat(64));
        assert_eq!(behaviour_of(&digest), Behaviour::Crashes);
        assert_eq!(behaviour_of("ghcr.io/a/web-oom:v1"), Behaviour::OutOfMemory);
        assert_eq!(behaviour_of("ghcr.io/a/web:x-crash"), Behaviour::Works);
        assert_eq!(canonical("nginx"), "docker.io/library/nginx:latest");
        assert!(runs_as_root("ghcr.io/a/web-root:v1") && !runs_as_root("ghcr.io/a/web-rooted"));
    }
}
