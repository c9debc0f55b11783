//! Sends requests to the API server, with the deployer's token, timeouts and retries.

use super::retry::{FIRST_DELAY_MS, MAX_ATTEMPTS, MAX_DELAY_MS};
use crate::settings::Settings;
use http::HeaderValue;
use nokube_domain::{Problem, ProblemKind};
use nokube_edge::{
    Error,
    outbound::{self, OutboundError, Timeouts},
    sleep, warn,
};
use nokube_kube::{
    Kind, Platform, Tenant,
    error::ApiError,
    observe::{NamespaceStatus, PartialObject, namespace_status},
    request::{self, Request},
};
use serde::de::DeserializeOwned;
use std::{rc::Rc, time::Duration};

pub(super) const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    idle: Duration::from_secs(8),
    total: Duration::from_secs(10),
};

/// Why a request to the cluster did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterError {
    Unreachable(OutboundError),
    Api(ApiError),
}

impl ClusterError {
    /// The body of the API server's response cannot be parsed.
    pub fn unreadable() -> Self {
        Self::Unreachable(OutboundError("its answer cannot be read".into()))
    }

    /// For users, in a sentence.
    pub fn message(&self) -> String {
        match self {
            Self::Unreachable(_) => "The cluster does not answer.".into(),
            Self::Api(error) => error.message(),
        }
    }

    /// Whether the same request may succeed if it is repeated a little later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::Api(
                    ApiError::Unavailable(_)
                        | ApiError::NamespaceTerminating
                        | ApiError::ObjectTerminating
                        | ApiError::VersionConflict
                )
        )
    }
}

impl From<ClusterError> for Error {
    fn from(error: ClusterError) -> Self {
        let message = error.message();
        match error {
            ClusterError::Unreachable(_) => {
                let detail = format!("{message} Try again in a moment.");
                Problem::new(ProblemKind::UpstreamUnavailable, detail).with_retry_after(5).into()
            }
            ClusterError::Api(ApiError::Unavailable(seconds)) => {
                Problem::new(ProblemKind::UpstreamUnavailable, message)
                    .with_retry_after(seconds)
                    .into()
            }
            ClusterError::Api(
                ApiError::NamespaceTerminating
                | ApiError::ObjectTerminating
                | ApiError::VersionConflict,
            ) => Problem::new(ProblemKind::Conflict, message).with_retry_after(10).into(),
            ClusterError::Api(_) => Self::problem(ProblemKind::UpstreamRefused, message),
        }
    }
}

pub type Response = http::Response<Vec<u8>>;

#[derive(Clone)]
pub struct Cluster {
    pub settings: Rc<Settings>,
}

impl Cluster {
    /// # Errors
    /// The settings are not complete.
    pub async fn new() -> nokube_edge::Result<Self> {
        Ok(Self { settings: Settings::load().await? })
    }

    pub fn platform(&self) -> &Platform {
        &self.settings.platform
    }

    /// Sends a request and returns the response if its status is a success. Transient errors are retried.
    ///
    /// # Errors
    /// The API server cannot be reached, or its status is another.
    pub async fn send(&self, request: &Request) -> Result<Response, ClusterError> {
        let mut delay = FIRST_DELAY_MS;
        let mut attempt = 1;
        loop {
            let error = match outbound::send(self.signed(request), TIMEOUTS).await {
                Ok(response) => match ApiError::from_response(&response) {
                    None => return Ok(response),
                    Some(ApiError::Unavailable(seconds)) => {
                        delay = delay.max(u64::from(seconds) * 1_000);
                        ClusterError::Api(ApiError::Unavailable(seconds))
                    }
                    Some(error) => {
                        if let ApiError::MissingPermission(message) = &error {
                            // The message for users does not name the account and the permission; the log does.
                            warn(format_args!("a permission is missing in the cluster: {message}"));
                        }
                        return Err(ClusterError::Api(error));
                    }
                },
                Err(error) => {
                    warn(format_args!("the API server does not answer: {}", error.0));
                    ClusterError::Unreachable(error)
                }
            };
            if attempt == MAX_ATTEMPTS || delay > MAX_DELAY_MS {
                return Err(error);
            }
            attempt += 1;
            sleep(delay).await;
            delay = delay.saturating_mul(2);
        }
    }

    /// Reads an object or a list; `None` if it, or its kind, does not exist.
    ///
    /// # Errors
    /// As [`Self::send`]; or the body is not what `T` is read from.
    pub async fn read<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<Option<T>, ClusterError> {
        match self.send(request).await {
            Ok(response) => match serde_json::from_slice(response.body()) {
                Ok(value) => Ok(Some(value)),
                Err(error) => {
                    let path = request.uri().path();
                    warn(format_args!("the API server's answer to {path} cannot be read: {error}"));
                    Err(ClusterError::unreadable())
                }
            },
            Err(ClusterError::Api(ApiError::NotFound)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The tenant's namespace, if it exists, and its status.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn namespace(
        &self,
        tenant: &Tenant<'_>,
    ) -> Result<(Option<PartialObject>, NamespaceStatus), ClusterError> {
        let name = tenant.namespace();
        let get = request::get(Kind::Namespace, name.as_str(), name.as_str());
        let found = self.read::<PartialObject>(&get).await?;
        let status = namespace_status(found.as_ref(), self.platform(), tenant);
        Ok((found, status))
    }

    /// The request with the API's origin and the deployer's token.
    pub(super) fn signed(&self, request: &Request) -> Request {
        let mut signed = request.clone();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let origin = self.settings.api.as_str().trim_end_matches('/');
        if let Ok(uri) = format!("{origin}{path}").parse() {
            *signed.uri_mut() = uri;
        }
        if let Ok(mut token) = HeaderValue::from_str(&format!("Bearer {}", self.settings.token)) {
            token.set_sensitive(true);
            signed.headers_mut().insert(http::header::AUTHORIZATION, token);
        }
        let json = HeaderValue::from_static("application/json");
        signed.headers_mut().entry(http::header::ACCEPT).or_insert(json);
        signed
    }
}
