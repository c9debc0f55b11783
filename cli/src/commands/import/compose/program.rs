//! `command`, `entrypoint` and the number of containers.

use super::{
    service::Service,
    value::{scalar, variables},
};
use crate::{detect::DraftField, text};
use serde_yaml_ng::Value;
use toml_edit::Array;

pub fn convert(service: &mut Service<'_>) {
    for (field, target) in [("entrypoint", "command"), ("command", "args")] {
        let Some(words) = service.get(field).and_then(words) else { continue };
        if words.iter().any(|word| !variables(word).is_empty()) {
            service.plain(field, &words.join(" "));
            continue;
        }
        let words: Vec<_> = words.iter().map(|word| super::value::unescaped(word)).collect();
        // An empty list clears what the image has, which is the default here.
        if !words.is_empty() {
            service.deployment.push(DraftField::new(target, Array::from_iter(words)));
        }
    }
}

/// A list of words, or a line that is split as a shell does it.
fn words(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Sequence(items) => Some(items.iter().filter_map(scalar).collect()),
        other => shlex::split(&scalar(other)?),
    }
}

/// Takes the number of containers. One with a volume has one.
pub fn replicas(service: &mut Service<'_>, number: Option<&Value>, has_volume: bool) {
    let number = number.and_then(Value::as_i64).or_else(|| service.get("scale")?.as_i64());
    match number {
        Some(number) if has_volume && number > 1 => {
            let reason = text!(
                "a service with a volume has one pod",
                "un service avec un volume a un seul pod"
            );
            service.note("deploy.replicas", reason);
        }
        Some(0) => {
            let reason = text!(
                "0: stop the service with nokube stop",
                "0 : arrêtez le service avec nokube stop"
            );
            service.note("deploy.replicas", reason);
        }
        Some(number) if number > 0 => {
            service.deployment.push(DraftField::new("replicas", number));
        }
        _ => {}
    }
}
