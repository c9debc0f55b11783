//! `GET /health` (are we alive) and `GET /ready` (is everything set up, and what is missing).

use crate::{
    github::GitHub,
    settings::{Settings, Waits},
};
use futures::future::join_all;
use http::{Request, StatusCode};
use nokube_domain::{
    answer::{Readiness, ReadinessCheck as Check},
    problem::Fault,
};
use nokube_edge::{
    Call, Failure, Reply, Result,
    auth::{self, AuthSettings, Onlooker},
    now,
    outbound::{self, NoAnswer, Timeouts},
    settings::NotSetUp,
    store::Store,
    warn,
};
use nokube_github::{
    refusal,
    registry::{self, Root},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Seconds that what was found outside is told again: anybody may ask, and asking GitHub costs.
const KEEP: i64 = 15;
/// As [`KEEP`], to operators, who have just mended something.
const KEEP_OPERATOR: i64 = 2;

const REGISTRY: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    idle: Duration::from_secs(5),
    total: Duration::from_secs(8),
};

/// What strangers are told of what was found outside.
const FINE: &str = "well";
const NOT_FINE: &str =
    "not well; why is told to administrators who have signed in, and by make doctor";

/// What the last look at GitHub and the registry found, shared by all instances.
#[derive(Serialize, Deserialize)]
struct Look {
    /// Seconds since 1970.
    at: i64,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Faults {
    faults: Vec<RawFault>,
}

#[derive(Deserialize)]
struct RawFault {
    field: String,
    detail: String,
}

pub async fn health(_: Call) -> Result<Reply> {
    Ok(Reply::text("alive\n"))
}

/// Which settings are wrong is told to everybody: before they are right nobody can sign in. What was found
/// beyond them is told to operators; strangers hear whether it is well.
pub async fn ready(call: Call) -> Result<Reply> {
    let onlooker = auth::onlooker(call.headers()).await;
    let keep = if onlooker == Onlooker::Operator { KEEP_OPERATOR } else { KEEP };
    let (mut checks, sign_in, outside) = futures::join!(settings(), sign_in(), outside(keep));
    let mut found: Vec<_> = sign_in.into_iter().collect();
    match outside {
        Ok(outside) => found.extend(outside),
        Err(failure) => {
            if let Failure::Internal(what) = failure {
                warn(format_args!("ready: {what}"));
            }
            let detail =
                "what the platform remembers can be neither read nor written: the log says why";
            found.push(Check { name: "store".into(), ok: false, detail: detail.into() });
        }
    }
    let in_full = onlooker != Onlooker::Stranger;
    if !in_full {
        for check in &mut found {
            check.detail = if check.ok { FINE } else { NOT_FINE }.into();
        }
    }
    checks.extend(found);
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(Reply::json(status, &Readiness { ready, in_full, checks }))
}

/// What is wrong with the settings of every component.
async fn settings() -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    let mut note = |faults: Vec<Fault>| {
        for Fault { field, detail } in faults {
            // The same setting can be wrong for two components.
            if !checks.iter().any(|check| check.name == field) {
                checks.push(Check { name: field, ok: false, detail });
            }
        }
    };
    let faults = |read: std::result::Result<(), NotSetUp>| read.err().map_or(Vec::new(), |n| n.0);
    note(faults(AuthSettings::read().await.map(drop)));
    note(faults(Waits::read().await.map(drop)));
    note(faults(Settings::read().await.map(drop)));
    let others = ["webhook", "deploy", "auth"];
    let told = join_all(others.map(settings_of)).await;
    for (component, told) in others.into_iter().zip(told) {
        let unheard = |detail| vec![Fault { field: component.into(), detail }];
        note(told.unwrap_or_else(unheard));
    }
    if checks.is_empty() {
        let detail = "every setting is there and well-formed".into();
        checks.push(Check { name: "settings".into(), ok: true, detail });
    }
    checks
}

/// What GitHub, the registry and the cluster say. Of many who ask at once, one looks: that it does is written
/// first, and the others are told what was found before.
///
/// # Errors
/// The store failed.
async fn outside(keep: i64) -> Result<Vec<Check>> {
    let store = Store::open().await?;
    let second = now().as_second();
    let last = store.ready::<Look>().await?;
    if let Some(look) = last.as_ref().filter(|look| second - look.at < keep) {
        return Ok(look.checks.clone());
    }
    let before = last.map_or_else(
        || {
            let detail =
                "GitHub, the registry and the cluster are being asked; look again in a moment";
            vec![Check { name: "outside".into(), ok: false, detail: detail.into() }]
        },
        |look| look.checks,
    );
    store.set_ready(&Look { at: second, checks: before }).await?;
    let (github, registry, cluster) = futures::join!(github(), registry(), cluster());
    let checks: Vec<_> = [github, registry, cluster].into_iter().flatten().collect();
    store.set_ready(&Look { at: second, checks: checks.clone() }).await?;
    Ok(checks)
}

