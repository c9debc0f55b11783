//! Whether the caller may read a private repository.
//!
//! A repository that they may not read must look like one that does not exist, whatever state it is in: the response is
//! the same, and so are the requests to GitHub and their order, the first time and later. So no token is taken from the
//! cache here, and where there is nothing to ask, a request is sent that tells nothing.

use super::{
    client::{GitHub, parse, upstream_error},
    tokens::{self, Access, TokenError, scope, sign},
};
use crate::settings::Credentials;
use http::StatusCode;
use nokube_domain::{
    Problem,
    access::{Caller, GitHubIdentity},
    name::Login,
    services::LinkedBy,
};
use nokube_edge::{Call, Error, Result, now, warn};
use nokube_github::{
    Response,
    api::{RepositoryPath, TokenScope},
    app::App,
    error::{ErrorKind, error_kind, message},
    redirect::moved_to,
    responses::{Installation, InstallationToken, Permission},
};
use serde::de::DeserializeOwned;

/// An account at GitHub.
#[derive(Clone)]
pub struct LinkedAccount {
    pub login: Login,
    pub github_identity: GitHubIdentity,
}

impl LinkedAccount {
    /// # Errors
    /// The route authenticates no callers.
    pub fn of_caller(call: &Call) -> Result<Self> {
        let login = call.caller()?.login.clone();
        Ok(Self { login, github_identity: call.github_identity()? })
    }
}

impl From<&LinkedBy> for LinkedAccount {
    fn from(linked_by: &LinkedBy) -> Self {
        let LinkedBy { login, github_identity, .. } = linked_by;
        Self { login: login.clone(), github_identity: *github_identity }
    }
}

/// Whether the account may read a repository, as GitHub says now. Only for repositories that are known to exist: GitHub
/// is asked less if the App is not installed.
///
/// # Errors
/// GitHub does not say.
pub async fn may_read(
    github: &GitHub,
    at: &RepositoryPath,
    account: &LinkedAccount,
) -> Result<bool> {
    let found = permission(github, at, account).await?;
    Ok(found.is_some_and(|(permission, number)| permission.allows_reading(number)))
}

/// As [`may_read`], for pushing to the repository.
///
/// # Errors
/// As [`may_read`].
pub async fn may_push(
    github: &GitHub,
    at: &RepositoryPath,
    account: &LinkedAccount,
) -> Result<bool> {
    let found = permission(github, at, account).await?;
    Ok(found.is_some_and(|(permission, number)| permission.allows_pushing(number)))
}

