//! What a pod refers to: Secrets and ConfigMaps, and its credentials for registries.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cluster::json::{flag, list, members, namespace, text};
use crate::cluster::model::Model;

impl Model {
    /// What a container's variables lack: `secret "x" not found`.
    pub fn missing_variable(&self, pod: &Value, container: &Value) -> Option<String> {
        let space = namespace(pod);
        let look = |kind: &str, reference: &Value| {
            let plural = if kind == "secret" { "secrets" } else { "configmaps" };
            let wanted = text(reference, "/name");
            let optional = flag(reference, "/optional");
            let Some(found) = self.find(plural, space, wanted) else {
                return (!optional).then(|| format!("{kind} {wanted:?} not found"));
            };
            let key = text(reference, "/key");
            let has = ["/data", "/binaryData"]
                .iter()
                .any(|at| found.pointer(at).and_then(|data| data.get(key)).is_some());
            let shown = if kind == "secret" { "Secret" } else { "ConfigMap" };
            (!key.is_empty() && !has && !optional)
                .then(|| format!("couldn't find key {key} in {shown} {space}/{wanted}"))
        };
        let whole = list(container, "/envFrom").iter().flat_map(|from| {
            [("secret", from.get("secretRef")), ("configmap", from.get("configMapRef"))]
        });
        let single = list(container, "/env").iter().flat_map(|from| {
            [
                ("secret", from.pointer("/valueFrom/secretKeyRef")),
                ("configmap", from.pointer("/valueFrom/configMapKeyRef")),
            ]
        });
        whole.chain(single).find_map(|(kind, reference)| look(kind, reference?))
    }

    /// What cannot be mounted.
    pub fn missing_volume(&self, pod: &Value) -> Option<String> {
        let space = namespace(pod);
        list(pod, "/spec/volumes").iter().find_map(|volume| {
            let sources = [
                ("secrets", "secret", "/secret", "/secretName"),
                ("configmaps", "configmap", "/configMap", "/name"),
            ];
            sources.iter().find_map(|(plural, kind, at, named)| {
                let source = volume.pointer(at)?;
                let wanted = text(source, named);
                let missing =
                    !flag(source, "/optional") && self.find(plural, space, wanted).is_none();
                missing.then(|| {
                    format!(
                        "MountVolume.SetUp failed for volume {:?} : {kind} {wanted:?} not found",
                        text(volume, "/name")
                    )
                })
            })
        })
    }

    /// User and password that the pod's pull secrets have for a registry.
    pub fn credentials(&self, pod: &Value, registry: &str) -> Vec<(String, String)> {
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
                let plain = host.trim_start_matches("https://").trim_start_matches("http://");
                let plain = plain.split('/').next().unwrap_or_default();
                if plain != registry && !(registry == "docker.io" && plain == "index.docker.io") {
                    continue;
                }
                let auth = STANDARD.decode(text(entry, "/auth")).unwrap_or_default();
                let auth = String::from_utf8_lossy(&auth).into_owned();
                let pair = auth.split_once(':').map(|(user, word)| (user.into(), word.into()));
                let plain =
                    (text(entry, "/username").to_owned(), text(entry, "/password").to_owned());
                found.push(pair.unwrap_or(plain));
            }
        }
        found
    }
}
