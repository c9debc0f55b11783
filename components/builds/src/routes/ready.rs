//! The checks that `platform` requests for `GET /ready`: the settings, GitHub and the registry.

use crate::{
    github::{GitHub, check_registry},
    settings::{Limits, Settings},
};
use futures::future::try_join;
use nokube_edge::{
    Call, Error, Reply, Result,
    readiness::{self, Health},
    settings::SettingsError,
    warn,
};
use nokube_github::{error::dispatch_error, health::builder_health, responses::parse};

pub async fn settings(_: Call) -> Result<Reply> {
    let mut errors = Vec::new();
    errors.extend(Limits::load().await.err().into_iter().flat_map(|error| error.0));
    errors.extend(Settings::load().await.err().into_iter().flat_map(|error| error.0));
    readiness::settings(if errors.is_empty() { Ok(()) } else { Err(SettingsError(errors)) })
}

/// Checks that the builder's workflow exists and that the platform may run it, and what the builder repository is
/// called now.
pub async fn github(_: Call) -> Result<Reply> {
    let Ok(github) = GitHub::new().await else { return readiness::not_checked() };
    let api = &github.settings.api;
    let responses = try_join(
        github.call_builder(|token| api.workflow(token)),
        github.call_builder(|token| api.repository(&api.builder, token)),
    );
    let health = match responses.await {
        Ok((workflow, _)) if !workflow.status().is_success() => {
            Health::failed(dispatch_error(&workflow, api))
        }
        Ok((_, repository)) => match builder_health(api, parse(&repository).ok().as_ref()) {
            Ok(detail) => Health::ok(detail),
            Err(detail) => Health::failed(detail),
        },
        Err(Error::Problem(problem)) => Health::failed(problem.detail),
        Err(Error::Internal(what) | Error::StoreUnavailable(what)) => {
            warn(format_args!("ready: {what}"));
            Health::failed("could not be checked; the log says why")
        }
    };
    readiness::health(&health)
}

/// Checks that the registry responds and accepts the platform's login.
pub async fn registry(_: Call) -> Result<Reply> {
    let Ok(settings) = Settings::load().await else { return readiness::not_checked() };
    readiness::health(&check_registry(&settings).await)
}
