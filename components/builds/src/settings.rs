//! The operator's settings for builds: GitHub, the registry, timeouts and quotas.

use nokube_domain::{builds::BuildTimeouts, image::Registry};
use nokube_edge::{
    builds::{BuildLifetime, DIGEST_TIMEOUT},
    retry::RetryPolicy,
    settings::{SettingsError, Variables, load_cached},
};
use nokube_github::{Api, app::App};
use std::{rc::Rc, time::Duration};
use url::Url;

/// How the platform authenticates at GitHub.
pub enum Credentials {
    App(Box<App>),
    Token(String),
}

pub struct Settings {
    pub api: Api,
    pub api_origin: Url,
    /// The origin of GitHub's web pages.
    pub web: Url,
    pub credentials: Credentials,
    pub registry: Registry,
    pub registry_api: Url,
    /// User and token for private images.
    pub registry_login: Option<(String, String)>,
    pub retry_policy: RetryPolicy,
    /// The expected duration of a service's first build, in seconds.
    pub estimate: u32,
}

/// Timeouts and quotas. Separate from [`Settings`], so that ended builds can be read even if the settings for
/// GitHub are invalid.
pub struct Limits {
    pub timeouts: BuildTimeouts,
    /// Unfinished builds that all projects of one owner may have; 0 for no limit.
    pub max_running: u32,
    /// Services with a saved source that a project may have.
    pub max_services: u32,
    /// Seconds after which GitHub is asked again for pushes; 0 for each read.
    pub push_quiet: i64,
    /// Previews that all projects of one owner may have at once.
    pub max_previews: u32,
    /// Days after which a preview ends without a push.
    pub preview_days: i64,
}

/// Seconds after which a request to cancel is sent as a forced one.
const FORCE_CANCEL_AFTER: i64 = 300;

impl Limits {
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        load_cached(Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let lifetime = BuildLifetime::collect(v).await;
        let quiet = v.number("build_quiet_seconds", 0..=3_600).await;
        let timeouts = BuildTimeouts {
            grace: lifetime.grace,
            poll_interval: quiet,
            digest_lookup: DIGEST_TIMEOUT,
            force_cancel: FORCE_CANCEL_AFTER.max(quiet),
        };
        let max_running = v.number("max_running_builds_per_person", 0..=10_000).await;
        let max_services = v.number("max_services_per_project", 1..=1_000).await;
        let push_quiet = v.number("push_quiet_seconds", 0..=3_600).await;
        let max_previews = v.number("limit_previews", 1..=100).await;
        let preview_days = v.number("preview_days", 1..=365).await;
        Some(Self { timeouts, max_running, max_services, push_quiet, max_previews, preview_days })
    }
}

impl Settings {
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        load_cached(Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let api_origin = v.origin("github_api_url", "the origin of GitHub's API").await;
        let api_path = v.optional("github_api_path").await.unwrap_or_default();
        let web = v.origin("github_web_url", "the GitHub that people see").await;
        let enterprise = !api_path.is_empty();
        if enterprise && web.as_ref().is_some_and(|web| web.host_str() == Some("github.com")) {
            v.add_error(
                "github_web_url",
                "must be your GitHub Enterprise Server, as github_api_path is set",
            );
        }
        let what = "the private repository that holds the builder's workflow, OWNER/NAME";
        let builder = v.parsed("github_builder_repository", what).await;
        let workflow = v
            .required("github_builder_workflow", "the workflow's file name")
            .await
            .filter(|name| {
                name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            });
        if workflow.is_none() {
            v.add_error("github_builder_workflow", "must be a file name such as build.yml");
        }
        let builder_ref = v.required("github_builder_ref", "the builder's branch").await;
        let credentials = Self::credentials(v).await;
        let registry = v.registry().await;
        let registry_api = v.origin("registry_api_url", "the origin of the registry's API").await;
        let registry_login = v.registry_credentials().await;
        let retry_policy = RetryPolicy {
            max_attempts: 3,
            first_wait: Duration::from_millis(v.number("github_retry_first_ms", 1..=60_000).await),
            max_wait: Duration::from_millis(v.number("github_retry_longest_ms", 1..=60_000).await),
        };
        let estimate = v.number("build_estimate_seconds", 1..=86_400).await;
        let api_origin = api_origin?;
        Some(Self {
            api: Api::new(&api_origin, &api_path, builder?, workflow?, builder_ref?),
            api_origin,
            web: web?,
            credentials: credentials?,
            registry: registry?,
            registry_api: registry_api?,
            registry_login,
            retry_policy,
            estimate,
        })
    }

    async fn credentials(v: &mut Variables) -> Option<Credentials> {
        let client_id = v.optional("github_app_client_id").await;
        let key = v.optional("github_app_private_key").await;
        let token = v.optional("github_token").await;
        match (client_id, key, token) {
            (Some(client_id), Some(key), None) => match App::new(&client_id, &key) {
                Ok(app) => return Some(Credentials::App(Box::new(app))),
                Err(error) => v.add_error("github_app_private_key", error.to_string()),
            },
            (None, None, Some(token)) => return Some(Credentials::Token(token)),
            (None, None, None) => v.add_error(
                "github_app_client_id",
                "is not set: set it and github_app_private_key, or github_token",
            ),
            (Some(_), None, None) => v.add_error(
                "github_app_private_key",
                "is not set, but github_app_client_id requires it: the GitHub App's private key",
            ),
            (None, Some(_), None) => v.add_error(
                "github_app_client_id",
                "is not set, but github_app_private_key requires it",
            ),
            (_, _, Some(_)) => v.add_error(
                "github_token",
                "must not be set together with a GitHub App: remove one of the two",
            ),
        }
        None
    }
}
