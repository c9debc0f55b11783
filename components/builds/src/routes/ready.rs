//! The checks that `platform` requests for `GET /ready`: the settings, GitHub and the registry.

use crate::{
    github::{GitHub, app_settings, check_registry},
    settings::{Credentials, Limits, Settings},
};
use futures::future::{join, try_join};
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

/// Checks that the builder's workflow exists and that the platform may run it, what the builder repository is called
/// now, and whether pushes can be built.
pub async fn github(_: Call) -> Result<Reply> {
    let Ok(github) = GitHub::new().await else { return readiness::not_checked() };
    let api = &github.settings.api;
    let responses = try_join(
        github.call_builder(|token| api.workflow(token)),
        github.call_builder(|token| api.repository(&api.builder, token)),
    );
    let (responses, pushes) = join(responses, push_hint(&github)).await;
    let health = match responses {
        Ok((workflow, _)) if !workflow.status().is_success() => {
            Health::failed(dispatch_error(&workflow, api))
        }
        Ok((_, repository)) => match builder_health(api, parse(&repository).ok().as_ref()) {
            Ok(detail) => Health::ok(
                [Some(detail), pushes].into_iter().flatten().collect::<Vec<_>>().join("; "),
            ),
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

/// What is missing for builds on push. It is only a hint: a platform that was installed by an earlier release works
/// without.
async fn push_hint(github: &GitHub) -> Option<String> {
    if let Credentials::Token(_) = &github.settings.credentials {
        return Some(
            "builds on push are off, because they need a GitHub App in place of github_token"
                .into(),
        );
    }
    let app = app_settings(github).await.ok()?;
    let missing = app.missing();
    (!missing.is_empty()).then(|| {
        format!(
            "the GitHub App lacks {}, so pushes and pull requests may not be built or reported: add them on the App's page (Edit, \
             Permissions & events), to which {} leads, and accept the change in each installation",
            missing.join(", "),
            app.html_url
        )
    })
}

/// Checks that the registry responds and accepts the platform's login.
pub async fn registry(_: Call) -> Result<Reply> {
    let Ok(settings) = Settings::load().await else { return readiness::not_checked() };
    readiness::health(&check_registry(&settings).await)
}
