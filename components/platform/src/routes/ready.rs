//! `GET /ready`: whether everything is set up, or what is missing.

use crate::settings::Settings;
use futures::future::join_all;
use http::StatusCode;
use nokube_domain::{
    Timestamp,
    problem::FieldError,
    responses::{Readiness, ReadinessCheck as Check},
    scope::Scope,
};
use nokube_edge::{
    Call, Error, Reply, Result,
    auth::{self, AuthSettings, HealthAudience},
    chaining, now,
    readiness::{Health, SettingsReport},
    settings::SettingsError,
    store::{Backend, Store, StoreSettings, WindowName, keys},
    warn,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Seconds for which the results about other systems are cached: anybody may request them, and GitHub limits
/// requests.
const CACHE_SECONDS: i64 = 15;
/// The same for operators, who may just have fixed something.
const OPERATOR_CACHE_SECONDS: i64 = 2;

const COMPONENT_TIMEOUT: Duration = Duration::from_secs(4);
/// The check of GitHub sends up to four requests. A hosted Spin ends a request after 30 s.
const GITHUB_TIMEOUT: Duration = Duration::from_secs(25);
/// The check of the registry sends two requests: to its API and for a token.
const REGISTRY_TIMEOUT: Duration = Duration::from_secs(20);
const CLUSTER_TIMEOUT: Duration = Duration::from_secs(15);

/// The components that check their own settings, in the order in which `/ready` lists what is wrong.
const COMPONENTS: [&str; 4] = ["builds", "webhook", "deploy", "auth"];

/// Shown to the public in place of details.
const OK: &str = "ok";
const NOT_OK: &str =
    "failed; the reason is shown to signed-in administrators and by nokube doctor --operator";

/// The last findings about external systems, shared by all instances through the store.
#[derive(Serialize, Deserialize)]
struct Findings {
    /// Seconds since 1970.
    at: i64,
    checks: Vec<Check>,
}

/// Errors in settings are shown to everybody, because nobody can sign in before they are fixed. Details of the
/// other checks are only shown to administrators and operators ([`HealthAudience`]).
pub async fn ready(call: Call) -> Result<Reply> {
    let audience = auth::health_audience(call.headers(), Scope::Metrics).await;
    let max_age =
        if audience == HealthAudience::Operator { OPERATOR_CACHE_SECONDS } else { CACHE_SECONDS };
    let (mut checks, sign_in, external) = futures::join!(
        check_settings(),
        check_by("sign_in", "auth", "/ready/sign-in", COMPONENT_TIMEOUT),
        check_external_systems(max_age)
    );
    let mut confidential: Vec<_> = sign_in.into_iter().collect();
    match external {
        Ok(external) => confidential.extend(external),
        Err(error) => {
            confidential.extend(store_failure(&error));
            let detail =
                "GitHub, the registry and the cluster were not checked, because of the store";
            confidential.push(check("outside", Health::failed(detail)));
        }
    }
    let in_full = audience != HealthAudience::Public;
    if !in_full {
        for check in &mut confidential {
            check.detail = if check.ok { OK } else { NOT_OK }.into();
        }
    }
    checks.extend(confidential);
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(Reply::json(status, &Readiness { ready, in_full, checks }))
}

/// The check of a store that fails; `None` if its settings are wrong, which is reported as their error.
fn store_failure(error: &Error) -> Option<Check> {
    let (Error::Internal(what) | Error::StoreUnavailable(what)) = error else { return None };
    warn(format_args!("ready: {what}"));
    let reason = what.strip_prefix("store: ").unwrap_or(what);
    Some(check("store", Health::failed(format!("the store does not work: {reason}"))))
}

fn check(name: &str, Health { ok, detail }: Health) -> Check {
    Check { name: name.into(), ok, detail }
}

/// One failed check for each variable that is wrong in any component; one passed check if none is.
async fn check_settings() -> Vec<Check> {
    let mut errors = errors_of(AuthSettings::load().await);
    errors.extend(errors_of(StoreSettings::load().await));
    errors.extend(errors_of(Settings::load().await));
    errors.extend(join_all(COMPONENTS.map(settings_errors)).await.into_iter().flatten());
    let mut checks: Vec<Check> = Vec::new();
    for FieldError { field, detail } in errors {
        // Several components may report the same variable.
        if !checks.iter().any(|check| check.name == field) {
            checks.push(check(&field, Health::failed(detail)));
        }
    }
    if checks.is_empty() {
        checks.push(check("settings", Health::ok("every setting is there and well-formed")));
    }
    checks
}

fn errors_of<T>(settings: std::result::Result<T, SettingsError>) -> Vec<FieldError> {
    settings.err().map_or_else(Vec::new, |error| error.0)
}

/// What another component reports about its settings.
async fn settings_errors(component: &str) -> Vec<FieldError> {
    let body = chaining::get(component, "/ready", COMPONENT_TIMEOUT).await;
    match body.and_then(|body| serde_json::from_slice::<SettingsReport>(&body).ok()) {
        Some(report) => report.errors,
        None => {
            let detail = format!("the component {component} does not answer");
            vec![FieldError { field: component.into(), detail }]
        }
    }
}

/// Checks GitHub, the registry and the cluster, or returns the stored findings while they are fresh, or while another
/// request checks them. The time is stored before the checks, which may take longer than the findings are fresh.
async fn check_external_systems(max_age: i64) -> Result<Vec<Check>> {
    let store = Store::open().await?;
    let second = now().as_second();
    let stored = store.get(keys::readiness::<Findings>()).await?;
    if let Some(findings) = stored.as_ref().filter(|findings| second - findings.at < max_age) {
        return Ok(findings.checks.clone());
    }
    let last = stored.as_ref().and_then(|findings| Timestamp::from_second(findings.at).ok());
    let previous = stored.map(|findings| findings.checks).unwrap_or_else(|| {
        let detail =
            "GitHub, the registry and the cluster are being checked; try again in a moment";
        vec![check("outside", Health::failed(detail))]
    });
    if !store.is_first(&WindowName::readiness(), last).await? {
        return Ok(previous);
    }
    store.set(keys::readiness(), &Findings { at: second, checks: previous }).await?;
    let (github, registry, images, cluster, routing) = futures::join!(
        check_by("github", "builds", "/ready/github", GITHUB_TIMEOUT),
        check_by("registry", "builds", "/ready/registry", REGISTRY_TIMEOUT),
        check_by("images", "deploy", "/ready/images", COMPONENT_TIMEOUT),
        check_by("cluster", "deploy", "/ready/cluster", CLUSTER_TIMEOUT),
        check_by("routing", "deploy", "/ready/routing", CLUSTER_TIMEOUT),
    );
    let checks = [Some(check_store(&store).await?), github, registry, images, cluster, routing];
    let checks: Vec<_> = checks.into_iter().flatten().collect();
    store.set(keys::readiness(), &Findings { at: second, checks: checks.clone() }).await?;
    Ok(checks)
}

/// Which store holds the state. That it can be read and written has been seen already.
async fn check_store(store: &Store) -> Result<Check> {
    let detail = match store.backend().await? {
        Backend::Redis => "the Redis server of state_redis_url answers",
        Backend::KeyValue => "Spin's key-value store answers",
        Backend::KeyValueOnRedis => {
            "Spin's key-value store answers, but it is on Redis, which is deprecated: under load all calls can hang \
             until a restart. Move its URL from the runtime configuration to state_redis_url (docs/operate.md)"
        }
    };
    Ok(check("store", Health::ok(detail)))
}

/// A check that another component makes; `None` while its settings are incomplete.
async fn check_by(name: &str, component: &str, path: &str, total: Duration) -> Option<Check> {
    let health = match chaining::get(component, path, total).await {
        Some(body) if body.is_empty() => return None,
        Some(body) => serde_json::from_slice::<Health>(&body)
            .unwrap_or_else(|_| Health::failed("could not be checked; the log says why")),
        None => Health::failed(format!("the component {component} does not answer")),
    };
    Some(check(name, health))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    fn readiness(ready: bool, name: &str, detail: &str) -> Value {
        let check = json!({ "name": name, "ok": ready, "detail": detail });
        json!({ "ready": ready, "in_full": true, "checks": [check] })
    }

    pub fn ready() -> Operation {
        Operation::new("readReadiness", "Check that the platform is ready")
            .any_query()
            .description(
                "Checks all settings, who may sign in, and whether GitHub, the registry and the \
                 cluster respond and accept the platform's credentials, and whether the Gateway or \
                 IngressClass of services exists. Invalid settings are reported \
                 to everybody. Of the other checks, administrators (or a token with the scope \
                 `metrics`) see the details, everybody else only the result. The result is cached \
                 for some seconds.",
            )
            .json_response::<Readiness>(
                200,
                "The platform is ready.",
                readiness(true, "settings", "every setting is there and well-formed"),
            )
            .json_response::<Readiness>(
                503,
                "The platform is not ready. `checks` says why.",
                readiness(false, "github", "GitHub does not accept the platform's credentials"),
            )
    }
}
