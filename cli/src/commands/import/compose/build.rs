//! `build` and `image`.

use super::{
    service::Service,
    value::{join, pairs, scalar},
};
use crate::{detect::DraftField, text};
use serde_yaml_ng::{Mapping, Value};
use toml_edit::InlineTable;

/// Takes `build`. Whether the service is built from the repository.
pub fn convert(service: &mut Service<'_>) -> bool {
    let (context, fields) = match service.get("build") {
        None => {
            note_image(service);
            return false;
        }
        Some(Value::Mapping(fields)) => {
            (fields.get("context").and_then(scalar).unwrap_or_else(|| ".".into()), Some(fields))
        }
        Some(context) => (scalar(context).unwrap_or_else(|| ".".into()), None),
    };
    let Some(context) = service.plain("build.context", &context) else { return false };
    let is_remote =
        context.contains("://") || context.starts_with("git@") || context.ends_with(".git");
    let folder = join(service.folder, &context).filter(|_| !is_remote);
    let Some(folder) = folder else {
        service.note("build.context", not_in_repository());
        return false;
    };
    if folder != "." {
        service.build.push(DraftField::new("context", folder.as_str()));
    }
    dockerfile(service, &folder, fields);
    if let Some(fields) = fields {
        arguments(service, fields);
        note_rest(service, fields);
    }
    true
}

fn note_image(service: &mut Service<'_>) {
    let name = service.name_here();
    let reason = match service.get("image").and_then(scalar) {
        Some(image) => text!(
            "is not built here; deploy it with: nokube deploy {name} --image {image}",
            "n’est pas construite ici ; déployez-la avec : nokube deploy {name} --image {image}"
        ),
        None => text!("has neither build nor image", "n’a ni build ni image"),
    };
    service.note("image", reason);
}

fn dockerfile(service: &mut Service<'_>, context: &str, fields: Option<&Mapping>) {
    let text = |field: &str| fields.and_then(|fields| fields.get(field)).and_then(scalar);
    if let Some(content) = text("dockerfile_inline") {
        if let Some(content) = service.plain("build.dockerfile_inline", &content) {
            service.build.push(DraftField::new("dockerfile_content", content));
        }
        return;
    }
    let path = text("dockerfile").unwrap_or_else(|| "Dockerfile".into());
    let Some(path) = service.plain("build.dockerfile", &path) else { return };
    match join(context, &path) {
        Some(path) => service.build.push(DraftField::new("dockerfile_path", path)),
        None => service.note("build.dockerfile", not_in_repository()),
    }
}

fn not_in_repository() -> String {
    text!("is not in this repository", "n’est pas dans ce dépôt")
}

fn arguments(service: &mut Service<'_>, fields: &Mapping) {
    let mut arguments = InlineTable::new();
    for (name, value) in fields.get("args").map(pairs).unwrap_or_default() {
        let field = format!("build.args.{name}");
        let value = match value {
            _ if super::environment::is_secret(&name, None) => {
                let reason = text!(
                    "may be a secret, and build arguments stay in the image",
                    "peut être un secret, et les arguments de build restent dans l’image"
                );
                service.note(&field, reason);
                None
            }
            Some(value) => service.plain(&field, &value),
            None => {
                service.note(&field, super::environment::of_shell());
                None
            }
        };
        if let Some(value) = value {
            arguments.insert(&name, value.into());
        }
    }
    if !arguments.is_empty() {
        service.build.push(DraftField::new("build_args", arguments));
    }
}

fn note_rest(service: &mut Service<'_>, fields: &Mapping) {
    let known = ["context", "dockerfile", "dockerfile_inline", "args"];
    let others = fields.keys().filter_map(scalar).filter(|field| !known.contains(&field.as_str()));
    for field in others {
        let reason = match field.as_str() {
            "target" => text!(
                "the last stage of the Dockerfile is built",
                "la dernière étape du Dockerfile est construite"
            ),
            "cache_from" | "cache_to" | "no_cache" | "pull" => {
                text!("the platform has its own cache", "la plateforme a son propre cache")
            }
            "secrets" | "ssh" => {
                text!("a build gets no secrets", "un build ne reçoit pas de secrets")
            }
            _ => super::left_out::no_counterpart(),
        };
        service.note(&format!("build.{field}"), reason);
    }
}