/// The permission of the account's login, and the number that the account must have. `None` if GitHub shows none.
async fn permission(
    github: &GitHub,
    at: &RepositoryPath,
    account: &LinkedAccount,
) -> Result<Option<(Permission, Option<u64>)>> {
    // A login can pass to another account, so the account's number is compared where it is known.
    let number = match account.github_identity {
        GitHubIdentity::Unknown => return Ok(None),
        GitHubIdentity::Login => None,
        GitHubIdentity::Account(number) => Some(number),
    };
    let api = &github.settings.api;
    let ask = |token: &str| api.permission(at.clone(), &account.login, token);
    let response = match github.try_repository(at, Access::Source, ask).await {
        Ok(response) => response,
        Err(TokenError::NotInstalled(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(accepted::<Permission>(at, &response)?.map(|permission| (permission, number)))
}

/// A token with which GitHub is asked who may read a repository.
struct PermissionToken {
    /// Where the repository is now.
    at: RepositoryPath,
    text: String,
    issuer: Issuer,
}

/// Where a token is from.
enum Issuer {
    /// The settings.
    Settings,
    /// The App's installation on the repository.
    Repository(u64, InstallationToken),
    /// The App's installation on the builder repository, because there is none on the other. So nobody may read that.
    Builder,
}

/// Checks that the caller may read a private repository, or one that does not exist. Returns where it is now.
///
/// # Errors
/// They may not: the same error as for one that does not exist. Or GitHub does not say.
pub async fn check_may_read(
    github: &GitHub,
    call: &Call,
    at: &RepositoryPath,
) -> Result<RepositoryPath> {
    let (api, caller) = (&github.settings.api, call.caller()?);
    // A login can pass to another account, so the account's number is compared where it is known.
    let account = match call.github_identity()? {
        GitHubIdentity::Unknown => return Err(hidden(github, caller)),
        GitHubIdentity::Login => None,
        GitHubIdentity::Account(number) => Some(number),
    };
    let PermissionToken { at, text, issuer } = match &github.settings.credentials {
        Credentials::Token(token) => {
            PermissionToken { at: at.clone(), text: token.clone(), issuer: Issuer::Settings }
        }
        Credentials::App(app) => permission_token(github, app, at).await?,
    };
    let response = github.send(api.permission(at.clone(), &caller.login, &text)).await?;
    let permission = accepted::<Permission>(&at, &response)?;
    let may_read = permission.is_some_and(|permission| permission.allows_reading(account));
    match issuer {
        _ if !may_read => Err(hidden(github, caller)),
        Issuer::Builder => Err(hidden(github, caller)),
        Issuer::Settings => Ok(at),
        Issuer::Repository(installation, token) => {
            tokens::remember(&at, Access::Source, installation, &token);
            Ok(at)
        }
    }
}

/// The error for a repository that the caller may not read.
pub fn hidden(github: &GitHub, caller: &Caller) -> Error {
    let web = github.settings.web.host_str().unwrap_or_default();
    let login = &caller.login;
    let detail = format!(
        "cannot be read: there is no such repository on {web}, or it is private and either the \
         platform's GitHub App is not installed on it or {login} may not read it"
    );
    Problem::invalid_field("repository_url", detail).into()
}

/// Gets a token of the App's installation on a repository, with three requests. If there is none, or if it is
/// suspended, the installation on the builder repository issues the token: it shows nothing of a private repository.
async fn permission_token(
    github: &GitHub,
    app: &App,
    at: &RepositoryPath,
) -> Result<PermissionToken> {
    let (api, builder) = (&github.settings.api, github.builder());
    let builder_token = github.app_token(app, &builder, Access::Builder).await?;
    let jwt = sign(app)?;
    let response = github.send_twice(api.installation(at.clone(), &jwt)).await?;
    let at = moved_to(&response).map_or_else(|| at.clone(), RepositoryPath::Id);
    let installation = accepted::<Installation>(&at, &response)?;
    let own = installation.filter(|found| found.suspended_at.is_none()).map(|found| found.id);
    let (installation, scope) = match own {
        Some(id) => (id, scope(&at)),
        None => (builder_token.installation, TokenScope::Name(api.builder.name())),
    };
    let permissions = Access::Source.permissions();
    let create = api.installation_token(installation, scope, &permissions, &jwt);
    let token = accepted::<InstallationToken>(&at, &github.send(create).await?)?;
    Ok(match (own, token) {
        (Some(id), Some(token)) => {
            let text = token.token.clone();
            PermissionToken { at, text, issuer: Issuer::Repository(id, token) }
        }
        (None, Some(token)) => PermissionToken { at, text: token.token, issuer: Issuer::Builder },
        (_, None) => PermissionToken { at, text: builder_token.text, issuer: Issuer::Builder },
    })
}

/// The body of a response; `None` if GitHub refuses the request. An error would tell a stranger that the repository
/// exists, so the reason is for the administrator.
///
/// # Errors
/// GitHub limits the platform's requests, or fails.
fn accepted<T: DeserializeOwned>(at: &RepositoryPath, response: &Response) -> Result<Option<T>> {
    let status = response.status();
    if status.is_success() {
        return parse(response).map(Some);
    }
    match error_kind(response, now().as_second()) {
        ErrorKind::RateLimited(_) | ErrorKind::Unavailable => Err(upstream_error(response)),
        ErrorKind::Credentials | ErrorKind::Permanent(_) => {
            if status != StatusCode::NOT_FOUND {
                let message = message(response);
                warn(format_args!("GitHub does not say who may read {at}: {status} {message}"));
            }
            Ok(None)
        }
    }
}
