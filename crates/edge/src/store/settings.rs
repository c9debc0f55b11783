//! Where the platform's state is.

use crate::settings::{SettingsError, Variables, load_cached};
use http::Uri;
use nokube_domain::problem::FieldError;
use std::rc::Rc;

/// Of `redis://`. In `allowed_outbound_hosts`, Spin knows no default port of `rediss://`.
const DEFAULT_PORT: u16 = 6379;

/// The default in `spin.toml`: an entry of `allowed_outbound_hosts` cannot be empty.
const UNSET_HOST: &str = "redis://unset.invalid:6379";

/// Without a key-value store, where the state has to be.
const REQUIRED: &str = "must be set, together with state_redis_host: components that are built for a hosted Spin have \
                        no other store (docs/hosted-spin.md)";

pub struct StoreSettings {
    /// The Redis server; `None`: the host's key-value store, which the components for a hosted Spin do not import.
    pub redis_url: Option<String>,
}

impl StoreSettings {
    /// # Errors
    /// `state_redis_url` is malformed, or `state_redis_host`, which opens the network to it, names another server.
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        load_cached(Self::collect).await
    }

    async fn collect(variables: &mut Variables) -> Option<Self> {
        let url = variables.optional("state_redis_url").await;
        let host = variables.optional("state_redis_host").await;
        match Self::new(url, host.as_deref()) {
            Ok(settings) => Some(settings),
            Err(FieldError { field, detail }) => {
                variables.add_error(&field, detail);
                None
            }
        }
    }

    /// Checks `state_redis_url` and `state_redis_host`.
    ///
    /// # Errors
    /// As [`Self::load`]. The error does not contain the URL, which has a password.
    pub fn new(url: Option<String>, host: Option<&str>) -> Result<Self, FieldError> {
        let invalid = |field: &str, detail: &str| {
            Err(FieldError { field: field.into(), detail: detail.into() })
        };
        let Some(url) = url else {
            if host.is_some_and(|host| host != UNSET_HOST) {
                return invalid("state_redis_url", "must be set together with state_redis_host");
            }
            return match cfg!(feature = "hosted") {
                true => invalid("state_redis_url", REQUIRED),
                false => Ok(Self { redis_url: None }),
            };
        };
        let Some(server) = server_of(&url) else {
            let detail = "must be a URL such as redis://:PASSWORD@HOST:6379/0 (with TLS: rediss:// and \
                          a port); in a password, characters other than letters and digits are percent-encoded";
            return invalid("state_redis_url", detail);
        };
        if host.and_then(server_of) != Some(server) {
            // `/ready` shows this to everybody, so it does not contain parts of the URL.
            let detail = "must be the scheme, host and port of state_redis_url, such as \
                          redis://redis.internal:6379";
            return invalid("state_redis_host", detail);
        }
        Ok(Self { redis_url: Some(url) })
    }
}

/// The scheme, host and port of a Redis URL. Its path can only be the number of a database. (`Uri` instead of `Url`,
/// which is too large for the webhook component.)
fn server_of(text: &str) -> Option<(String, String, u16)> {
    // A `Uri` drops a fragment: in a URL whose password has a `#`, the host would be a part of the password.
    let url: Uri = text.parse().ok().filter(|_| !text.contains('#'))?;
    let scheme = url.scheme_str().filter(|scheme| matches!(*scheme, "redis" | "rediss"))?;
    // A user is optional, but a user without a password is a password without its colon.
    let (login, _) = url.authority()?.as_str().rsplit_once('@').unwrap_or((":", ""));
    if login.contains('@') || !login.contains(':') {
        return None;
    }
    let database = url.path().trim_start_matches('/');
    let has_database_only =
        url.query().is_none() && database.bytes().all(|byte| byte.is_ascii_digit());
    let host = url.host().filter(|host| !host.is_empty() && has_database_only)?;
    let port = url.port_u16().or((scheme == "redis").then_some(DEFAULT_PORT))?;
    Some((scheme.to_owned(), host.to_ascii_lowercase(), port))
}
