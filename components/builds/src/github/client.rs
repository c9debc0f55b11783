//! Sends requests to GitHub, with a token, retries and timeouts.

use super::tokens::{self, Access, TokenError};
use crate::settings::{Credentials, Settings};
use http::StatusCode;
use nokube_domain::{Problem, ProblemKind};
use nokube_edge::{
    Error, Result, now,
    outbound::{self, Timeouts},
    retry::retry,
    warn,
};
use nokube_github::{
    Request, Response,
    api::RepositoryPath,
    error::{ErrorKind, error_kind},
    redirect::{MAX_REDIRECTS, follow, with_moved_to},
    responses::{self, ParseError},
    retry::retry_after,
};
use serde::de::DeserializeOwned;
use std::{rc::Rc, time::Duration};

pub const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(5), ..Timeouts::API };

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
    pub async fn send(&self, mut request: Request) -> Result<Response> {
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

    /// Sends a request, with retries. A response that is too long to be read counts as a 413.
    async fn send_once(&self, request: &Request) -> Result<Response> {
        let method = request.method();
        let response = retry(self.settings.retry_policy, async || {
            let response = match outbound::send(request.clone(), TIMEOUTS).await {
                Err(error) if error.is_too_long() => Ok(too_long()),
                response => response,
            };
            let seconds = match &response {
                Ok(response) => retry_after(method, response, now().as_second()),
                Err(_) => method.is_safe().then_some(0),
            };
            (response, seconds.map(Duration::from_secs))
        });
        response.await.map_err(|error| error.into_error("GitHub"))
    }

    /// As [`Self::send`], always with two requests: the second goes to where GitHub redirects the first, or is the
    /// same again. So neither requests nor time show that a repository was renamed.
    ///
    /// # Errors
    /// GitHub does not respond.
    pub async fn send_twice(&self, request: Request) -> Result<Response> {
        let first = self.send_once(&request).await?;
        match follow(&request, &first, self.settings.api.base()) {
            Some(redirected) => {
                let response = self.send_once(&redirected.request).await?;
                Ok(with_moved_to(response, Some(redirected.repository)))
            }
            None => self.send_once(&request).await,
        }
    }

    /// Sends a request with a token for the repository at `at`. A token that GitHub no longer accepts is replaced
    /// once, and also one that no longer shows the repository: it may have been transferred to another account, which
    /// has another installation of the App.
    ///
    /// # Errors
    /// GitHub issues no token, or does not respond.
    pub async fn call_repository(
        &self,
        at: &RepositoryPath,
        access: Access,
        make: impl Fn(&str) -> Request,
    ) -> Result<Response> {
        Ok(self.try_repository(at, access, make).await?)
    }

    /// As [`Self::call_repository`], with the reason if there is no token.
    ///
    /// # Errors
    /// As [`Self::call_repository`].
    pub async fn try_repository(
        &self,
        at: &RepositoryPath,
        access: Access,
        make: impl Fn(&str) -> Request,
    ) -> std::result::Result<Response, TokenError> {
        let shows_it = |status| status != StatusCode::NOT_FOUND;
        self.call_with_token(at, access, make, shows_it).await
    }

    /// Sends a request about a repository that may be public, with the token for the builder repository: it can read
    /// all public ones, so a repository that it does not show is no reason to replace it.
    ///
    /// # Errors
    /// As [`Self::call_repository`].
    pub async fn call_public(&self, make: impl Fn(&str) -> Request) -> Result<Response> {
        Ok(self.call_with_token(&self.builder(), Access::Builder, make, |_| true).await?)
    }

    /// A token that GitHub does not accept is replaced. So is a cached one that does not show the repository, which
    /// `shows_it` tells from the status.
    async fn call_with_token(
        &self,
        at: &RepositoryPath,
        access: Access,
        make: impl Fn(&str) -> Request,
        shows_it: impl Fn(StatusCode) -> bool,
    ) -> std::result::Result<Response, TokenError> {
        let token = self.token(at, access).await?;
        let response = self.send(make(&token.text)).await?;
        let is_app = matches!(self.settings.credentials, Credentials::App(_));
        let status = response.status();
        let is_stale = status == StatusCode::UNAUTHORIZED || (token.is_cached && !shows_it(status));
        if !is_stale || !is_app {
            return Ok(response);
        }
        tokens::forget(at, access);
        let token = self.token(at, access).await?;
        Ok(self.send(make(&token.text)).await?)
    }

    /// The builder repository.
    pub fn builder(&self) -> RepositoryPath {
        RepositoryPath::from(&self.settings.api.builder)
    }

    /// Sends a request about the builder repository.
    ///
    /// # Errors
    /// As [`Self::call_repository`].
    pub async fn call_builder(&self, make: impl Fn(&str) -> Request) -> Result<Response> {
        self.call_repository(&self.builder(), Access::Builder, make).await
    }

    /// Fetches a token for the builder repository into the cache.
    ///
    /// # Errors
    /// GitHub issues none.
    pub async fn fetch_builder_token(&self) -> std::result::Result<(), TokenError> {
        self.token(&self.builder(), Access::Builder).await.map(drop)
    }
}

fn too_long() -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
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
