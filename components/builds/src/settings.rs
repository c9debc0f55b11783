//! What the operator says about builds: GitHub, the registry, the waits.

use nokube_domain::{build::Windows, image::Registry};
use nokube_edge::settings::{Kept, NotSetUp, Variables, once};
use nokube_github::{Api, app::App, retry::Patience};
use std::rc::Rc;
use url::Url;

/// As whom the platform speaks to GitHub.
pub enum Credentials {
    App(App),
    Token(String),
}

pub struct Settings {
    pub api: Api,
    pub api_origin: Url,
    /// The GitHub that people see.
    pub web: Url,
    pub credentials: Credentials,
    pub registry: Registry,
    pub registry_api: Url,
    /// User and token for private images.
    pub registry_login: Option<(String, String)>,
    pub patience: Patience,
    /// Seconds told of a service's first build.
    pub estimate: u32,
}

/// Waits and limits alone: a finished build is read without anything of GitHub.
pub struct Waits {
    pub windows: Windows,
    /// Projects that one person may have.
    pub most_projects: u32,
    /// Builds that one person's projects may have under way; 0 for as many as they like.
    pub most_running: u32,
    /// How far back a build can still be unfinished, in seconds.
    pub horizon: i64,
}

thread_local! {
    static SETTINGS: Kept<Settings> = const { Kept::new() };
    static WAITS: Kept<Waits> = const { Kept::new() };
}

/// How long after a success its digest is looked for, and when a wish to cancel is forced.
const DIGEST_SECONDS: i64 = 600;
const FORCE_SECONDS: i64 = 300;

impl Waits {
    /// # Errors
    /// Everything that is wrong with these settings.
    pub async fn read() -> Result<Rc<Self>, NotSetUp> {
        once(&WAITS, Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let grace = v.number("build_grace_seconds", 1..=86_400).await;
        let longest = v.number("build_longest_seconds", 60..=21_600).await;
        let quiet = v.number("build_quiet_seconds", 0..=3_600).await;
        let windows =
            Windows { grace, quiet, digest: DIGEST_SECONDS, force: FORCE_SECONDS.max(quiet) };
        let horizon = grace + longest + DIGEST_SECONDS;
        let most_projects = v.number("max_projects_per_person", 1..=1_000).await;
        let most_projects = u32::try_from(most_projects).unwrap_or(1);
        let most_running = v.number("max_running_builds_per_person", 0..=10_000).await;
        let most_running = u32::try_from(most_running).unwrap_or(1);
        Some(Self { windows, most_projects, most_running, horizon })
    }
}

impl Settings {
    /// # Errors
    /// Everything that is wrong with the settings.
    pub async fn read() -> Result<Rc<Self>, NotSetUp> {
        once(&SETTINGS, Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let api_origin = v.origin("github_api_url", "the origin of GitHub's API").await;
        let api_path = v.optional("github_api_path").await.unwrap_or_default();
        let web = v.origin("github_web_url", "the GitHub that people see").await;
        let enterprise = !api_path.is_empty();
        if enterprise && web.as_ref().is_some_and(|web| web.host_str() == Some("github.com")) {
            v.fault(
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
            v.fault("github_builder_workflow", "must be a file name such as build.yml");
        }
        let builder_ref = v.required("github_builder_ref", "the builder's branch").await;
        let credentials = Self::credentials(v).await;
        let registry = v.registry().await;
        let registry_api = v.origin("registry_api_url", "the origin of the registry's API").await;
        let registry_login = v.registry_login().await;
        let patience = Patience {
            tries: 3,
            first_wait: v.number("github_retry_first_ms", 1..=60_000).await.unsigned_abs(),
            longest_wait: v.number("github_retry_longest_ms", 1..=60_000).await.unsigned_abs(),
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
            patience,
            estimate: u32::try_from(estimate).unwrap_or(u32::MAX),
        })
    }

    async fn credentials(v: &mut Variables) -> Option<Credentials> {
        let client_id = v.optional("github_app_client_id").await;
        let key = v.optional("github_app_private_key").await;
        let token = v.optional("github_token").await;
        match (client_id, key, token) {
            (Some(client_id), Some(key), None) => match App::new(&client_id, &key) {
                Ok(app) => return Some(Credentials::App(app)),
                Err(error) => v.fault("github_app_private_key", error.to_string()),
            },
            (None, None, Some(token)) => return Some(Credentials::Token(token)),
            (None, None, None) => v.fault(
                "github_app_client_id",
                "is not set: set it and github_app_private_key, or github_token",
            ),
            (Some(_), None, None) => v.fault(
                "github_app_private_key",
                "is not set: the GitHub App's private key belongs to github_app_client_id",
            ),
            (None, Some(_), None) => {
                v.fault("github_app_client_id", "is not set: it belongs to github_app_private_key")
            }
            (_, _, Some(_)) => v.fault(
                "github_token",
                "is set besides the GitHub App: the platform must know as whom it speaks, so \
                 leave one of the two out",
            ),
        }
        None
    }
}
