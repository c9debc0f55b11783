//! The platform with the rights of `ops/rbac.yaml` on the cluster of this test process.

use anyhow::{Result, bail};
use nokube_tests::{Plan, World};
use nokube_tests_kube::{Client, Cluster};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::OnceCell;

/// The cluster, once the operator has applied what is in `ops`.
pub async fn cluster() -> Result<&'static Cluster> {
    static READY: OnceCell<()> = OnceCell::const_new();
    let cluster = Cluster::shared().await?;
    READY
        .get_or_try_init(|| async {
            let rights = include_str!("../../../../ops/rbac.yaml");
            cluster.admin()?.apply_yaml(rights).await?;
            for namespace in ["ingress", "gateway"] {
                let object = json!({
                    "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace },
                });
                cluster.admin()?.apply(&object).await?.ok()?;
            }
            fenced(cluster).await
        })
        .await?;
    Ok(cluster)
}

/// Waits until the API server has heard of its new policy, which it does after a moment.
async fn fenced(cluster: &Cluster) -> Result<()> {
    let token = cluster.account_token("nokube", "nokube-deployer").await?;
    let deployer = cluster.bearer(&token)?;
    let outside =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "outside" } });
    for _ in 0..100 {
        if deployer.create("/api/v1/namespaces?dryRun=All", &outside).await?.status == 422 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the fence of ops/rbac.yaml does not stand")
}

/// The usual platform, as the deployer of `ops/rbac.yaml`.
pub async fn plan() -> Result<Plan> {
    let cluster = cluster().await?;
    let token = cluster.account_token("nokube", "nokube-deployer").await?;
    Ok(plan_with_token(cluster, &token))
}

pub fn plan_with_token(cluster: &Cluster, token: &str) -> Plan {
    let ca = cluster.ca_file().display().to_string();
    let mut plan = World::plan()
        .set("kubernetes_api_url", cluster.url())
        .set("kubernetes_token", token)
        // Every test has its own, because they share the cluster.
        .set("apps_domain", "apps.example.org");
    plan.runtime_config = Some(format!(
        "[[client_tls]]\ncomponent_ids = [\"deploy\"]\nhosts = [\"127.0.0.1\"]\nca_roots_file = \
         {ca:?}\n"
    ));
    plan
}

/// A user's name that no other test has.
pub fn somebody(name: &str) -> String {
    format!("{name}{:06x}", fastrand_u32() & 0x00ff_ffff)
}

fn fastrand_u32() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id()) as u32
}

/// All that there is in a namespace of the kinds that the platform makes, `kind/name`, but for what
/// the cluster makes by itself.
pub async fn left_in(admin: &Client, namespace: &str) -> Result<Vec<String>> {
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
    let mut left = Vec::new();
    for (plural, path) in paths.into_iter().chain(others) {
        for object in admin.list(&path).await? {
            let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            if !["kube-root-ca.crt", "default"].contains(&name.as_str()) {
                left.push(format!("{plural}/{name}"));
            }
        }
    }
    Ok(left)
}

/// The text at a JSON pointer.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
