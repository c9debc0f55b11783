//! This component's part of `/ready`: whether its settings are valid, whether the platform has its permissions in
//! the cluster, and whether requests can reach services. Private routes: `spin.toml` gives them no public path.
//!
//! Nothing is sent twice, and after a first request that fails there is no other: somebody waits, and asks again.

use super::dry_run::PREVIEW_NAMESPACE;
use crate::{
    cluster::{Cluster, ClusterError, ClusterResult},
    settings::Settings,
};
use futures::future::{join_all, try_join_all};
use nokube_domain::deployments::{ExternalImages, Issue};
use nokube_edge::{
    Call, Reply, Result,
    readiness::{self, Health},
    store::Store,
};
use nokube_kube::{
    error::ApiError,
    kind::Kind,
    observe::{List, Lookup, ObservedIngressClass, class_issue, gateway_issues, has_default_class},
    permissions::{
        Permission, format_missing, policy_checks, reachability_permissions, required_permissions,
    },
    platform::{Apps, Certificates, Routing},
    request,
    review::{is_allowed, self_subject_access_review, self_subject_review},
};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

/// Dry runs do without it.
const VOLUMES: Permission = Permission { verb: "list", kind: Kind::StorageClass, subresource: "" };

pub async fn settings(_: Call) -> Result<Reply> {
    readiness::settings(Settings::load().await)
}

/// Which images may run that were not built here. A node pulls them from where no network policy applies.
pub async fn images(_: Call) -> Result<Reply> {
    let Ok(settings) = Settings::load().await else { return readiness::not_checked() };
    let earlier = match &settings.images_of_earlier_release {
        Some(policy) if Store::open().await?.is_of_earlier_release().await? => Some(policy),
        _ => None,
    };
    let allowed = &earlier.unwrap_or(&settings.images).external;
    let also = match allowed {
        ExternalImages::Listed(patterns) if patterns.is_empty() => {
            return readiness::health(&Health::ok("services run images that were built here only"));
        }
        ExternalImages::Listed(_) => "",
        ExternalImages::AnyPublic => {
            ". Somebody's public name can have a private address, to which your nodes then connect. To prevent that, \
             set foreign_images to well-known, or to the registries that your users need"
        }
    };
    let why = match earlier {
        Some(_) => {
            ", because foreign_images is not set, and this installation is older than its list of registries"
        }
        None => "",
    };
    readiness::health(&Health::ok(format!("services also run images of {allowed}{why}{also}")))
}

/// Reviews every permission that the platform needs (SelfSubjectAccessReview). The namespace of the reviews is
/// the preview namespace, where the operator's roles are bound as in every project's namespace.
pub async fn cluster(_: Call) -> Result<Reply> {
    // The other route reports invalid settings.
    let Ok(cluster) = Cluster::new().await else { return readiness::not_checked() };
    let cluster = cluster.without_retries();
    let health = check_cluster(&cluster).await;
    readiness::health(&health.unwrap_or_else(|error| failure(&error)))
}

fn failure(error: &ClusterError) -> Health {
    match error {
        ClusterError::Unreachable(error) => {
            Health::failed(format!("the cluster does not answer: {}", error.cause()))
        }
        ClusterError::Api(ApiError::Unauthenticated) => Health::failed(
            "the cluster does not accept kubernetes_token: it has ended, or is another cluster's. \
             Make another: kubectl -n nokube create token nokube-deployer --duration=8760h",
        ),
        error => Health::failed(error.message()),
    }
}

async fn check_cluster(cluster: &Cluster) -> ClusterResult<Health> {
    // If the cluster does not answer this, the reviews are not sent.
    cluster.send(&self_subject_review()).await?;
    let required = required_permissions(cluster.platform());
    let (missing, missing_optional) =
        futures::try_join!(find_missing(cluster, &required), find_missing(cluster, &[VOLUMES]))?;
    if !missing.is_empty() {
        let missing = format_missing(&missing);
        return Ok(Health::failed(format!(
            "these permissions are missing (ops/rbac.yaml grants them): {missing}"
        )));
    }
    if let Some(problem) = find_problem(cluster).await? {
        return Ok(Health::failed(problem));
    }
    let detail = "the cluster responds, and the platform has all permissions that it needs";
    Ok(Health::ok(match missing_optional.as_slice() {
        [] => detail.to_owned(),
        missing => format!(
            "{detail}. To say beforehand whether a volume can grow, it lacks {} (ops/rbac.yaml grants it)",
            format_missing(missing)
        ),
    }))
}

/// The permissions that the platform does not have.
async fn find_missing<'a>(
    cluster: &Cluster,
    permissions: &'a [Permission],
) -> ClusterResult<Vec<&'a Permission>> {
    let reviews: Vec<_> = permissions
        .iter()
        .map(|permission| self_subject_access_review(permission, PREVIEW_NAMESPACE))
        .collect();
    let reviews = try_join_all(reviews.iter().map(|review| cluster.read::<Value>(review))).await?;
    let is_missing = |review: &Option<Value>| !review.as_ref().is_some_and(is_allowed);
    let missing = permissions.iter().zip(&reviews).filter(|(_, review)| is_missing(review));
    Ok(missing.map(|(permission, _)| permission).collect())
}

