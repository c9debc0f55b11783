//! The platform's tokens at GitHub, each for one repository and one permission.

use super::client::{GitHub, parse, upstream_error};
use crate::settings::Credentials;
use http::StatusCode;
use nokube_domain::{ProblemKind, repository::Repository};
use nokube_edge::{Error, Result, now};
use nokube_github::{
    Response,
    api::{RepositoryPath, TokenScope},
    app::App,
    redirect::moved_to,
    responses::{Installation, InstallationToken},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap};

/// Seconds before its expiry after which a token is not used.
const EXPIRY_MARGIN: i64 = 120;

/// The only permission that a token has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Run workflows in the builder repository.
    Builder,
    /// Read a source repository.
    Source,
    /// Report commit statuses in a source repository.
    Statuses,
    /// Read the pull requests of a source repository.
    PullRequests,
    /// Report GitHub Deployments in a source repository.
    Deployments,
}

impl Access {
    pub fn permissions(self) -> Value {
        match self {
            Self::Builder => json!({ "actions": "write", "metadata": "read" }),
            Self::Source => json!({ "contents": "read", "metadata": "read" }),
            Self::Statuses => json!({ "metadata": "read", "statuses": "write" }),
            Self::PullRequests => json!({ "metadata": "read", "pull_requests": "read" }),
            Self::Deployments => json!({ "deployments": "write", "metadata": "read" }),
        }
    }
}

/// A token of an installation of the App.
#[derive(Clone)]
pub struct AppToken {
    pub text: String,
    pub installation: u64,
    pub is_cached: bool,
}

struct CachedToken {
    token: AppToken,
    /// In seconds since 1970.
    expires: i64,
}

thread_local! {
    /// The platform's own tokens by the path of the repository and access. They are kept in memory only, and are the
    /// same for every caller.
    static TOKENS: RefCell<BTreeMap<(String, Access), CachedToken>> =
        const { RefCell::new(BTreeMap::new()) };
}

/// Why there is no token for a repository. Nothing was sent to the repository itself.
pub enum TokenError {
    /// The App is not installed on the repository.
    NotInstalled(RepositoryPath),
    /// GitHub answered with an error.
    Refused(Box<Response>),
    Failed(Error),
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NotInstalled(at) => {
                // The owner of a source repository can install it.
                let repository = match at {
                    RepositoryPath::Name(name) => name.to_string(),
                    RepositoryPath::Id(id) => format!("the repository with the number {id}"),
                };
                let detail = format!("The platform's GitHub App is not installed on {repository}.");
                Self::problem(ProblemKind::UpstreamRefused, detail)
            }
            TokenError::Refused(response) => upstream_error(&response),
            TokenError::Failed(error) => error,
        }
    }
}

/// A token, and whether it was in the cache.
pub struct Token {
    pub text: String,
    pub is_cached: bool,
}

impl GitHub {
    /// The token for a repository: the configured one, or one of the App's installation there.
    ///
    /// # Errors
    /// GitHub issues none.
    pub async fn token(
        &self,
        at: &RepositoryPath,
        access: Access,
    ) -> std::result::Result<Token, TokenError> {
        match &self.settings.credentials {
            Credentials::Token(token) => Ok(Token { text: token.clone(), is_cached: false }),
            Credentials::App(app) => {
                let AppToken { text, is_cached, .. } = self.app_token(app, at, access).await?;
                Ok(Token { text, is_cached })
            }
        }
    }

    /// As [`Self::token`], of the App.
    ///
    /// # Errors
    /// As [`Self::token`].
    pub async fn app_token(
        &self,
        app: &App,
        at: &RepositoryPath,
        access: Access,
    ) -> std::result::Result<AppToken, TokenError> {
        match cached(at, access) {
            Some(token) => Ok(token),
            None => self.create_installation_token(app, at, access).await,
        }
    }

    async fn create_installation_token(
        &self,
        app: &App,
        at: &RepositoryPath,
        access: Access,
    ) -> std::result::Result<AppToken, TokenError> {
        let jwt = sign(app)?;
        let api = &self.settings.api;
        let response = self.send(api.installation(at.clone(), &jwt)).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Err(TokenError::NotInstalled(at.clone()));
        }
        let moved = moved_to(&response).map(RepositoryPath::Id);
        let scope = scope(moved.as_ref().unwrap_or(at));
        let Installation { id, .. } = parse_or_refused(response)?;
        let create = api.installation_token(id, scope, &access.permissions(), &jwt);
        let created: InstallationToken = parse_or_refused(self.send(create).await?)?;
        remember(at, access, id, &created);
        Ok(AppToken { text: created.token, installation: id, is_cached: false })
    }
}

/// The App's own token.
///
/// # Errors
/// It cannot be signed.
pub fn sign(app: &App) -> Result<String> {
    app.token(now().as_second()).map_err(|error| Error::internal("sign the App's token", error))
}

/// The scope of a token for one repository.
pub fn scope(at: &RepositoryPath) -> TokenScope<'_> {
    match at {
        RepositoryPath::Name(name) => TokenScope::Name(Repository::name(name)),
        RepositoryPath::Id(id) => TokenScope::Id(*id),
    }
}

/// Keeps a token until it expires. One without a time of expiry is used for one request only.
pub fn remember(
    at: &RepositoryPath,
    access: Access,
    installation: u64,
    created: &InstallationToken,
) {
    let Some(expires_at) = created.expires_at else { return };
    let token = AppToken { text: created.token.clone(), installation, is_cached: true };
    let cached = CachedToken { token, expires: expires_at.as_second() };
    TOKENS.with(|tokens| {
        let mut tokens = tokens.borrow_mut();
        tokens.retain(|_, cached| cached.expires > now().as_second());
        tokens.insert((at.to_string(), access), cached);
    });
}

/// Removes a token that GitHub no longer accepts.
pub fn forget(at: &RepositoryPath, access: Access) {
    TOKENS.with(|tokens| tokens.borrow_mut().remove(&(at.to_string(), access)));
}

fn cached(at: &RepositoryPath, access: Access) -> Option<AppToken> {
    TOKENS.with(|tokens| {
        let tokens = tokens.borrow();
        let cached = tokens.get(&(at.to_string(), access))?;
        (cached.expires - EXPIRY_MARGIN > now().as_second()).then(|| cached.token.clone())
    })
}

fn parse_or_refused<T: DeserializeOwned>(response: Response) -> std::result::Result<T, TokenError> {
    match response.status().is_success() {
        true => Ok(parse(&response)?),
        false => Err(TokenError::Refused(Box::new(response))),
    }
}
