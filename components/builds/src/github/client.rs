//! Sends requests to GitHub, with a token, retries and timeouts.

use crate::settings::{Credentials, Settings};
use http::StatusCode;
use nokube_domain::{Problem, ProblemKind, repository::Repository};
use nokube_edge::{
    Error, Result, now,
    outbound::{self, Timeouts},
    retry::retry,
    warn,
};
use nokube_github::{
    Request, Response,
    api::TokenScope,
    app::App,
    error::{ErrorKind, error_kind},
    redirect::{MAX_REDIRECTS, follow, moved_to, with_moved_to},
    responses::{self, Installation, InstallationToken, ParseError},
    retry::retry_after,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

pub const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(5), ..Timeouts::API };

/// Seconds before its expiry after which a token is not used.
const EXPIRY_MARGIN: i64 = 120;

/// The only permission that a token has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Run workflows in the builder repository.
    Builder,
    /// Read a source repository.
    Source,
}

impl Access {
    fn permissions(self) -> Value {
        match self {
            Self::Builder => json!({ "actions": "write", "metadata": "read" }),
            Self::Source => json!({ "contents": "read", "metadata": "read" }),
        }
    }
}

thread_local! {
    /// The platform's own tokens by repository and access, with their expiry in seconds since 1970. They are
    /// kept in memory only, and are the same for every caller.
    static TOKENS: RefCell<BTreeMap<(String, Access), (String, i64)>> =
        const { RefCell::new(BTreeMap::new()) };
}

/// Why there is no token for a repository. Nothing was sent to the repository itself.
pub enum TokenError {
    /// The App is not installed on the repository.
    NotInstalled(Repository),
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
            TokenError::NotInstalled(repository) => {
                // The owner of a source repository can install it.
                let detail = format!("The platform's GitHub App is not installed on {repository}.");
                Self::problem(ProblemKind::UpstreamRefused, detail)
            }
            TokenError::Refused(response) => upstream_error(&response),
            TokenError::Failed(error) => error,
        }
    }
}

/// A token, and whether it was in the cache.
struct Token {
    text: String,
    is_cached: bool,
}

pub struct GitHub {
    pub settings: Rc<Settings>,
}

impl GitHub {
    pub async fn new() -> Result<Self> {
        Ok(Self { settings: Settings::load().await? })
    }

    /// Sends a request, and again to where GitHub redirects it, and returns the response of any status.
    ///
    /// # Errors
    /// GitHub does not respond.
    async fn send(&self, mut request: Request) -> Result<Response> {
        let mut repository = None;
        for _ in 0..MAX_REDIRECTS {
            let response = self.send_once(&request).await?;
            match follow(&request, &response, self.settings.api.base()) {
                Some(redirected) => {
                    repository = Some(redirected.repository);
                    request = redirected.request;
                }
                None => return Ok(with_moved_to(response, repository)),
            }
        }
        Ok(with_moved_to(self.send_once(&request).await?, repository))
    }

    /// Sends a request, with retries.
    async fn send_once(&self, request: &Request) -> Result<Response> {
        let method = request.method();
        let response = retry(self.settings.retry_policy, async || {
            let response = outbound::send(request.clone(), TIMEOUTS).await;
            let seconds = match &response {
                Ok(response) => retry_after(method, response, now().as_second()),
                Err(_) => method.is_safe().then_some(0),
            };
            (response, seconds.map(Duration::from_secs))
        });
        response.await.map_err(|error| error.into_error("GitHub"))
    }

    /// Sends a request with a token for `repository`. A token that GitHub no longer accepts is replaced once, and
    /// also one that no longer shows the repository: it may have been transferred to another account, which has
    /// another installation of the App.
    ///
    /// # Errors
    /// GitHub issues no token, or does not respond.
    pub async fn call_repository(
        &self,
        repository: &Repository,
        access: Access,
        make: impl Fn(&str) -> Request,
    ) -> Result<Response> {
        Ok(self.try_repository(repository, access, make).await?)
    }

    /// As [`Self::call_repository`], with the reason if there is no token.
    ///
    /// # Errors
    /// As [`Self::call_repository`].
    pub async fn try_repository(
        &self,
        repository: &Repository,
        access: Access,
        make: impl Fn(&str) -> Request,
    ) -> std::result::Result<Response, TokenError> {
        let token = self.token(repository, access).await?;
        let response = self.send(make(&token.text)).await?;
        let is_app = matches!(self.settings.credentials, Credentials::App(_));
        let is_stale = match response.status() {
            StatusCode::UNAUTHORIZED => true,
            StatusCode::NOT_FOUND => token.is_cached,
            _ => false,
        };
        if !is_stale || !is_app {
            return Ok(response);
        }
        TOKENS.with(|tokens| tokens.borrow_mut().remove(&(repository.to_string(), access)));
        let token = self.token(repository, access).await?;
        Ok(self.send(make(&token.text)).await?)
    }

