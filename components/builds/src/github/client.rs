//! Sends requests to GitHub, with a token, retries and timeouts.

use crate::settings::{Credentials, Settings};
use http::StatusCode;
use nokube_domain::{Problem, ProblemKind, repository::Repository};
use nokube_edge::{
    Error, Result, now,
    outbound::{self, OutboundError, Timeouts},
    sleep, warn,
};
use nokube_github::{
    Request, Response, responses,
    retry::{self, Decision},
};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

pub const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    idle: Duration::from_secs(8),
    total: Duration::from_secs(10),
};

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
    /// # Errors
    /// The settings are incomplete.
    pub async fn new() -> Result<Self> {
        Ok(Self { settings: Settings::load().await? })
    }

    /// Sends a request, with retries, and returns the response of any status.
    ///
    /// # Errors
    /// GitHub does not respond.
    pub async fn send(
        &self,
        make: impl Fn() -> Request,
    ) -> std::result::Result<Response, OutboundError> {
        let policy = self.settings.retry_policy;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let request = make();
            let method = request.method().clone();
            let wait = match outbound::send(request, TIMEOUTS).await {
                Ok(response) => {
                    let (status, headers) = (response.status(), response.headers());
                    match retry::decide(
                        &method,
                        status,
                        headers,
                        attempt,
                        policy,
                        now().as_second(),
                    ) {
                        Decision::Retry(wait) => wait,
                        Decision::Return | Decision::TooLong(_) => return Ok(response),
                    }
                }
                Err(error) => match retry::decide_without_response(&method, attempt, policy) {
                    Some(wait) => wait,
                    None => return Err(error),
                },
            };
            sleep(wait).await;
        }
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
        let response =
            self.send(|| make(&token)).await.map_err(|error| error.into_error("GitHub"))?;
        let is_app = matches!(self.settings.credentials, Credentials::App(_));
        if response.status() != StatusCode::UNAUTHORIZED || !is_app {
            return Ok(response);
        }
        TOKENS.with(|tokens| tokens.borrow_mut().remove(&(repository.to_string(), access)));
        let token = self.token(repository, access).await?;
        self.send(|| make(&token)).await.map_err(|error| error.into_error("GitHub"))
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
        let app_token = app.token(now().as_second());
        let app_token =
            app_token.map_err(|error| Error::internal("sign the App's token", error))?;
        let api = &self.settings.api;
        let response = self.send(|| api.installation(repository, &app_token)).await;
        let response = response.map_err(|error| error.into_error("GitHub"))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(not_installed(repository).into()),
            _ => return Err(upstream_error(&response)),
        }
        let installation = responses::installation_id(&response);
        let installation =
            installation.map_err(|error| Error::internal("the App's installation", error))?;
        let permissions = access.permissions();
        let response = self
            .send(|| api.installation_token(installation, repository, &permissions, &app_token))
            .await
            .map_err(|error| error.into_error("GitHub"))?;
        if !response.status().is_success() {
            return Err(upstream_error(&response));
        }
        let (token, expires) = responses::installation_token(&response)
            .map_err(|error| Error::internal("the installation's token", error))?;
        TOKENS.with(|tokens| {
            let mut tokens = tokens.borrow_mut();
            tokens.retain(|_, (_, expires)| *expires > now().as_second());
            tokens.insert(key, (token.clone(), expires.as_second()));
        });
        Ok(token)
    }
}

/// The App is not installed on a repository; for a source repository its owner can install it.
fn not_installed(repository: &Repository) -> Problem {
    Problem::new(
        ProblemKind::UpstreamRefused,
        format!("The platform's GitHub App is not installed on {repository}."),
    )
}

/// The error for a response whose cause only the administrator can fix.
pub fn upstream_error(response: &Response) -> Error {
    let message = nokube_github::error::message(response);
    let status = response.status();
    warn(format_args!("GitHub rejected a request: {status} {message}"));
    match status {
        StatusCode::UNAUTHORIZED => Error::problem(
            ProblemKind::UpstreamRefused,
            "GitHub does not accept the platform's credentials. Its administrator must renew them.",
        ),
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => Error::Problem(
            Problem::new(
                ProblemKind::UpstreamUnavailable,
                format!("GitHub does not let the platform do this now ({message})."),
            )
            .with_retry_after(60),
        ),
        status => Error::Problem(
            Problem::new(
                ProblemKind::UpstreamUnavailable,
                format!("GitHub answers with an error ({status}). Try again in a moment."),
            )
            .with_retry_after(10),
        ),
    }
}
