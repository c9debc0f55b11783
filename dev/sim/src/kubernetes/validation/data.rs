//! Validates the data of Secrets and ConfigMaps.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::metadata::invalid;
use super::name_formats::config_key;
use crate::kubernetes::api_error::StatusCause;
use crate::kubernetes::json::{flag, members, text};
use crate::kubernetes::state::resources::Resource;

const MAX_DATA_BYTES: usize = 1024 * 1024;
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

pub fn check(resource: &Resource, new: &Value, old: Option<&Value>, causes: &mut Vec<StatusCause>) {
    let is_secret = resource.plural == "secrets";
    if let Some(old) = old {
        if is_secret && text(old, "/type") != text(new, "/type") {
            causes.push(StatusCause::invalid(
                "type",
                &json!(text(new, "/type")),
                "field is immutable",
            ));
        }
        if flag(old, "/immutable") {
            if !flag(new, "/immutable") {
                causes.push(StatusCause::forbidden("immutable", IMMUTABLE));
            }
            for field in ["data", "binaryData"] {
                if old.get(field) != new.get(field) {
                    causes.push(StatusCause::forbidden(field, IMMUTABLE));
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
            let is_base64 = is_secret || field == "binaryData";
            size += if is_base64 { value.len() / 4 * 3 } else { value.len() };
        }
    }
    if size > MAX_DATA_BYTES {
        causes.push(StatusCause::too_long(if is_secret { "data" } else { "" }, MAX_DATA_BYTES));
    }
    if is_secret {
        check_secret_type(new, causes);
    }
}

/// Checks the keys that some types of Secrets require.
fn check_secret_type(new: &Value, causes: &mut Vec<StatusCause>) {
    let data = |key: &str| new.get("data").and_then(|data| data.get(key)).and_then(Value::as_str);
    let mut required = |key: &str| {
        if data(key).is_none() {
            causes.push(StatusCause::required(&format!("data[{key}]"), ""));
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
                causes.push(StatusCause::invalid(
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

/// Rejects data that is not base64. The real server fails to decode such an object.
///
/// # Errors
/// With the real server's message.
pub fn check_base64(resource: &Resource, object: &Value) -> Result<(), String> {
    let field = match resource.plural {
        "secrets" => "/data",
        "configmaps" => "/binaryData",
        _ => return Ok(()),
    };
    for (_, value) in members(object, field) {
        let text = value.as_str().unwrap_or_default();
        if STANDARD.decode(text).is_err() {
            let invalid_byte = text
                .find(|letter: char| !letter.is_ascii_alphanumeric() && !"+/=".contains(letter));
            let index = invalid_byte.unwrap_or(text.len() / 4 * 4);
            return Err(format!(
                "unable to convert unstructured object to {}/{}, Kind={}: error decoding from \
                 json: illegal base64 data at input byte {index}",
                resource.group, resource.version, resource.kind
            ));
        }
    }
    Ok(())
}
