//! `/ready` and `/ready/sign-in`: errors in this component's settings, and whether anybody can sign in.

use crate::settings::Settings;
use nokube_edge::{
    Call, Reply, Result,
    auth::AuthSettings,
    readiness::{self, Health},
};

pub async fn settings(_: Call) -> Result<Reply> {
    readiness::settings(Settings::load().await)
}

pub async fn sign_in(_: Call) -> Result<Reply> {
    let (Ok(auth_settings), Ok(settings)) = (AuthSettings::load().await, Settings::load().await)
    else {
        return readiness::not_checked();
    };
    let has_external_issuer =
        auth_settings.jwt_issuer.is_some() || !auth_settings.oidc_issuer.is_empty();
    let mut health = match &settings.oauth {
        None if has_external_issuer => {
            Health::ok("sign-in with GitHub is not set up; people use their issuer's tokens")
        }
        None => Health::failed(
            "nobody can sign in: set github_oauth_client_id and github_oauth_client_secret",
        ),
        Some(_) => {
            let allowlist = &auth_settings.allowlist;
            Health { ok: !allowlist.is_empty(), detail: allowlist.describe() }
        }
    };
    let mut add_note = |note: &str| {
        health.detail.push_str("; ");
        health.detail.push_str(note);
    };
    // HTTPS means that a proxy terminates TLS: all requests come from its address.
    if auth_settings.is_https() && auth_settings.client_address_header.is_empty() {
        add_note(
            "if a server in front of the platform terminates TLS, set client_address_header; \
             otherwise all people who sign in share one rate limit, and the audit log shows that \
             server's address",
        );
    }
    if auth_settings.has_sessions() && !auth_settings.is_https() && !auth_settings.is_loopback() {
        add_note("platform_url begins with http: anybody on the network path can read sessions");
    }
    readiness::health(&health)
}
