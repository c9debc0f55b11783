//! Sends requests to the API server, with the deployer's token, timeouts and retries.

use crate::settings::Settings;
use http::HeaderValue;
use nokube_domain::{Problem, ProblemKind, deployments::SecretValue};
use nokube_edge::{
    Error,
    outbound::{self, OutboundError, Timeouts},
    retry::{RetryPolicy, retry},
    warn,
};
use nokube_kube::{
    Kind, Platform, Tenant,
    error::ApiError,
    manifest,
    observe::{List, Lookup, NamespaceStatus, ObservedSecret, PartialObject, namespace_status},
    request::{self, ApplyMode, Request},
    review,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{collections::BTreeMap, rc::Rc, time::Duration};

/// For requests that failed because the API server was unreachable or overloaded. Each of our requests may be
/// repeated: it reads, applies, or deletes one object at one resource version.
const REQUEST_RETRIES: RetryPolicy = RetryPolicy {
    max_attempts: 3,
    first_wait: Duration::from_millis(200),
    max_wait: Duration::from_secs(2),
};

/// Until a role binding or a deletion takes effect.
pub const PROPAGATION_RETRIES: RetryPolicy = RetryPolicy {
    max_attempts: 16,
    first_wait: Duration::from_millis(400),
    max_wait: Duration::from_millis(400),
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

    /// Another reader waits for the API server's response, and has waited for long.
    pub fn no_answer() -> Self {
        Self::Unreachable(OutboundError("it has not answered another reader yet".into()))
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
        let detail = error.message();
        let unavailable = ProblemKind::UpstreamUnavailable;
        let (kind, detail, retry_after) = match error {
            ClusterError::Unreachable(_) => {
                (unavailable, format!("{detail} Try again in a moment."), 5)
            }
            ClusterError::Api(ApiError::Unavailable(seconds)) => (unavailable, detail, seconds),
            ClusterError::Api(
                ApiError::NamespaceTerminating
                | ApiError::ObjectTerminating
                | ApiError::VersionConflict,
            ) => (ProblemKind::Conflict, detail, 10),
            ClusterError::Api(_) => return Self::problem(ProblemKind::UpstreamRefused, detail),
        };
        Problem::new(kind, detail).with_retry_after(retry_after).into()
    }
}

pub type ClusterResult<T> = Result<T, ClusterError>;

/// A response of the API server, with its whole body.
pub type ApiResponse = http::Response<Vec<u8>>;

#[derive(Clone)]
pub struct Cluster {
    pub settings: Rc<Settings>,
    retries: RetryPolicy,
}

impl Cluster {
    pub async fn new() -> nokube_edge::Result<Self> {
        Ok(Self { settings: Settings::load().await?, retries: REQUEST_RETRIES })
    }

    /// The same cluster, to which each request is sent once.
    #[must_use]
    pub fn without_retries(&self) -> Self {
        let retries = RetryPolicy { max_attempts: 1, ..self.retries };
        Self { settings: self.settings.clone(), retries }
    }

    pub fn platform(&self) -> &Platform {
        &self.settings.platform
    }

    /// Sends a request and returns the response if its status is a success. Transient errors are retried.
    ///
    /// # Errors
    /// The API server cannot be reached, or its status is another.
    pub async fn send(&self, request: &Request) -> ClusterResult<ApiResponse> {
        retry(self.retries, async || {
            let response = self.send_once(request).await;
            let wait = match &response {
                Err(ClusterError::Unreachable(_)) => Some(Duration::ZERO),
                Err(ClusterError::Api(ApiError::Unavailable(seconds))) => {
                    Some(Duration::from_secs((*seconds).into()))
                }
                _ => None,
            };
            if let Err(ClusterError::Api(ApiError::MissingPermission(message))) = &response {
                // The message for users does not name the account and the permission; the log does.
                warn(format_args!("a permission is missing in the cluster: {message}"));
            }
            (response, wait)
        })
        .await
    }

    async fn send_once(&self, request: &Request) -> ClusterResult<ApiResponse> {
        match outbound::send(self.signed(request), Timeouts::API).await {
            Ok(response) => match ApiError::from_response(&response) {
                None => Ok(response),
                Some(error) => Err(ClusterError::Api(error)),
            },
            Err(error) => {
                warn(format_args!("the API server does not answer: {}", error.0));
                Err(ClusterError::Unreachable(error))
            }
        }
    }

    /// Reads what only adds to a status: once, and without a line in the log if a permission is missing, because
    /// operators may do without it (`/ready` names it).
    pub async fn look_up<T: DeserializeOwned>(&self, request: &Request) -> Lookup<T> {
        match self.send_once(request).await {
            Ok(response) => match parse(request, &response) {
                Ok(found) => Lookup::Found(found),
                Err(_) => Lookup::Unreadable,
            },
            Err(ClusterError::Api(ApiError::NotFound)) => Lookup::Absent,
            Err(_) => Lookup::Unreadable,
        }
    }

    /// Reads an object or a list; `None` if it, or its kind, does not exist.
    ///
    /// # Errors
    /// As [`Self::send`]; or the body is not what `T` is read from.
    pub async fn read<T: DeserializeOwned>(&self, request: &Request) -> ClusterResult<Option<T>> {
        match self.send(request).await {
            Ok(response) => parse(request, &response).map(Some),
            Err(ClusterError::Api(ApiError::NotFound)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the items of a list; none if their kind does not exist.
    pub async fn list<T: DeserializeOwned>(&self, list: &Request) -> ClusterResult<Vec<T>> {
        Ok(self.read::<List<T>>(list).await?.map(|list| list.items).unwrap_or_default())
    }

    /// The tenant's namespace, if it exists, and its status.
    pub async fn namespace(
        &self,
        tenant: &Tenant<'_>,
    ) -> ClusterResult<(Option<PartialObject>, NamespaceStatus)> {
        let name = tenant.namespace();
        let get = request::get(Kind::Namespace, &name, &name);
        let found = self.read::<PartialObject>(&get).await?;
        let status = namespace_status(found.as_ref(), self.platform(), tenant);
        Ok((found, status))
    }

    /// Binds the deployer's role to the platform's own account in the tenant's namespace.
    pub async fn bind_role(&self, tenant: &Tenant<'_>, role: &str) -> ClusterResult<()> {
        let review = self.read::<Value>(&review::self_subject_review()).await?;
        let account = review.as_ref().and_then(review::username);
        let account = account.ok_or_else(ClusterError::unreadable)?;
        let binding = manifest::role_binding(tenant, role, account);
        self.send(&request::apply(&tenant.namespace(), &binding, ApplyMode::Persist))
            .await
            .map(drop)
    }

    /// The values of the Secret `name`, which only the cluster has; `None` if it does not exist.
    pub async fn secret_values(
        &self,
        tenant: &Tenant<'_>,
        name: &str,
    ) -> ClusterResult<Option<BTreeMap<String, SecretValue>>> {
        let get = request::get(Kind::Secret, &tenant.namespace(), name);
        Ok(self.read::<ObservedSecret>(&get).await?.map(ObservedSecret::into_values))
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

fn parse<T: DeserializeOwned>(request: &Request, response: &ApiResponse) -> ClusterResult<T> {
    serde_json::from_slice(response.body()).map_err(|error| {
        let path = request.uri().path();
        warn(format_args!("the API server's answer to {path} cannot be read: {error}"));
        ClusterError::unreadable()
    })
}
