//! `environment` and `env_file`. What may be a secret is named, and its value is not copied.

use super::{
    service::Service,
    value::{list, pairs, scalar, unescaped, variables},
};
use crate::text;
use serde_yaml_ng::Value;

/// Parts of the names of secrets.
const SECRET_NAMES: [&str; 9] =
    ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "PRIVATE", "SALT"];

/// Whether this is a secret by its name, or because its value is an address with a password.
pub fn is_secret(name: &str, value: Option<&str>) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_NAMES.iter().any(|part| name.contains(part)) || value.is_some_and(has_password)
}

/// `SCHEME://USER:PASSWORD@…`
fn has_password(value: &str) -> bool {
    let mut addresses = value.split("://").skip(1);
    addresses.any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

/// Why a variable without a value is not carried over.
pub fn of_shell() -> String {
    text!(
        "has no value: Compose takes that of the person who starts it",
        "n’a pas de valeur : Compose prend celle de la personne qui le lance"
    )
}

pub fn convert(service: &mut Service<'_>, names_of: &dyn Fn(&str) -> Option<Vec<String>>) {
    for file in env_files(service) {
        let Some(file) = service.plain("env_file", &file) else { continue };
        match names_of(&file) {
            Some(names) => service.secrets.extend(names.into_iter().filter(|name| is_name(name))),
            None => {
                let reason = text!(
                    "{file} cannot be read here: set what it has with nokube secrets import",
                    "{file} n’est pas lisible ici : définissez son contenu avec nokube secrets import"
                );
                service.note("env_file", reason);
            }
        }
    }
    let variables = service.get("environment").map(pairs).unwrap_or_default();
    for (name, value) in variables {
        variable(service, name, value);
    }
}

fn env_files(service: &Service<'_>) -> Vec<String> {
    match service.get("env_file") {
        Some(Value::Sequence(items)) => {
            let path = |item: &Value| scalar(item).or_else(|| item.get("path").and_then(scalar));
            items.iter().filter_map(path).collect()
        }
        other => other.map(list).unwrap_or_default(),
    }
}

fn variable(service: &mut Service<'_>, name: String, value: Option<String>) {
    let field = format!("environment.{name}");
    if !is_name(&name) {
        let reason = text!("is no name of a variable", "n’est pas un nom de variable");
        return service.note(&field, reason);
    }
    if is_secret(&name, value.as_deref()) {
        service.secrets.insert(name);
        return;
    }
    // What `environment` sets is no secret of an `env_file`.
    service.secrets.remove(&name);
    let Some(value) = value else { return service.note(&field, of_shell()) };
    let used = variables(&value);
    if !used.is_empty() {
        let used = used.join(", ");
        let reason = text!(
            "uses the variables {used}, which are not substituted; write the value into nokube.toml, or set a secret",
            "utilise les variables {used}, qui ne sont pas remplacées ; écrivez la valeur dans nokube.toml, ou définissez un secret"
        );
        return service.note(&field, reason);
    }
    let value = unescaped(&value);
    note_peer(service, &field, &value);
    service.env_vars.push((name, value));
}

/// Says if a value is the address of another service, which is another one here.
fn note_peer(service: &mut Service<'_>, field: &str, value: &str) {
    let authority = value.split_once("://").map_or(value, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host =
        authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let Some(peer) = service.peers.get(host) else { return };
    let (name, port) = (&peer.name, peer.port);
    let reason = text!(
        "names the service {host}, which is at {name}-service:{port} here; change the value",
        "désigne le service {host}, qui est à {name}-service:{port} ici ; changez la valeur"
    );
    service.note(field, reason);
}

/// The names that a variable or a secret can have here.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && !name.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}
