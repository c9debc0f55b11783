//! What a container does, by its image's name.

use crate::cluster::options::PrivateImages;

/// What an image's name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Works,
    /// Ends with code 1.
    Crashes,
    /// Is killed for its memory.
    OutOfMemory,
    /// Fits on no node.
    Pending,
    /// Runs, but its readiness probe fails.
    Unready,
}

/// The image without its tag and digest.
pub fn repository(image: &str) -> &str {
    let named = image.split('@').next().unwrap_or_default();
    match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => named,
    }
}

pub fn of(image: &str) -> Behaviour {
    let name = repository(image);
    let ends = |with: &str| name.ends_with(with);
    match name {
        _ if ends("-crash") => Behaviour::Crashes,
        _ if ends("-oom") => Behaviour::OutOfMemory,
        _ if ends("-pending") => Behaviour::Pending,
        _ if ends("-unready") => Behaviour::Unready,
        _ => Behaviour::Works,
    }
}

/// Whether it runs as root unless it is told otherwise.
pub fn is_root(image: &str) -> bool {
    let name = repository(image);
    name.rsplit('/').next().is_some_and(|last| format!("{last}-").contains("-root-"))
}

/// Why the image cannot be pulled, as containerd says it; None if it can.
/// `credentials` are those that the pod's pull secrets have for a registry.
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
    let failed = |code: &str, why: &str| {
        Some(format!(
            "rpc error: code = {code} desc = failed to pull and unpack image {full:?}: failed to \
             resolve reference {full:?}: {why}"
        ))
    };
    let manifest = format!("https://{registry}/v2/{path}/manifests/{reference}");
    if name.ends_with("-nopull") {
        let why = format!("unexpected status from HEAD request to {manifest}: 403 Forbidden");
        return failed("Unknown", &why);
    }
    if name.ends_with("-notag") {
        return failed("NotFound", &format!("{full}: not found"));
    }
    let rule = private
        .iter()
        .find(|rule| image.starts_with(&rule.prefix) || full.starts_with(&rule.prefix))?;
    let given = credentials(registry);
    let wanted = (rule.username.clone(), rule.password.clone());
    if given.contains(&wanted) {
        return None;
    }
    let token =
        format!("https://{registry}/token?scope=repository%3A{path}%3Apull&service={registry}");
    let (kind, status) = match given.is_empty() {
        true => ("anonymous", "401 Unauthorized"),
        false => ("oauth", "403 Forbidden"),
    };
    failed(
        "Unknown",
        &format!(
            "failed to authorize: failed to fetch {kind} token: unexpected status from GET \
             request to {token}: {status}"
        ),
    )
}

/// With its registry and tag: `nginx` is `docker.io/library/nginx:latest`.
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
    fn images_are_told_by_their_repository() {
        let digest = format!("localhost:5000/a/web-crash@sha256:{}", "0".repeat(64));
        assert_eq!(of(&digest), Behaviour::Crashes);
        assert_eq!(of("ghcr.io/a/web-oom:v1"), Behaviour::OutOfMemory);
        assert_eq!(of("ghcr.io/a/web:x-crash"), Behaviour::Works);
        assert_eq!(canonical("nginx"), "docker.io/library/nginx:latest");
        assert!(is_root("ghcr.io/a/web-root:v1") && !is_root("ghcr.io/a/web-rooted"));
    }
}
