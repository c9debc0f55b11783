//! The settings for signing in.

use nokube_edge::{
    auth::AuthSettings,
    settings::{SettingsError, Variables, load_cached},
};
use nokube_github::{api::base_url, oauth::OAuth};
use std::rc::Rc;
use url::Url;

pub struct Settings {
    /// Sign-in with GitHub; `None` when it is not configured.
    pub oauth: Option<OAuth>,
    /// The issuer whose tokens are exchanged; `None` when it is not configured.
    pub oidc: Option<OidcSettings>,
    /// Seconds until a person must sign in again.
    pub sign_in_seconds: i64,
}

pub struct OidcSettings {
    pub issuer: String,
    pub audience: String,
    /// Where the issuer publishes its keys.
    pub keys_url: Url,
    /// The claim that holds the login.
    pub login_claim: String,
}

impl Settings {
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        let auth_settings = AuthSettings::load().await?;
        load_cached(async |v| Self::collect(v, &auth_settings).await).await
    }

    async fn collect(v: &mut Variables, auth_settings: &AuthSettings) -> Option<Self> {
        let oauth = Self::oauth(v, auth_settings).await;
        let oidc = Self::oidc(v, auth_settings).await;
        let sign_in_seconds = v.number("auth_sign_in_hours", 1..=720).await * 3_600;
        Some(Self { oauth, oidc, sign_in_seconds })
    }

    async fn oauth(v: &mut Variables, auth_settings: &AuthSettings) -> Option<OAuth> {
        let web = v.origin("github_sign_in_url", "where people sign in at GitHub").await;
        let api = v.origin("github_api_url", "the origin of GitHub's API").await;
        let path = v.optional("github_api_path").await.unwrap_or_default();
        let id = v.optional("github_oauth_client_id").await;
        let secret = v.optional("github_oauth_client_secret").await;
        let (client_id, client_secret) = match (id, secret) {
            (None, None) => return None,
            (Some(id), Some(secret)) => (id, secret),
            _ => {
                v.add_error(
                    "github_oauth_client_secret",
                    "must be set together with github_oauth_client_id",
                );
                return None;
            }
        };
        if !auth_settings.has_sessions() {
            v.add_error(
                "auth_session_secret",
                "is not set: sessions of people who sign in are signed with it",
            );
        }
        Some(OAuth { web: web?, api: base_url(&api?, &path), client_id, client_secret })
    }

    async fn oidc(v: &mut Variables, auth_settings: &AuthSettings) -> Option<OidcSettings> {
        let issuer = v.optional("auth_oidc_issuer").await?;
        if !auth_settings.has_sessions() {
            v.add_error(
                "auth_session_secret",
                "is not set: tokens that are exchanged are signed with it",
            );
        }
        let audience =
            v.required("auth_oidc_audience", "the audience that the issuer's tokens name");
        let audience = audience.await;
        let origin = v.origin("auth_oidc_keys_url", "the origin of the issuer's keys").await;
        let path = v.required("auth_oidc_keys_path", "the path of the issuer's keys").await;
        let keys_url = origin?.join(&path?).ok();
        if keys_url.is_none() {
            v.add_error("auth_oidc_keys_path", "must be a path such as /.well-known/jwks.json");
        }
        let login_claim = v.required("auth_oidc_login_claim", "the claim with the login").await?;
        Some(OidcSettings { issuer, audience: audience?, keys_url: keys_url?, login_claim })
    }
}
