//! The Secrets and ConfigMaps that a pod refers to, and its credentials for registries.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::kubernetes::json::{flag, list, members, namespace, text};
use crate::kubernetes::state::ClusterState;

impl ClusterState {
    /// Returns the error if a container's environment refers to something missing: `secret "x" not
    /// found`.
    pub fn environment_error(&self, pod: &Value, container: &Value) -> Option<String> {
        let pod_namespace = namespace(pod);
        let check = |kind: &str, reference: &Value| {
            let plural = if kind == "secret" { "secrets" } else { "configmaps" };
            let name = text(reference, "/name");
            let optional = flag(reference, "/optional");
            let Some(found) = self.find(plural, pod_namespace, name) else {
                return (!optional).then(|| format!("{kind} {name:?} not found"));
            };
            let key = text(reference, "/key");
            let has = ["/data", "/binaryData"]
                .iter()
                .any(|field| found.pointer(field).and_then(|data| data.get(key)).is_some());
            let label = if kind == "secret" { "Secret" } else { "ConfigMap" };
            (!key.is_empty() && !has && !optional)
                .then(|| format!("couldn't find key {key} in {label} {pod_namespace}/{name}"))
        };
        let env_from = list(container, "/envFrom").iter().flat_map(|from| {
            [("secret", from.get("secretRef")), ("configmap", from.get("configMapRef"))]
        });
        let env = list(container, "/env").iter().flat_map(|from| {
            [
                ("secret", from.pointer("/valueFrom/secretKeyRef")),
                ("configmap", from.pointer("/valueFrom/configMapKeyRef")),
            ]
        });
        env_from.chain(env).find_map(|(kind, reference)| check(kind, reference?))
    }

    /// Returns the error if a volume refers to something missing.
    pub fn volume_error(&self, pod: &Value) -> Option<String> {
        let pod_namespace = namespace(pod);
        list(pod, "/spec/volumes").iter().find_map(|volume| {
            let sources = [
                ("secrets", "secret", "/secret", "/secretName"),
                ("configmaps", "configmap", "/configMap", "/name"),
            ];
            sources.iter().find_map(|(plural, kind, source_field, name_field)| {
                let source = volume.pointer(source_field)?;
                let name = text(source, name_field);
                let is_missing =
                    !flag(source, "/optional") && self.find(plural, pod_namespace, name).is_none();
                is_missing.then(|| {
                    format!(
                        "MountVolume.SetUp failed for volume {:?} : {kind} {name:?} not found",
                        text(volume, "/name")
                    )
                })
            })
        })
    }

    /// The usernames and passwords for a registry in the pod's image pull secrets.
    pub fn pull_credentials(&self, pod: &Value, registry: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for reference in list(pod, "/spec/imagePullSecrets") {
            let secret = self.find("secrets", namespace(pod), text(reference, "/name"));
            let data = secret
                .filter(|secret| text(secret, "/type") == "kubernetes.io/dockerconfigjson")
                .and_then(|secret| secret.get("data")?.get(".dockerconfigjson")?.as_str());
            let config = data.and_then(|data| STANDARD.decode(data).ok());
            let config: Value =
                config.and_then(|config| serde_json::from_slice(&config).ok()).unwrap_or_default();
            for (host, entry) in members(&config, "/auths") {
                let registry_host =
                    host.trim_start_matches("https://").trim_start_matches("http://");
                let registry_host = registry_host.split('/').next().unwrap_or_default();
                let is_docker_hub = registry == "docker.io" && registry_host == "index.docker.io";
                if registry_host != registry && !is_docker_hub {
                    continue;
                }
                let auth = STANDARD.decode(text(entry, "/auth")).unwrap_or_default();
                let auth = String::from_utf8_lossy(&auth).into_owned();
                let decoded =
                    auth.split_once(':').map(|(user, password)| (user.into(), password.into()));
                let fields =
                    (text(entry, "/username").to_owned(), text(entry, "/password").to_owned());
                found.push(decoded.unwrap_or(fields));
            }
        }
        found
    }
}
