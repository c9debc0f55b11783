//! The data of Secrets and ConfigMaps.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::meta::invalid;
use super::text::config_key;
use crate::cluster::json::{flag, members, text};
use crate::cluster::resources::Resource;
use crate::cluster::status::Cause;

const LARGEST: usize = 1024 * 1024;
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

pub fn check(resource: &Resource, new: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let secret = resource.plural == "secrets";
    if let Some(old) = old {
        if secret && text(old, "/type") != text(new, "/type") {
            causes.push(Cause::invalid("type", &json!(text(new, "/type")), "field is immutable"));
        }
        if flag(old, "/immutable") {
            if !flag(new, "/immutable") {
                causes.push(Cause::forbidden("immutable", IMMUTABLE));
            }
            for field in ["data", "binaryData"] {
                if old.get(field) != new.get(field) {
                    causes.push(Cause::forbidden(field, IMMUTABLE));
                }
            }
        }
    }
    let mut size = 0;
    for field in ["data", "binaryData"] {
        for (key, value) in members(new, &format!("/{field}")) {
            let path = format!("{field}[{key}]");
            causes.extend(invalid(&path, key, &config_key(key)));
            let value = value.as_str().unwrap_or_default();
            let decoded = secret || field == "binaryData";
            size += if decoded { value.len() / 4 * 3 } else { value.len() };
        }
    }
    if size > LARGEST {
        causes.push(Cause::too_long(if secret { "data" } else { "" }, LARGEST));
    }
    if secret {
        typed(new, causes);
    }
}

/// What some types of Secrets must contain.
fn typed(new: &Value, causes: &mut Vec<Cause>) {
    let data = |key: &str| new.get("data").and_then(|data| data.get(key)).and_then(Value::as_str);
    let mut required = |key: &str| {
        if data(key).is_none() {
            causes.push(Cause::required(&format!("data[{key}]"), ""));
        }
    };
    match text(new, "/type") {
        "kubernetes.io/tls" => ["tls.crt", "tls.key"].into_iter().for_each(required),
        "kubernetes.io/dockerconfigjson" => {
            required(".dockerconfigjson");
            let config = data(".dockerconfigjson").map(|data| STANDARD.decode(data));
            if let Some(Ok(config)) = config
                && let Err(error) = serde_json::from_slice::<serde_json::Map<_, Value>>(&config)
            {
                let redacted = json!("<secret contents redacted>");
                causes.push(Cause::invalid(
                    "data[.dockerconfigjson]",
                    &redacted,
                    &error.to_string(),
                ));
            }
        }
        "kubernetes.io/basic-auth" if data("username").is_none() && data("password").is_none() => {
            ["username", "password"].into_iter().for_each(required);
        }
        _ => {}
    }
}

/// Data that must be in base64; without it, the object cannot even be decoded.
pub fn check_base64(resource: &Resource, object: &Value) -> Result<(), String> {
    let field = match resource.plural {
        "secrets" => "/data",
        "configmaps" => "/binaryData",
        _ => return Ok(()),
    };
    for (_, value) in members(object, field) {
        let text = value.as_str().unwrap_or_default();
        if STANDARD.decode(text).is_err() {
            let plain = text
                .find(|letter: char| !letter.is_ascii_alphanumeric() && !"+/=".contains(letter));
            let at = plain.unwrap_or(text.len() / 4 * 4);
            return Err(format!(
                "unable to convert unstructured object to {}/{}, Kind={}: error decoding from \
                 json: illegal base64 data at input byte {at}",
                resource.group, resource.version, resource.kind
            ));
        }
    }
    Ok(())
}
