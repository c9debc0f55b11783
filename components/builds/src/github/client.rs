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
    app::App,
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

pub struct GitHub {
    pub settings: Rc<Settings>,
}

impl GitHub {
    pub async fn new() -> Result<Self> {
        Ok(Self { settings: Settings::load().await? })
    }

    /// Sends a request, with retries, and returns the response of any status.
    ///
    /// # Errors
    /// GitHub does not respond.
    async fn send(&self, make: impl Fn() -> Request) -> Result<Response> {
        let response = retry(self.settings.retry_policy, async || {
            let request = make();
            let method = request.method().clone();
            let response = outbound::send(request, TIMEOUTS).await;
            let seconds = match &response {
                Ok(response) => retry_after(&method, response, now().as_second()),
                Err(_) => method.is_safe().then_some(0),
            };
            (response, seconds.map(Duration::from_secs))
        });
        response.await.map_err(|error| error.into_error("GitHub"))
    }

    /// Sends a request with a token for `repository`; a token that GitHub no longer accepts is replaced once.
    ///
    /// # Errors
    /// GitHub issues no token, or does not respond.
    pub async fn call_repository(
        &self,
        repository: &Repository,
        access: Access,
        make: impl Fn(&str) -> Request,
    ) -> Result<Response> {
        let token = self.token(repository, access).await?;
        let response = self.send(|| make(&token)).await?;
        let is_app = matches!(self.settings.credentials, Credentials::App(_));
        if response.status() != StatusCode::UNAUTHORIZED || !is_app {
            return Ok(response);
        }
        TOKENS.with(|tokens| tokens.borrow_mut().remove(&(repository.to_string(), access)));
        let token = self.token(repository, access).await?;
        self.send(|| make(&token)).await
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
    pub async fn fetch_builder_token(&self) -> Result<()> {
        self.token(&self.settings.api.builder, Access::Builder).await.map(drop)
    }

    async fn token(&self, repository: &Repository, access: Access) -> Result<String> {
        let app = match &self.settings.credentials {
            Credentials::Token(token) => return Ok(token.clone()),
            Credentials::App(app) => app,
        };
        let key = (repository.to_string(), access);
        let usable = |(token, expires): &(String, i64)| {
            (*expires - EXPIRY_MARGIN > now().as_second()).then(|| token.clone())
        };
        if let Some(token) = TOKENS.with(|tokens| tokens.borrow().get(&key).and_then(usable)) {
            return Ok(token);
        }
        let InstallationToken { token, expires_at } =
            self.create_installation_token(app, repository, access).await?;
        TOKENS.with(|tokens| {
            let mut tokens = tokens.borrow_mut();
            tokens.retain(|_, (_, expires)| *expires > now().as_second());
            tokens.insert(key, (token.clone(), expires_at.as_second()));
        });
        Ok(token)
    }

    async fn create_installation_token(
        &self,
        app: &App,
        repository: &Repository,
        access: Access,
    ) -> Result<InstallationToken> {
        let app_token = app.token(now().as_second());
        let app_token =
            app_token.map_err(|error| Error::internal("sign the App's token", error))?;
        let api = &self.settings.api;
        let response = self.send(|| api.installation(repository, &app_token)).await?;
        if response.status() == StatusCode::NOT_FOUND {
            // The owner of a source repository can install it.
            let detail = format!("The platform's GitHub App is not installed on {repository}.");
            return Err(Error::problem(ProblemKind::UpstreamRefused, detail));
        }
        let Installation { id } = parse(&response)?;
        let permissions = access.permissions();
        let create = || api.installation_token(id, repository, &permissions, &app_token);
        parse(&self.send(create).await?)
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

/// The error for a response whose cause only the administrator can fix.
pub fn upstream_error(response: &Response) -> Error {
    let message = nokube_github::error::message(response);
    let status = response.status();
    warn(format_args!("GitHub rejected a request: {status} {message}"));
    let (detail, retry_after) = match status {
        StatusCode::UNAUTHORIZED => {
            let detail = "GitHub does not accept the platform's credentials. Its administrator must \
                          renew them.";
            return Error::problem(ProblemKind::UpstreamRefused, detail);
        }
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
            (format!("GitHub does not let the platform do this now ({message})."), 60)
        }
        _ => (format!("GitHub answers with an error ({status}). Try again in a moment."), 10),
    };
    let problem = Problem::new(ProblemKind::UpstreamUnavailable, detail);
    problem.with_retry_after(retry_after).into()
}
