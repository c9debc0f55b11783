//! Fields of a Compose file that nokube.toml does not have, and why.

use crate::text;
use serde_yaml_ng::Value;

/// Fields that are carried over, or need no word.
const CARRIED_OVER: [&str; 15] = [
    "build",
    "command",
    "cpus",
    "deploy",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "healthcheck",
    "image",
    "mem_limit",
    "mem_reservation",
    "ports",
    "scale",
    "volumes",
];

/// Why a field of the file is left out. `None` if it is not.
pub fn of_file(field: &str) -> Option<String> {
    match field {
        "version" | "name" | "services" | "volumes" => None,
        "include" => Some(text!(
            "other files are not read; import the output of `docker compose config`",
            "les autres fichiers ne sont pas lus ; importez la sortie de `docker compose config`"
        )),
        extension if extension.starts_with("x-") => None,
        other => of_service(other, None),
    }
}

/// Why a field of a service is left out. `None` if it is not.
pub fn of_service(field: &str, value: Option<&Value>) -> Option<String> {
    if CARRIED_OVER.contains(&field) || field.starts_with("x-") {
        return None;
    }
    Some(match field {
        "restart" => {
            let restart = value.and_then(Value::as_str).unwrap_or_default();
            if matches!(restart, "always" | "unless-stopped") {
                return None;
            }
            text!("a program that ends is started again", "un programme qui se termine est relancé")
        }
        "depends_on" => text!(
            "services start in any order: a program waits for what it needs, or ends and is started again",
            "les services démarrent dans n’importe quel ordre : un programme attend ce dont il a besoin, ou se termine et est relancé"
        ),
        "networks" | "network_mode" | "links" | "external_links" | "extra_hosts" | "dns"
        | "dns_search" | "dns_opt" => {
            text!(
                "the services of a project reach each other at http://NAME-service:PORT",
                "les services d’un projet se joignent à http://NOM-service:PORT"
            )
        }
        "secrets" | "configs" => text!(
            "files are not mounted; set secrets as variables with nokube secrets set",
            "les fichiers ne sont pas montés ; définissez les secrets comme variables avec nokube secrets set"
        ),
        "container_name" | "hostname" | "domainname" | "labels" | "annotations" | "logging"
        | "platform" | "pull_policy" => {
            text!("the platform sets its own", "la plateforme définit les siens")
        }
        "privileged" | "cap_add" | "cap_drop" | "security_opt" | "devices" | "user"
        | "userns_mode" | "group_add" | "pid" | "ipc" | "sysctls" | "ulimits" | "read_only"
        | "cgroup" | "cgroup_parent" | "runtime" | "gpus" => {
            text!("the platform decides about permissions", "la plateforme décide des permissions")
        }
        "working_dir" => {
            text!("set WORKDIR in the Dockerfile", "définissez WORKDIR dans le Dockerfile")
        }
        "extends" => text!(
            "what it refers to is not read; import the output of `docker compose config`",
            "ce qu’il désigne n’est pas lu ; importez la sortie de `docker compose config`"
        ),
        "profiles" => text!(
            "the service is imported whatever its profiles",
            "le service est importé quels que soient ses profils"
        ),
        _ => no_counterpart(),
    })
}

pub fn no_counterpart() -> String {
    text!("has no counterpart in NoKube", "n’a pas d’équivalent dans NoKube")
}
