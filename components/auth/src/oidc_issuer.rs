//! Identifies people by a token of the OIDC issuer.
//!
//! The issuer's public keys are cached in the store, and fetched again when a token names an unknown key.

use crate::settings::OidcSettings;
use nokube_domain::{
    Person, Timestamp,
    access::GitHubIdentity,
    jwt::{Claims, Validation},
    name::Login,
    session::Identity,
};
use nokube_edge::{
    Result,
    auth::AuthSettings,
    now,
    outbound::{self, Timeouts},
    sleep,
    store::{Store, WindowName, keys},
    warn,
};
use nokube_oidc::{KeySet, VerifyError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Seconds after which the keys are fetched again.
const REFRESH_INTERVAL: i64 = 600;

/// Minimum seconds between two fetches: a forger can name any number of unknown keys.
const MIN_FETCH_INTERVAL: i64 = 30;

/// Maximum age of cached keys in seconds. Older keys are not used even if the issuer does not respond, because
/// it may have withdrawn them.
const MAX_AGE: i64 = 24 * 3600;

const MAX_KEYS_BYTES: usize = 256 * 1024;

/// How often, and after what time, a request looks whether another one has fetched the first keys.
const MAX_LOOKS: u32 = 20;
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// The issuer's keys as last fetched. Times are in seconds since 1970.
#[derive(Serialize, Deserialize)]
struct CachedKeys {
    /// Where the keys were fetched. After a change of the settings, keys from another URL are not used.
    url: String,
    #[serde(rename = "asked")]
    requested_at: i64,
    #[serde(rename = "fetched")]
    fetched_at: i64,
    keys: String,
}

/// Returns the identity in a token and its expiry (Unix time in seconds), or why the token is rejected, as a
/// message for the client.
pub async fn identify(
    store: &Store,
    auth_settings: &AuthSettings,
    oidc: &OidcSettings,
    token: &str,
) -> Result<std::result::Result<(Identity, i64), String>> {
    let second = now().as_second();
    let validation = Validation {
        issuer: &oidc.issuer,
        audience: &oidc.audience,
        leeway: auth_settings.clock_leeway,
        now: second,
    };
    let cached = store.get(keys::issuer_keys::<CachedKeys>()).await?;
    let mut cached = cached.filter(|cached| cached.url == oidc.keys_url.as_str());
    if cached.as_ref().is_none_or(|cached| second - cached.fetched_at >= REFRESH_INTERVAL) {
        cached = fetch_keys(store, oidc, cached).await?;
    }
    let verify =
        |cached: Option<&CachedKeys>| verify(cached, token, &validation, &oidc.login_claim);
    let mut verified = verify(cached.as_ref());
    if verified == Err(VerifyError::UnknownKey) {
        cached = fetch_keys(store, oidc, cached).await?;
        verified = verify(cached.as_ref());
    }
    let (claims, login) = match verified {
        Ok(verified) => verified,
        Err(VerifyError::UnknownKey) => {
            return Ok(Err(
                "The token was signed with a key that its issuer does not publish.".into()
            ));
        }
        Err(VerifyError::Jwt(error)) => return Ok(Err(format!("Not exchanged: {error}."))),
    };
    let login: Login = match login.as_deref().unwrap_or_default().parse() {
        Ok(login) => login,
        Err(error) => return Ok(Err(format!("The token's claim {} {error}.", oidc.login_claim))),
    };
    let identity = Identity {
        person: Person { issuer: claims.iss, subject: claims.sub },
        login,
        github_identity: GitHubIdentity::Unknown,
        github_membership: None,
    };
    Ok(Ok((identity, claims.exp)))
}

fn verify(
    cached: Option<&CachedKeys>,
    token: &str,
    validation: &Validation<'_>,
    login_claim: &str,
) -> std::result::Result<(Claims, Option<String>), VerifyError> {
    let cached = cached.filter(|cached| validation.now - cached.fetched_at < MAX_AGE);
    let keys = cached.and_then(|cached| KeySet::parse(cached.keys.as_bytes()));
    keys.ok_or(VerifyError::UnknownKey)?.verify(token, validation, login_claim)
}

/// Fetches and caches the keys, unless that was tried a moment ago, or another request does it now. If the issuer does
/// not respond, the cached keys stay.
async fn fetch_keys(
    store: &Store,
    oidc: &OidcSettings,
    cached: Option<CachedKeys>,
) -> Result<Option<CachedKeys>> {
    let second = now().as_second();
    if cached.as_ref().is_some_and(|cached| second - cached.requested_at < MIN_FETCH_INTERVAL) {
        return Ok(cached);
    }
    let last = cached.as_ref().and_then(|cached| Timestamp::from_second(cached.requested_at).ok());
    if !store.is_first(&WindowName::issuer_keys(), last).await? {
        return fetched_by_another(store, oidc, cached).await;
    }
    let url = oidc.keys_url.to_string();
    let (keys, fetched_at) =
        cached.map_or_else(Default::default, |cached| (cached.keys, cached.fetched_at));
    let mut cached = CachedKeys { url: url.clone(), requested_at: second, fetched_at, keys };
    // Stored before the request, so that later requests do not fetch too.
    store.set(keys::issuer_keys(), &cached).await?;
    let mut request = http::Request::new(Vec::new());
    *request.uri_mut() = url.parse().unwrap_or_default();
    match outbound::send(request, Timeouts::SHORT).await {
        Ok(response) if response.status() == 200 && response.body().len() <= MAX_KEYS_BYTES => {
            let keys = String::from_utf8(response.into_body()).unwrap_or_default();
            if KeySet::parse(keys.as_bytes()).is_some_and(|set| !set.is_empty()) {
                (cached.keys, cached.fetched_at) = (keys, second);
                store.set(keys::issuer_keys(), &cached).await?;
            } else {
                warn("the OIDC issuer publishes no usable key");
            }
        }
        Ok(response) => warn(format_args!("the OIDC issuer's keys: status {}", response.status())),
        Err(error) => warn(format_args!("the OIDC issuer's keys: {}", error.0)),
    }
    Ok(Some(cached))
}

/// The keys that another request is fetching. Waits for them only if there are none yet.
async fn fetched_by_another(
    store: &Store,
    oidc: &OidcSettings,
    mut cached: Option<CachedKeys>,
) -> Result<Option<CachedKeys>> {
    for _ in 0..MAX_LOOKS {
        if cached.as_ref().is_some_and(|cached| cached.fetched_at > 0) {
            break;
        }
        sleep(LOOK_INTERVAL).await;
        cached = store.get(keys::issuer_keys::<CachedKeys>()).await?;
        cached = cached.filter(|cached| cached.url == oidc.keys_url.as_str());
    }
    Ok(cached)
}
