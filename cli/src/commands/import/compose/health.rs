//! `healthcheck`.

use super::{
    service::Service,
    value::{list, scalar, seconds},
};
use crate::{detect::DraftField, text};
use nokube_domain::deployments::UrlPath;
use serde_yaml_ng::{Mapping, Value};
use url::Url;

/// The times of a check, with the longest that a configuration takes.
const TIMES: [(&str, &str, u32); 3] = [
    ("interval", "health_check_period", 3600),
    ("timeout", "health_check_timeout", 300),
    ("start_period", "liveness_initial_delay", 3600),
];

/// The most failed checks.
const MAX_RETRIES: u32 = 100;

pub fn convert(service: &mut Service<'_>) {
    let Some(Value::Mapping(check)) = service.get("healthcheck") else { return };
    let test = check.get("test").map(list).unwrap_or_default();
    let is_disabled = check.get("disable").and_then(Value::as_bool) == Some(true)
        || test.first().is_some_and(|first| first == "NONE");
    if is_disabled {
        service.deployment.push(DraftField::new("health_check_enabled", false));
        return;
    }
    let Some(test) = service.plain("healthcheck", &test.join(" ")) else { return };
    let Some((port, path)) = http_target(&test) else {
        let reason = text!(
            "is not a request of HTTP to the service; the platform checks that the port is open",
            "n’est pas une requête HTTP au service ; la plateforme vérifie que le port est ouvert"
        );
        service.note("healthcheck", reason);
        return;
    };
    for field in ["liveness_check_path", "readiness_check_path"] {
        service.deployment.push(DraftField::new(field, path.as_str()));
    }
    if !is_container_port(service, port) {
        service.deployment.push(DraftField::new("health_check_port", i64::from(port)));
    }
    times(service, check);
}

fn times(service: &mut Service<'_>, check: &Mapping) {
    for (field, target, max) in TIMES {
        let Some(text) = check.get(field).and_then(scalar) else { continue };
        let Some(text) = service.plain(&format!("healthcheck.{field}"), &text) else { continue };
        match seconds(&text) {
            // A delay may be 0, the others not.
            Some(0) if field != "start_period" => {}
            Some(seconds) => {
                service.deployment.push(DraftField::new(target, i64::from(seconds.min(max))));
            }
            None => {
                let reason = text!("{text} is no duration", "{text} n’est pas une durée");
                service.note(&format!("healthcheck.{field}"), reason);
            }
        }
    }
    let retries = check.get("retries").and_then(Value::as_u64);
    if let Some(retries) =
        retries.and_then(|retries| u32::try_from(retries).ok()).filter(|it| *it > 0)
    {
        let retries = i64::from(retries.min(MAX_RETRIES));
        service.deployment.push(DraftField::new("health_check_failure_threshold", retries));
    }
}

/// The port and the path of the URL that a check requests of the container itself.
fn http_target(test: &str) -> Option<(u16, String)> {
    let words = test.split(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '|' | ';' | '(' | ')' | ',')
    });
    let urls = words.filter_map(|word| Url::parse(word).ok()).filter(|url| url.scheme() == "http");
    let is_own = |url: &Url| {
        url.host_str()
            .is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]"))
    };
    let url = urls.into_iter().find(is_own)?;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let port = url.port_or_known_default()?;
    path.parse::<UrlPath>().is_ok().then_some((port, path))
}

fn is_container_port(service: &Service<'_>, port: u16) -> bool {
    let field = service.deployment.iter().find(|field| field.name == "container_port");
    field.and_then(|field| field.value.as_integer()) == Some(i64::from(port))
}
