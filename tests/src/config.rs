//! The configuration of a [`TestPlatform`].

use crate::{
    BUILDER_REPOSITORY, CLIENT_ID, CLIENT_SECRET, GITHUB_TOKEN, JWT_SECRET, KUBERNETES_TOKEN,
    PLATFORM_URL, SECRET_NAMES_KEY, SESSION_SECRET, TestPlatform, WEBHOOK_SECRET,
};
use local_host::Limits;
use nokube_sim::{ClusterOptions, GitHubOptions};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// What stores the platform's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// Spin's key-value store, in a SQLite file.
    Sqlite,
    /// `state_redis_url`.
    Redis,
    /// Spin's key-value store on Redis, which is deprecated.
    KeyValueOnRedis,
    /// `state_redis_url`, with the components and the limits of a hosted Spin.
    Hosted,
}

impl StoreKind {
    /// What `make test-redis` and `make test-hosted` run all flows on.
    fn from_environment() -> Self {
        match std::env::var("NOKUBE_TEST_STORE").as_deref() {
            Ok("redis") => Self::Redis,
            Ok("key-value-on-redis") => Self::KeyValueOnRedis,
            Ok("hosted") => Self::Hosted,
            Ok(other) => panic!("NOKUBE_TEST_STORE is {other:?}"),
            Err(_) => Self::Sqlite,
        }
    }

    /// The manifest of the components that are tested.
    pub(crate) fn manifest(self) -> &'static str {
        match self {
            Self::Hosted => "spin.hosted.toml",
            Self::Sqlite | Self::Redis | Self::KeyValueOnRedis => "spin.toml",
        }
    }

    /// These limits with those that the host has: of a hosted Spin, Akamai's (docs/hosted-spin.md).
    pub(crate) fn limits(self, limits: Limits) -> Limits {
        match self {
            Self::Hosted => Limits {
                request_duration: Some(Duration::from_secs(30)),
                memory: Some(128 << 20),
                body_size: Some(10 << 20),
                ..limits
            },
            Self::Sqlite | Self::Redis | Self::KeyValueOnRedis => limits,
        }
    }
}

/// Settings of the platform and options of the simulations, to be changed before the start.
pub struct TestConfig {
    /// The platform's settings (Spin variables).
    pub variables: BTreeMap<String, String>,
    pub github: GitHubOptions,
    pub cluster: ClusterOptions,
    /// Whether GitHub sends webhooks to the platform.
    pub has_webhook: bool,
    /// Additional runtime configuration for Spin (TOML).
    pub runtime_config: Option<String>,
    pub store_kind: StoreKind,
    /// A SQLite file that the platform continues on a copy of.
    pub store: Option<PathBuf>,
    /// How many seconds the platform's clock is ahead of the real time.
    pub clock_offset: i64,
    /// Limits of the components' instances.
    pub limits: Limits,
}

impl Default for TestConfig {
    /// A complete platform with fast simulations, without rate limits and without caching of what GitHub and the
    /// cluster respond.
    fn default() -> Self {
        let variables = [
            ("auth_jwt_secret", JWT_SECRET),
            ("auth_jwt_subjects_are_github_logins", "true"),
            ("github_builder_repository", BUILDER_REPOSITORY),
            ("github_token", GITHUB_TOKEN),
            ("github_webhook_secret", WEBHOOK_SECRET),
            ("registry_namespace", "platform"),
            ("kubernetes_token", KUBERNETES_TOKEN),
            ("secret_names_key", SECRET_NAMES_KEY),
            ("apps_domain", "apps.example.org"),
            ("apps_entrance_namespace", "ingress"),
            ("deploy_resume_seconds", "1"),
            ("build_quiet_seconds", "0"),
            ("push_quiet_seconds", "0"),
            ("deployment_quiet_seconds", "0"),
            ("platform_url", PLATFORM_URL),
            ("auth_session_secret", SESSION_SECRET),
            ("github_oauth_client_id", CLIENT_ID),
            ("github_oauth_client_secret", CLIENT_SECRET),
            ("auth_allowed_users", "alice, bob, carol"),
            ("auth_administrators", "root"),
            // Tests of limits set their own.
            ("limit_builds_per_minute", "0"),
            ("limit_deploys_per_minute", "0"),
            ("limit_changes_per_minute", "0"),
            ("limit_sign_ins_per_minute", "0"),
            ("limit_reads_per_minute", "0"),
            ("max_running_builds_per_person", "0"),
            ("github_retry_first_ms", "20"),
            ("github_retry_longest_ms", "1500"),
        ];
        Self {
            variables: variables.map(|(name, value)| (name.into(), value.into())).into(),
            github: GitHubOptions {
                builder_repository: BUILDER_REPOSITORY.into(),
                token: Some(GITHUB_TOKEN.into()),
                step: Duration::from_millis(10),
                oauth: Some((CLIENT_ID.into(), CLIENT_SECRET.into())),
                record_responses: true,
                ..GitHubOptions::default()
            },
            cluster: ClusterOptions {
                token: Some(KUBERNETES_TOKEN.into()),
                platform_rbac: true,
                step: Duration::from_millis(20),
                ..ClusterOptions::default()
            },
            has_webhook: true,
            runtime_config: None,
            store_kind: StoreKind::from_environment(),
            store: None,
            clock_offset: 0,
            limits: Limits::default(),
        }
    }
}

impl TestConfig {
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The default of `spin.toml` for a setting that tests have another value for.
    pub fn with_default(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// GitHub sends no webhooks to the platform.
    pub fn without_webhooks(mut self) -> Self {
        self.has_webhook = false;
        self
    }

    pub fn github(mut self, change: impl FnOnce(&mut GitHubOptions)) -> Self {
        change(&mut self.github);
        self
    }

    pub fn cluster(mut self, change: impl FnOnce(&mut ClusterOptions)) -> Self {
        change(&mut self.cluster);
        self
    }

    pub fn on(mut self, store_kind: StoreKind) -> Self {
        self.store_kind = store_kind;
        self
    }

    /// On Redis by `state_redis_url`.
    pub fn on_redis(self) -> Self {
        match self.store_kind {
            StoreKind::Hosted => self,
            _ => self.on(StoreKind::Redis),
        }
    }

    /// Not on a hosted Spin, where every instance serves one request.
    pub fn with_instance_reuse(self) -> Self {
        match self.store_kind {
            StoreKind::Hosted => self.on(StoreKind::Redis),
            _ => self,
        }
    }

    /// Every instance serves one request.
    pub fn without_instance_reuse(mut self) -> Self {
        self.limits.max_instance_reuse_count = 1;
        self
    }

    /// Continues on a copy of a SQLite file, with the platform's clock so many seconds ahead of the real time.
    pub fn on_store(mut self, store: &Path, clock_offset: i64) -> Self {
        (self.store, self.clock_offset, self.store_kind) =
            (Some(store.into()), clock_offset, StoreKind::Sqlite);
        self
    }

    pub async fn start(self) -> TestPlatform {
        TestPlatform::start_with(self).await
    }
}
