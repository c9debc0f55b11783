//! `volumes`.

use super::{service::Service, value::scalar};
use crate::{detect::DraftField, text};
use serde_yaml_ng::Value;

/// The size of a volume. Compose files have none.
const SIZE: &str = "1Gi";

/// Where a volume is mounted.
struct Mount {
    source: Option<String>,
    target: String,
    kind: Option<String>,
}

pub fn convert(service: &mut Service<'_>) {
    let Some(Value::Sequence(items)) = service.get("volumes") else { return };
    let mut mounted: Option<String> = None;
    for item in items {
        let Some(mount) = mount(item) else { continue };
        let target = mount.target.clone();
        if let Some(reason) = not_a_volume(&mount) {
            service.note("volumes", reason);
        } else if let Some(first) = &mounted {
            let reason = text!(
                "{target}: a service has one volume, here {first}",
                "{target} : un service a un seul volume, ici {first}"
            );
            service.note("volumes", reason);
        } else if let Some(target) = service.plain("volumes", &target) {
            let comment =
                text!("Compose files have no size.", "Les fichiers Compose n’ont pas de taille.");
            service.deployment.push(DraftField::new("storage_size", SIZE).comment(comment));
            service.deployment.push(DraftField::new("storage_path", target.as_str()));
            mounted = Some(target);
        }
    }
}

/// Whether the service has a volume here.
pub fn has_volume(service: &Service<'_>) -> bool {
    service.deployment.iter().any(|field| field.name == "storage_path")
}

/// `[SOURCE:]TARGET[:MODE]`, or its long form.
fn mount(item: &Value) -> Option<Mount> {
    if let Value::Mapping(fields) = item {
        let text = |field: &str| fields.get(field).and_then(scalar);
        return Some(Mount { source: text("source"), target: text("target")?, kind: text("type") });
    }
    let text = scalar(item)?;
    let mut parts = text.splitn(3, ':');
    let first = parts.next()?.to_owned();
    Some(match parts.next() {
        Some(target) => Mount { source: Some(first), target: target.to_owned(), kind: None },
        None => Mount { source: None, target: first, kind: None },
    })
}

/// Why this is no persistent volume.
fn not_a_volume(mount: &Mount) -> Option<String> {
    let target = &mount.target;
    match (mount.kind.as_deref(), mount.source.as_deref()) {
        (Some("tmpfs"), _) => Some(text!(
            "{target}: files in a container need no volume to be temporary",
            "{target} : dans un conteneur, les fichiers sont temporaires sans volume"
        )),
        (Some("bind" | "npipe"), Some(source)) => Some(bind(source)),
        (None, Some(source)) if source.starts_with(['.', '/', '~', '$', '\\']) => {
            Some(bind(source))
        }
        _ => None,
    }
}

fn bind(source: &str) -> String {
    text!(
        "{source}: a folder of this computer cannot be mounted; copy it into the image",
        "{source} : un dossier de cet ordinateur ne peut pas être monté ; copiez-le dans l’image"
    )
}
