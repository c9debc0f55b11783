//! How much a caller of `/ready` or `/api/v1/reconcile` may see, which need no sign-in.

use super::{identify::identify, settings::AuthSettings};
use crate::{host::now, store::Store};
use http::{HeaderMap, Method};
use nokube_domain::{
    access::{AccessPolicy, AuthMethod, authorize_credential},
    scope::Scope,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthAudience {
    /// Sees whether the platform is healthy, without details.
    Public,
    /// An administrator's API token: sees details. It probably is a monitoring system that polls, so results are
    /// cached for as long as for the public.
    Machine,
    /// An administrator, or somebody who has the platform's own secret (`nokube doctor --operator`).
    Operator,
}

/// `scope` is what an API token needs to see details. A missing or invalid credential is not an error: the caller is
/// [`HealthAudience::Public`].
pub async fn health_audience(headers: &HeaderMap, scope: Scope) -> HealthAudience {
    let Ok(settings) = AuthSettings::load().await else { return HealthAudience::Public };
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
    let operator_keys = settings.operator_keys();
    if token.is_some_and(|text| operator_keys.is_valid_operator_proof(text, now().as_second())) {
        return HealthAudience::Operator;
    }
    let Ok((caller, credential)) = identify(&Method::GET, headers).await else {
        return HealthAudience::Public;
    };
    let Ok(store) = Store::open().await else { return HealthAudience::Public };
    let policy = AccessPolicy::Administrator(scope);
    let is_authorized = authorize_credential(&credential, policy).is_ok()
        && matches!(store.is_blocked(&caller.person).await, Ok(false));
    match credential.auth_method {
        _ if !is_authorized => HealthAudience::Public,
        AuthMethod::Token(_) => HealthAudience::Machine,
        _ => HealthAudience::Operator,
    }
}
