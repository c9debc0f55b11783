//! What the operator says about signing in.

use nokube_edge::{
    auth::AuthSettings,
    settings::{Kept, NotSetUp, Variables, once},
};
use nokube_github::oauth::OAuth;
use std::rc::Rc;
use url::Url;

pub struct Settings {
    /// How people sign in with GitHub; absent when that is not set up.
    pub oauth: Option<OAuth>,
    /// The outside issuer that publishes its keys, if there is one.
    pub oidc: Option<Oidc>,
    /// Seconds that a sign-in lasts.
    pub lasts: i64,
}

pub struct Oidc {
    pub issuer: String,
    pub audience: String,
    pub keys: Url,
    pub login_claim: String,
}

thread_local! {
    static SETTINGS: Kept<Settings> = const { Kept::new() };
}

impl Settings {
    /// # Errors
    /// Everything that is wrong with the settings.
    pub async fn read() -> Result<Rc<Self>, NotSetUp> {
        let common = AuthSettings::read().await?;
        once(&SETTINGS, async |v| Self::collect(v, &common).await).await
    }

    async fn collect(v: &mut Variables, common: &AuthSettings) -> Option<Self> {
        let oauth = Self::oauth(v, common).await;
        let oidc = Self::oidc(v, common).await;
        let lasts = v.number("auth_sign_in_hours", 1..=720).await * 3_600;
        Some(Self { oauth, oidc, lasts })
    }

    async fn oauth(v: &mut Variables, common: &AuthSettings) -> Option<OAuth> {
        let web = v.origin("github_sign_in_url", "where people sign in at GitHub").await;
        let api = v.origin("github_api_url", "the origin of GitHub's API").await;
        let path = v.optional("github_api_path").await.unwrap_or_default();
        let id = v.optional("github_oauth_client_id").await;
        let secret = v.optional("github_oauth_client_secret").await;
        let (client_id, client_secret) = match (id, secret) {
            (None, None) => return None,
            (Some(id), Some(secret)) => (id, secret),
            _ => {
                v.fault(
                    "github_oauth_client_secret",
                    "must be set together with github_oauth_client_id",
                );
                return None;
            }
        };
        if !common.has_sessions() {
            v.fault(
                "auth_session_secret",
                "is not set: sessions of people who sign in are signed with it",
            );
        }
        let api = format!("{}{}", api?.origin().ascii_serialization(), path.trim_end_matches('/'));
        Some(OAuth { web: web?, api, client_id, client_secret })
    }

    async fn oidc(v: &mut Variables, common: &AuthSettings) -> Option<Oidc> {
        let issuer = v.optional("auth_oidc_issuer").await?;
        if !common.has_sessions() {
            v.fault(
                "auth_session_secret",
                "is not set: tokens that are exchanged are signed with it",
            );
        }
        let audience =
            v.required("auth_oidc_audience", "the audience that the issuer's tokens name");
        let audience = audience.await;
        let keys = v.origin("auth_oidc_keys_url", "the origin of the issuer's keys").await;
        let path = v.required("auth_oidc_keys_path", "the path of the issuer's keys").await;
        let keys = keys?.join(&path?).ok();
        if keys.is_none() {
            v.fault("auth_oidc_keys_path", "must be a path such as /.well-known/jwks.json");
        }
        let login_claim = v.required("auth_oidc_login_claim", "the claim with the login").await?;
        Some(Oidc { issuer, audience: audience?, keys: keys?, login_claim })
    }
}