/// What another component says about its settings.
async fn settings_of(component: &str) -> std::result::Result<Vec<Fault>, String> {
    let told = ask(component, "/ready", Duration::from_secs(4)).await;
    let faults: Option<Faults> = told.and_then(|body| serde_json::from_slice(&body).ok());
    let faults = faults.ok_or_else(|| format!("the component {component} does not answer"))?;
    Ok(faults.faults.into_iter().map(|f| Fault { field: f.field, detail: f.detail }).collect())
}

/// Does the cluster answer, and have we our rights there? `None` while the settings are not complete.
async fn cluster() -> Option<Check> {
    told("cluster", "deploy", "/ready/cluster", Duration::from_secs(15)).await
}

/// Who may sign in. `None` while the settings are not complete.
async fn sign_in() -> Option<Check> {
    told("sign-in", "auth", "/ready/sign-in", Duration::from_secs(4)).await
}

/// What another component says about something of its own.
async fn told(name: &str, component: &str, path: &str, total: Duration) -> Option<Check> {
    #[derive(Deserialize)]
    struct Told {
        ok: bool,
        detail: String,
    }
    let check = |ok, detail| Some(Check { name: name.into(), ok, detail });
    match ask(component, path, total).await {
        Some(body) if body.is_empty() => None,
        Some(body) => match serde_json::from_slice::<Told>(&body) {
            Ok(told) => check(told.ok, told.detail),
            Err(_) => check(false, "cannot be asked; the log says why".into()),
        },
        None => check(false, format!("the component {component} does not answer")),
    }
}

/// Asks another component by chaining.
async fn ask(component: &str, path: &str, total: Duration) -> Option<Vec<u8>> {
    let timeouts = outbound::Timeouts { connect: Duration::from_secs(2), idle: total, total };
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = format!("http://{component}.spin.internal{path}").parse().ok()?;
    match outbound::send(request, timeouts).await {
        Ok(answer) => Some(answer.into_body()),
        Err(error) => {
            warn(format_args!("the component {component} does not answer: {}", error.0));
            None
        }
    }
}

/// Is the builder's workflow there, and may we run it? `None` while the settings are not complete.
async fn github() -> Option<Check> {
    let github = GitHub::new().await.ok()?;
    let api = &github.settings.api;
    let check = |ok, detail| Some(Check { name: "github".into(), ok, detail });
    match github.builder(|token| api.workflow(token)).await {
        Ok(answer) if answer.status().is_success() => {
            check(true, format!("the workflow {} of {} is there", api.workflow, api.builder))
        }
        Ok(answer) => check(false, refusal::of_dispatch(&answer, api)),
        Err(Failure::Problem(problem)) => check(false, problem.detail),
        Err(Failure::Internal(what)) => {
            warn(format_args!("ready: {what}"));
            check(false, "cannot be asked; the log says why".into())
        }
    }
}

/// Does the registry answer, and take our login? `None` while the settings are not complete.
async fn registry() -> Option<Check> {
    let settings = Settings::read().await.ok()?;
    let (host, api) = (settings.registry.host(), &settings.registry_api);
    let check = |ok, detail| Some(Check { name: "registry".into(), ok, detail });
    let away =
        |error: &NoAnswer| check(false, format!("{host} does not answer: {}", error.cause()));
    let answer = match outbound::send(registry::root(api), REGISTRY).await {
        Ok(answer) => answer,
        Err(error) => return away(&error),
    };
    let login = settings.registry_login.as_ref();
    let login = login.map(|(user, token)| (user.as_str(), token.as_str()));
    let public = || {
        let detail = "answers; only public images can be read, as registry_token is not set";
        check(true, format!("{host} {detail}"))
    };
    match registry::read_root(&answer, api) {
        Root::Other => {
            let said = registry::describe(&answer);
            check(false, format!("{host} answers, but not as an image registry ({said})"))
        }
        Root::Open => check(true, format!("{host} answers, and asks for no login")),
        _ if login.is_none() => public(),
        // Not tried: it would have the login sent in a way that images are not asked for.
        Root::NeedsLogin => check(true, format!("{host} answers; the login was not tried")),
        Root::NeedsToken(url) => match outbound::send(registry::token(&url, login), REGISTRY).await
        {
            Ok(answer) if registry::read_token(&answer).is_some() => check(
                true,
                format!("{host} answers, and takes registry_username and registry_token"),
            ),
            Ok(answer) if answer.status().is_client_error() => check(
                false,
                format!(
                    "{host} does not take registry_username and registry_token ({}): make another token \
                     with read:packages and nothing else",
                    answer.status()
                ),
            ),
            Ok(answer) => {
                let said = registry::describe(&answer);
                check(false, format!("{host} does not say whether the login is good ({said})"))
            }
            Err(error) => away(&error),
        },
    }
}
