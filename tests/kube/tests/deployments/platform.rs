//! The platform with the permissions of `ops/rbac.yaml`, on the shared cluster.

use anyhow::Result;
use nokube_dev_cluster::PERMISSIONS;
use nokube_tests::{TestConfig, TestPlatform};
use nokube_tests_kube::{Client, Cluster};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

/// The shared cluster, with `ops/rbac.yaml` and `ops/admission` applied.
pub async fn cluster() -> Result<&'static Cluster> {
    static READY: OnceCell<()> = OnceCell::const_new();
    let cluster = Cluster::shared().await?;
    READY
        .get_or_try_init(|| async {
            for file in PERMISSIONS {
                cluster.admin()?.apply_yaml(&as_edited_by_the_operator(file)).await?;
            }
            for namespace in ["ingress", "gateway"] {
                let object = json!({
                    "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace },
                });
                cluster.admin()?.apply(&object).await?.ok()?;
            }
            let token = cluster.service_account_token("nokube", "nokube-deployer").await?;
            cluster.client_with_token(&token)?.wait_for_admission_policies().await
        })
        .await?;
    Ok(cluster)
}

/// With the values of an operator for the settings that the tests have.
fn as_edited_by_the_operator(file: &str) -> String {
    file.replace("['']", "['.apps.example.org', '.example.com', 'shop.example.net']")
        .replace("\"[]\" # apps_egress_cidrs", "\"['10.1.0.0/16', 'fd00:1::/64']\"")
        .replace("\"[]\" # preview_ingress_annotations", "\"['example.org/headers']\"")
}

/// The default platform, with the token of the deployer in `ops/rbac.yaml`.
pub async fn config() -> Result<TestConfig> {
    let cluster = cluster().await?;
    let token = cluster.service_account_token("nokube", "nokube-deployer").await?;
    Ok(config_with_token(cluster, &token))
}

pub fn config_with_token(cluster: &Cluster, token: &str) -> TestConfig {
    let ca = cluster.ca_file().display().to_string();
    let mut config = TestPlatform::config()
        .variable("kubernetes_api_url", cluster.url())
        .variable("kubernetes_token", token)
        // The tests share the cluster and this domain; host names contain the unique user name.
        .variable("apps_domain", "apps.example.org");
    config.runtime_config = Some(format!(
        "[[client_tls]]\ncomponent_ids = [\"deploy\"]\nhosts = [\"127.0.0.1\"]\nca_roots_file = \
         {ca:?}\n"
    ));
    config
}

/// A unique user name.
pub fn unique_login(name: &str) -> String {
    format!("{name}{:06x}", random_u32() & 0x00ff_ffff)
}

fn random_u32() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id()) as u32
}

/// All objects in a namespace of the kinds that the platform creates, as `plural/name`, without those that
/// Kubernetes itself creates.
pub async fn objects_in(admin: &Client, namespace: &str) -> Result<Vec<String>> {
    let core = [
        "configmaps",
        "secrets",
        "services",
        "persistentvolumeclaims",
        "pods",
        "serviceaccounts",
        "resourcequotas",
        "limitranges",
    ];
    let paths = core.map(|plural| (plural, format!("/api/v1/namespaces/{namespace}/{plural}")));
    let others = [
        ("apps/v1", "deployments"),
        ("apps/v1", "replicasets"),
        ("networking.k8s.io/v1", "networkpolicies"),
        ("networking.k8s.io/v1", "ingresses"),
        ("gateway.networking.k8s.io/v1", "httproutes"),
        ("autoscaling/v2", "horizontalpodautoscalers"),
        ("policy/v1", "poddisruptionbudgets"),
    ]
    .map(|(group, plural)| (plural, format!("/apis/{group}/namespaces/{namespace}/{plural}")));
    let mut objects = Vec::new();
    for (plural, path) in paths.into_iter().chain(others) {
        for object in admin.list(&path).await? {
            let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            if !["kube-root-ca.crt", "default"].contains(&name.as_str()) {
                objects.push(format!("{plural}/{name}"));
            }
        }
    }
    Ok(objects)
}

/// The string at a JSON pointer, or an empty one.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
