//! The checks that `platform` requests for `GET /ready`: the settings, GitHub and the registry.

use crate::{
    github::{GitHub, check_registry},
    settings::{Limits, Settings},
};
use nokube_edge::{
    Call, Error, Reply, Result,
    readiness::{self, Health},
    settings::SettingsError,
    warn,
};
use nokube_github::error::dispatch_error;

pub async fn settings(_: Call) -> Result<Reply> {
    let mut errors = Vec::new();
    errors.extend(Limits::load().await.err().into_iter().flat_map(|error| error.0));
    errors.extend(Settings::load().await.err().into_iter().flat_map(|error| error.0));
    readiness::settings(if errors.is_empty() { Ok(()) } else { Err(SettingsError(errors)) })
}

/// Checks that the builder's workflow exists and that the platform may run it.
pub async fn github(_: Call) -> Result<Reply> {
    let Ok(github) = GitHub::new().await else { return readiness::not_checked() };
    let api = &github.settings.api;
    let health = match github.call_builder(|token| api.workflow(token)).await {
        Ok(response) if response.status().is_success() => {
            Health::ok(format!("the workflow {} of {} is there", api.workflow, api.builder))
        }
        Ok(response) => Health::failed(dispatch_error(&response, api)),
        Err(Error::Problem(problem)) => Health::failed(problem.detail),
        Err(Error::Internal(what)) => {
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