    /// Sends a request about the builder repository.
    ///
    /// # Errors
    /// As [`Self::call_repository`].
    pub async fn call_builder(&self, make: impl Fn(&str) -> Request) -> Result<Response> {
        self.call_repository(&self.settings.api.builder, Access::Builder, make).await
    }

    /// Fetches a token for the builder repository into the cache.
    ///
    /// # Errors
    /// GitHub issues none.
    pub async fn fetch_builder_token(&self) -> std::result::Result<(), TokenError> {
        self.token(&self.settings.api.builder, Access::Builder).await.map(drop)
    }

    async fn token(
        &self,
        repository: &Repository,
        access: Access,
    ) -> std::result::Result<Token, TokenError> {
        let app = match &self.settings.credentials {
            Credentials::Token(token) => {
                return Ok(Token { text: token.clone(), is_cached: false });
            }
            Credentials::App(app) => app,
        };
        let key = (repository.to_string(), access);
        let usable = |(token, expires): &(String, i64)| {
            (*expires - EXPIRY_MARGIN > now().as_second()).then(|| token.clone())
        };
        if let Some(text) = TOKENS.with(|tokens| tokens.borrow().get(&key).and_then(usable)) {
            return Ok(Token { text, is_cached: true });
        }
        let InstallationToken { token, expires_at } =
            self.create_installation_token(app, repository, access).await?;
        // Without a time of expiry it is used for this request only.
        if let Some(expires_at) = expires_at {
            TOKENS.with(|tokens| {
                let mut tokens = tokens.borrow_mut();
                tokens.retain(|_, (_, expires)| *expires > now().as_second());
                tokens.insert(key, (token.clone(), expires_at.as_second()));
            });
        }
        Ok(Token { text: token, is_cached: false })
    }

    async fn create_installation_token(
        &self,
        app: &App,
        repository: &Repository,
        access: Access,
    ) -> std::result::Result<InstallationToken, TokenError> {
        let app_token = app.token(now().as_second());
        let app_token =
            app_token.map_err(|error| Error::internal("sign the App's token", error))?;
        let api = &self.settings.api;
        let response = self.send(api.installation(repository, &app_token)).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Err(TokenError::NotInstalled(repository.clone()));
        }
        let scope = match moved_to(&response) {
            Some(id) => TokenScope::Id(id),
            None => TokenScope::Name(repository.name()),
        };
        let Installation { id } = parse_or_refused(response)?;
        let permissions = access.permissions();
        let create = api.installation_token(id, scope, &permissions, &app_token);
        parse_or_refused(self.send(create).await?)
    }
}

fn parse_or_refused<T: DeserializeOwned>(response: Response) -> std::result::Result<T, TokenError> {
    match response.status().is_success() {
        true => Ok(parse(&response)?),
        false => Err(TokenError::Refused(Box::new(response))),
    }
}

/// Parses the body of a successful response.
///
/// # Errors
/// As [`upstream_error`] for another status; or the body is not what GitHub documents for a `T`.
pub fn parse<T: DeserializeOwned>(response: &Response) -> Result<T> {
    parsed(response, responses::parse(response))
}

/// What was parsed from a successful response.
///
/// # Errors
/// As [`parse`].
pub fn parsed<T>(response: &Response, parsed: std::result::Result<T, ParseError>) -> Result<T> {
    if !response.status().is_success() {
        return Err(upstream_error(response));
    }
    parsed.map_err(|error| Error::internal("GitHub", error))
}

/// The error for a response whose cause the caller cannot fix. Only a temporary error has `Retry-After`.
pub fn upstream_error(response: &Response) -> Error {
    let message = nokube_github::error::message(response);
    let status = response.status();
    warn(format_args!("GitHub rejected a request: {status} {message}"));
    let (detail, retry_after) = match error_kind(response, now().as_second()) {
        ErrorKind::Credentials => {
            let detail = "GitHub does not accept the platform's credentials. Its administrator must \
                          renew them.";
            return Error::problem(ProblemKind::UpstreamRefused, detail);
        }
        ErrorKind::Permanent(reason) => {
            return Error::problem(ProblemKind::UpstreamRefused, reason);
        }
        ErrorKind::RateLimited(seconds) => {
            let detail = format!(
                "GitHub limits the platform's requests. It answers again in {seconds} seconds."
            );
            (detail, u32::try_from(seconds).unwrap_or(u32::MAX))
        }
        ErrorKind::Unavailable => {
            (format!("GitHub answers with an error ({status}). Try again in a moment."), 10)
        }
    };
    let problem = Problem::new(ProblemKind::UpstreamUnavailable, detail);
    problem.with_retry_after(retry_after).into()
}
