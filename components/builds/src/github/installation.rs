//! A repository as it is now, and the App's installation on it.

use super::{
    client::{GitHub, parse, upstream_error},
    source::read_repository,
    tokens::{Access, TokenError, sign},
};
use crate::settings::Credentials;
use http::StatusCode;
use nokube_domain::{Problem, repository::Repository};
use nokube_edge::{Error, Result, now};
use nokube_github::{
    api::RepositoryPath,
    error::{ErrorKind, error_kind},
    health::AppSettings,
    responses::{self, Installation},
};

/// A repository, by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepositoryState {
    /// The App is installed on it, and can read it.
    Present { name: Repository, default_branch: Option<String>, private: bool, archived: bool },
    /// The App is not installed on it, or its installation is suspended. The name is known of a public one.
    NotInstalled { name: Option<Repository>, private: bool },
    /// It was deleted, or it is private and the App is not installed on it: GitHub does not tell them apart.
    Missing,
}

/// What GitHub says about a repository. With a token in the settings in place of an App, none is [`Present`].
///
/// [`Present`]: RepositoryState::Present
///
/// # Errors
/// GitHub does not say.
pub async fn repository_state(github: &GitHub, repository_id: u64) -> Result<RepositoryState> {
    let at = RepositoryPath::Id(repository_id);
    let installation = match &github.settings.credentials {
        Credentials::Token(_) => None,
        Credentials::App(app) => {
            let jwt = sign(app)?;
            let response = github.send(github.settings.api.installation(at.clone(), &jwt)).await?;
            match response.status() {
                StatusCode::NOT_FOUND => None,
                _ => Some(parse::<Installation>(&response)?),
            }
        }
    };
    let Some(installation) = installation else { return not_installed(github, &at).await };
    if installation.suspended_at.is_some() {
        return Ok(match not_installed(github, &at).await? {
            RepositoryState::Missing => RepositoryState::NotInstalled { name: None, private: true },
            public => public,
        });
    }
    let get = |token: &str| github.settings.api.repository(at.clone(), token);
    let found = match github.try_repository(&at, Access::Source, get).await {
        Ok(response) => read_repository(&response)?,
        // It was removed meanwhile.
        Err(TokenError::NotInstalled(_)) => return not_installed(github, &at).await,
        Err(TokenError::Refused(response)) if is_permanent(&response) => {
            return not_installed(github, &at).await;
        }
        Err(error) => return Err(error.into()),
    };
    let Some(responses::Repository { full_name, default_branch, private, archived, .. }) = found
    else {
        return Ok(RepositoryState::Missing);
    };
    let no_name = || Error::internal("GitHub", "the repository has no name");
    Ok(RepositoryState::Present {
        name: full_name.ok_or_else(no_name)?,
        default_branch,
        private,
        archived,
    })
}

/// Whether GitHub will issue no token later either, until somebody changes the installation.
pub fn is_permanent(response: &nokube_github::Response) -> bool {
    matches!(error_kind(response, now().as_second()), ErrorKind::Permanent(_))
}

/// A repository that the App is not installed on.
async fn not_installed(github: &GitHub, at: &RepositoryPath) -> Result<RepositoryState> {
    let get = |token: &str| github.settings.api.repository(at.clone(), token);
    let found = read_repository(&github.call_public(get).await?)?;
    Ok(match found {
        Some(found) => {
            RepositoryState::NotInstalled { name: found.full_name, private: found.private }
        }
        None => RepositoryState::Missing,
    })
}

/// The App as GitHub knows it.
///
/// # Errors
/// 422 at the field `build_on_push` with a token in the settings in place of an App; or GitHub does not say.
pub async fn app_settings(github: &GitHub) -> Result<AppSettings> {
    let Credentials::App(app) = &github.settings.credentials else {
        return Err(Problem::invalid_field("build_on_push", NEEDS_APP).into());
    };
    let response = github.send(github.settings.api.app(&sign(app)?)).await?;
    match response.status().is_success() {
        true => parse(&response),
        false => Err(upstream_error(&response)),
    }
}

/// Why pushes build nothing on a platform that has a token in place of an App.
pub const NEEDS_APP: &str =
    "is off on this platform: it needs a GitHub App, and the platform uses a token";

/// Where the owner of a repository installs the App.
pub fn installation_link(app: &AppSettings) -> String {
    format!("{}/installations/new", app.html_url.trim_end_matches('/'))
}
