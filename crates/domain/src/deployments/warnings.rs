//! Warnings about a valid configuration that is probably a mistake.

use super::{Bytes, Exposure, SecretValue, Spec};
use std::collections::BTreeMap;

/// The warnings about a configuration. `secrets`: the values of its secrets, if they are known; none of them is in a
/// warning.
pub fn warnings(spec: &Spec, secrets: Option<&BTreeMap<String, SecretValue>>) -> Vec<String> {
    let variable = spec.variables.get("PORT").map(|value| ("variable", value.as_str()));
    let secret = secrets.and_then(|secrets| secrets.get("PORT"));
    let port = variable.or(secret.map(|value| ("secret", value.reveal())));
    let port = port.and_then(|(kind, value)| other_port(spec, kind, value));
    port.into_iter().chain(command_line(spec)).collect()
}

/// If the program listens on the port in its variable `PORT`, but requests or health checks are sent to another one.
fn other_port(spec: &Spec, kind: &str, value: &str) -> Option<String> {
    let receives_requests = spec.exposure != Exposure::None;
    let port = match &spec.health {
        _ if receives_requests => spec.container_port,
        Some(health) => health.port,
        None => return None,
    };
    let is_same = value.trim().parse() == Ok(port);
    (!is_same).then(|| {
        let (field, what) = match receives_requests {
            true => ("container_port", "requests"),
            false => ("health_check_port", "health checks"),
        };
        format!(
            "The {kind} PORT is not {port}, the {field}, to which {what} are sent. If the program \
             listens on PORT, it gets none of them: use the same number, or leave PORT out."
        )
    })
}

/// If a whole command line was given as one word.
fn command_line(spec: &Spec) -> Option<String> {
    let program = spec.command.first()?;
    let is_line = !program.starts_with('/') && program.contains(char::is_whitespace);
    is_line.then(|| {
        "The first item of command contains a space. It is taken as the name of the program as a \
         whole: give each word as an item of its own."
            .to_owned()
    })
}

/// If a request asks for a smaller volume than the service has.
pub fn volume_stays(spec: &Spec, claim: &Bytes) -> Option<String> {
    let requested = &spec.volume.as_ref()?.size;
    (requested < claim).then(|| {
        format!(
            "The volume keeps its size of {claim}: a volume cannot be made smaller. storage_size asks for \
             {requested}."
        )
    })
}
