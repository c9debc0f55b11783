//! The cluster that all tests of this process share, with what the platform needs on it.

use anyhow::Result;
use nokube_dev_cluster::{
    Cluster, Options, PASSWORD, USER,
    images::{Image, Layer},
};
use nokube_sim::AppKey;
use nokube_tests::{TestConfig, TestPlatform};
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use serde_json::json;
use tokio::sync::{OnceCell, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// If this environment variable is `running`, the tests use the cluster that `make cluster` holds.
const CLUSTER_VARIABLE: &str = "NOKUBE_CLUSTER";

/// The versions of the test app: `registry.example.org/team/app:v1` and so on.
const VERSIONS: [&str; 3] = ["v1", "v2", "v3"];

/// The cluster, with the platform's permissions and the images of the test app.
pub async fn cluster() -> &'static Cluster {
    static SHARED: OnceCell<Cluster> = OnceCell::const_new();
    SHARED.get_or_init(async || prepare().await.unwrap_or_else(|error| panic!("{error:#}"))).await
}

async fn prepare() -> Result<Cluster> {
    let cluster = match std::env::var(CLUSTER_VARIABLE).as_deref() {
        Ok("running") => Cluster::attach()?,
        _ => Cluster::start(&Options::default()).await?,
    };
    cluster.admin()?.apply_permissions().await?;
    for version in VERSIONS {
        let image = app_image(&cluster, &[("VERSION", version)])?;
        cluster.registry().push(&image, "team/app", version).await?;
    }
    let token = cluster.service_account_token("nokube", "nokube-deployer").await?;
    cluster.client_with_token(&token)?.wait_for_admission_policies().await?;
    Ok(cluster)
}

/// An image with the test app and these variables.
pub fn app_image(cluster: &Cluster, variables: &[(&str, &str)]) -> Result<Image> {
    let layer = Layer::of_app(cluster.programs())?;
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Image::new(&layer, &json!({ "Entrypoint": ["/app"], "Env": variables }))
}

/// A platform whose services have Ingresses.
pub async fn config(cluster: &Cluster) -> TestConfig {
    let token = cluster.service_account_token("nokube", "nokube-deployer").await.unwrap();
    let ca = cluster.ca_file().display().to_string();
    let mut config = TestPlatform::config()
        .variable("kubernetes_api_url", cluster.url())
        .variable("kubernetes_token", &token)
        .variable("registry_api_url", &cluster.token_registry_url())
        .variable("foreign_images", "*.example.org, registry.example.net")
        .variable("registry_username", USER)
        .variable("registry_token", PASSWORD)
        .variable("apps_domain", "apps.example.org")
        .variable("apps_ingress_class", "traefik")
        .variable("apps_entrance_namespace", "traefik")
        .variable("apps_certificates", "shared");
    let host = cluster.control_plane_address();
    config.runtime_config = Some(format!(
        "[[client_tls]]\ncomponent_ids = [\"deploy\"]\nhosts = [\"{host}\"]\nca_roots_file = {ca:?}\n"
    ));
    config
}

/// The same platform as a GitHub App, which gets no events: it finds out about pushes by looking.
pub fn as_app_without_events(config: TestConfig) -> TestConfig {
    let pem = PrivateKey::generate().to_pkcs1_pem(LineEnding::LF).unwrap().to_string();
    config
        .without_webhooks()
        .variable("github_token", "")
        .variable("github_app_client_id", "Iv1.app")
        .variable("github_app_private_key", &pem.replace('\n', "\\n"))
        .github(|github| {
            github.token = None;
            github.app = Some(AppKey { client_id: "Iv1.app".into(), private_key_pem: pem });
        })
}

/// A platform whose services have HTTPRoutes.
pub async fn gateway_config(cluster: &Cluster) -> TestConfig {
    config(cluster)
        .await
        .variable("apps_routing", "gateway")
        .variable("apps_ingress_class", "")
        .variable("apps_gateway", "traefik/main")
}

/// Whether a test may run beside others. The nodes are shared: a test that takes one away runs alone.
pub struct Turn(RwLock<()>);

static TURN: Turn = Turn(RwLock::const_new(()));

impl Turn {
    pub async fn beside_others() -> RwLockReadGuard<'static, ()> {
        TURN.0.read().await
    }

    pub async fn alone() -> RwLockWriteGuard<'static, ()> {
        TURN.0.write().await
    }
}
