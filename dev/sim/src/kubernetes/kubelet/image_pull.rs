//! Pulling images: which pulls fail, and the credentials in the pod's pull secrets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::image_behaviour::{Behaviour, behaviour_of};
use crate::kubernetes::json::{list, members, namespace, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::SECRETS;

impl ClusterState {
    /// Returns containerd's error if the image cannot be pulled.
    pub fn pull_error(&self, pod: &Value, image: &str) -> Option<String> {
        let (registry, path) = image.split_once('/').unwrap_or(("docker.io", image));
        let pull_error = |code: &str, reason: String| {
            Some(format!(
                "rpc error: code = {code} desc = failed to pull and unpack image {image:?}: failed to \
                 resolve reference {image:?}: {reason}"
            ))
        };
        match behaviour_of(image) {
            Behaviour::PullDenied => {
                let status = "403 Forbidden";
                let url = format!("https://{registry}/v2/{path}");
                let reason = format!("unexpected status from HEAD request to {url}: {status}");
                return pull_error("Unknown", reason);
            }
            Behaviour::NoSuchTag => return pull_error("NotFound", format!("{image}: not found")),
            _ => {}
        }
        let mut private = self.options.private_images.iter();
        let required = private.find(|images| image.starts_with(&images.prefix))?;
        let given = self.pull_credentials(pod, registry);
        if given.contains(&(required.username.clone(), required.password.clone())) {
            return None;
        }
        let (kind, status) = match given.is_empty() {
            true => ("anonymous", "401 Unauthorized"),
            false => ("oauth", "403 Forbidden"),
        };
        let reason = format!(
            "failed to authorize: failed to fetch {kind} token: unexpected status from GET request to \
             https://{registry}/token: {status}"
        );
        pull_error("Unknown", reason)
    }

    /// The usernames and passwords for a registry in the pod's image pull secrets.
    fn pull_credentials(&self, pod: &Value, registry: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for reference in list(pod, "/spec/imagePullSecrets") {
            let secret = self.find(&SECRETS, namespace(pod), text(reference, "/name"));
            let data = secret.and_then(|secret| secret.get("data")?.get(".dockerconfigjson"));
            let config = data.and_then(|data| STANDARD.decode(data.as_str()?).ok());
            let config: Value =
                config.and_then(|config| serde_json::from_slice(&config).ok()).unwrap_or_default();
            for (_, entry) in members(&config, "/auths").filter(|(host, _)| *host == registry) {
                let auth = STANDARD.decode(text(entry, "/auth")).unwrap_or_default();
                let auth = String::from_utf8_lossy(&auth).into_owned();
                found.extend(
                    auth.split_once(':').map(|(user, password)| (user.into(), password.into())),
                );
            }
        }
        found
    }
}