/// The first other problem in the cluster, if there is one.
async fn find_problem(cluster: &Cluster) -> ClusterResult<Option<String>> {
    let platform = cluster.platform();
    if cluster.settings.limits.has_path_routing {
        let routes = request::list_metadata(Kind::HttpRoute, PREVIEW_NAMESPACE, None);
        if cluster.read::<IgnoredAny>(&routes).await?.is_none() {
            let detail = "the Gateway API is not installed in the cluster (it knows no httproutes): install \
                          its definitions, or set apps_routing to ingress";
            return Ok(Some(detail.into()));
        }
    }
    // A platform with cluster-wide permissions has no ValidatingAdmissionPolicy.
    if platform.deployer_role.is_none() {
        return Ok(None);
    }
    let checks = policy_checks(PREVIEW_NAMESPACE);
    let responses = join_all(checks.iter().map(|check| cluster.send(&check.dry_run))).await;
    let accepted = checks.iter().zip(responses).filter(|(_, response)| response.is_ok());
    let files: Vec<_> = accepted.map(|(check, _)| check.file).collect();
    Ok((!files.is_empty()).then(|| {
        let files = files.join(", ");
        format!(
            "nothing restricts the platform to its own namespaces and objects: apply {files} with your values \
             (docs/install.md, step 7)"
        )
    }))
}

/// Whether the Gateway or IngressClass of the settings exists and serves requests. Without the permission to know, it
/// is not a failure: services run as before, and it is not known whether they can be reached.
pub async fn routing(_: Call) -> Result<Reply> {
    let Ok(cluster) = Cluster::new().await else { return readiness::not_checked() };
    let Some(apps) = &cluster.platform().apps else { return readiness::not_checked() };
    let cluster = cluster.without_retries();
    let health = match &apps.routing {
        Routing::Ingress { class } => check_ingress(&cluster, apps, class.as_deref()).await,
        Routing::Gateway { name, namespace, http_listener, https_listener, .. } => {
            check_gateway(&cluster, (namespace, name), (http_listener, https_listener)).await
        }
    };
    readiness::health(&health.unwrap_or_else(|error| failure(&error)))
}

async fn check_gateway(
    cluster: &Cluster,
    (namespace, name): (&str, &str),
    (http_listener, https_listener): (&str, &str),
) -> ClusterResult<Health> {
    let found = read_optional(cluster, &request::get(Kind::Gateway, namespace, name)).await?;
    if matches!(found, Lookup::Unreadable) {
        return Ok(not_known(cluster, Kind::Gateway));
    }
    let issues = |listener: &str| gateway_issues(&found, (namespace, name), listener);
    // With certificates, the listener without them is needed by some services only.
    let (needed, optional) = match cluster.settings.limits.has_https {
        true => (issues(https_listener), issues(http_listener)),
        false => (issues(http_listener), Vec::new()),
    };
    Ok(match (needed.as_slice(), optional.as_slice()) {
        ([], []) => Health::ok(format!("the Gateway {namespace}/{name} serves requests")),
        ([], issues) => Health::ok(format!(
            "the Gateway {namespace}/{name} serves requests, but not of services without https: {}",
            explain(issues)
        )),
        (issues, _) => Health::failed(explain(issues)),
    })
}

async fn check_ingress(
    cluster: &Cluster,
    apps: &Apps,
    class: Option<&str>,
) -> ClusterResult<Health> {
    let list = request::list(Kind::IngressClass, "", None);
    let classes = read_optional::<List<ObservedIngressClass>>(cluster, &list).await?;
    let classes = classes.map(|list| list.items);
    if let Some(issue) = class_issue(&classes, class) {
        return Ok(Health::failed(explain(&[issue])));
    }
    if let Certificates::Issuer(issuer) = &apps.certificates {
        let list = request::list(Kind::Certificate, PREVIEW_NAMESPACE, None);
        match read_optional::<IgnoredAny>(cluster, &list).await? {
            Lookup::Found(_) => {}
            Lookup::Unreadable => return Ok(not_known(cluster, Kind::Certificate)),
            Lookup::Absent => {
                return Ok(Health::failed(format!(
                    "apps_certificates is issuer:{issuer}, and cert-manager is not installed in the cluster"
                )));
            }
        }
    }
    Ok(match (class, has_default_class(&classes)) {
        (_, None) => not_known(cluster, Kind::IngressClass),
        (Some(class), _) => Health::ok(format!("the IngressClass {class} exists")),
        (None, Some(true)) => Health::ok("the cluster has a default IngressClass"),
        (None, Some(false)) => Health::ok(
            "no IngressClass is the default one, and apps_ingress_class is not set: only controllers that \
             serve Ingresses without a class serve those of services",
        ),
    })
}

/// Reads an object or a list that the platform may do without.
async fn read_optional<T: DeserializeOwned>(
    cluster: &Cluster,
    request: &request::Request,
) -> ClusterResult<Lookup<T>> {
    match cluster.read(request).await {
        Ok(Some(found)) => Ok(Lookup::Found(found)),
        Ok(None) => Ok(Lookup::Absent),
        Err(ClusterError::Api(ApiError::MissingPermission(_))) => Ok(Lookup::Unreadable),
        Err(error) => Err(error),
    }
}

fn explain(issues: &[Issue]) -> String {
    let texts = issues.iter().map(|issue| match &issue.detail {
        Some(detail) => format!("{} The controller says: {detail}", issue.message),
        None => issue.message.clone(),
    });
    texts.collect::<Vec<_>>().join(" ")
}

fn not_known(cluster: &Cluster, kind: Kind) -> Health {
    let permissions = reachability_permissions(cluster.platform());
    let permissions: Vec<&Permission> = permissions.iter().filter(|of| of.kind == kind).collect();
    let missing = format_missing(&permissions);
    Health::ok(format!(
        "it is not known whether services can be reached: the platform may not {missing} \
         (ops/rbac.yaml grants that)"
    ))
}
