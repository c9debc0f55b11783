//! A project's namespace, and the objects in it that all of its services share.

use super::{
    input::Tenant,
    network_policy,
    object::Manifest,
    resources::{EPHEMERAL_STORAGE_REQUEST, amounts},
};
use crate::{
    kind::Kind,
    labels::{OWNER_LABEL, PREVIEWS_LABEL, PROJECT_LABEL},
    platform::{Platform, Quota, RegistryCredentials},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use k8s_openapi::{
    ByteString,
    api::{
        core::v1::{
            LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, ResourceQuota,
            ResourceQuotaSpec, Secret, ServiceAccount,
        },
        rbac::v1::{RoleBinding, RoleRef, Subject},
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};
use nokube_domain::deployments::Release;
use serde_json::json;
use std::collections::BTreeMap;

/// The ServiceAccount of all pods; it has no permissions.
pub(super) const SERVICE_ACCOUNT: &str = "nokube-app";
/// The Secret with the credentials for private images that were built here.
pub(crate) const PULL_SECRET: &str = "nokube-registry";

/// The labels of a project's namespace: its owner and project, the level of pod security, and whether it is that of its
/// previews.
pub fn namespace_labels(platform: &Platform, tenant: &Tenant<'_>) -> BTreeMap<String, String> {
    let mut labels = tenant.labels();
    if tenant.is_preview {
        labels.insert(PREVIEWS_LABEL.to_owned(), "true".to_owned());
    }
    for mode in ["enforce", "warn"] {
        let level = platform.pod_security.as_str();
        labels.insert(format!("pod-security.kubernetes.io/{mode}"), level.into());
    }
    labels
}

pub fn namespace(platform: &Platform, tenant: &Tenant<'_>) -> Manifest {
    let metadata = ObjectMeta {
        name: Some(tenant.namespace()),
        labels: Some(namespace_labels(platform, tenant)),
        ..ObjectMeta::default()
    };
    Manifest::new(Kind::Namespace, &Namespace { metadata, ..Namespace::default() })
}

/// Whether a namespace with these labels belongs to this tenant.
pub(crate) fn belongs_to(labels: &BTreeMap<String, String>, tenant: &Tenant<'_>) -> bool {
    labels.get(OWNER_LABEL) == Some(&tenant.owner.key())
        && labels.get(PROJECT_LABEL) == Some(&tenant.project.id.to_string())
}

/// Binds the ClusterRole `role` to `user` (the API server's user name) in the tenant's namespace.
pub fn role_binding(tenant: &Tenant<'_>, role: &str, user: &str) -> Manifest {
    let binding = RoleBinding {
        metadata: tenant.metadata("nokube-deployer"),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".into(),
            kind: "ClusterRole".into(),
            name: role.into(),
        },
        subjects: Some(vec![Subject {
            api_group: Some("rbac.authorization.k8s.io".into()),
            kind: "User".into(),
            name: user.into(),
            namespace: None,
        }]),
    };
    Manifest::new(Kind::RoleBinding, &binding)
}

/// The objects that a project's services share: limits, the default NetworkPolicy, the pods'
/// ServiceAccount, and the pull secret if `release` needs it.
pub fn shared_objects(
    platform: &Platform,
    tenant: &Tenant<'_>,
    release: Option<&Release>,
) -> Vec<Manifest> {
    let credentials = release.and_then(|release| platform.pull_credentials_for(release));
    let mut objects = vec![
        resource_quota(platform, tenant),
        limit_range(platform, tenant),
        network_policy::default_policy(platform, tenant),
        service_account(tenant),
    ];
    objects.extend(credentials.map(|credentials| pull_secret(platform, tenant, credentials)));
    objects
}

/// How much of what a namespace may have that differs for services and previews.
struct Capacity {
    services: u32,
    retained_releases: u32,
    volumes: u32,
    storage: String,
}

/// Previews have no volumes, and are not rolled back.
fn capacity(quota: &Quota, tenant: &Tenant<'_>) -> Capacity {
    let Quota { services, previews, retained_releases, volumes, storage, .. } = quota;
    match tenant.is_preview {
        true => Capacity {
            services: *previews,
            retained_releases: 1,
            volumes: 0,
            storage: "0".to_owned(),
        },
        false => Capacity {
            services: *services,
            retained_releases: *retained_releases,
            volumes: *volumes,
            storage: storage.to_string(),
        },
    }
}

fn resource_quota(platform: &Platform, tenant: &Tenant<'_>) -> Manifest {
    let quota = &platform.quota;
    let Capacity { services, retained_releases, volumes, storage } = capacity(quota, tenant);
    // Each service has one object for each retained release, one for the release that still runs, and one for the
    // new release. Kubernetes and the platform create some more in each namespace.
    let per_service = retained_releases.saturating_add(2);
    let objects = services.saturating_mul(per_service).saturating_add(5);
    // Each service may have saved secrets too.
    let secrets = objects.saturating_add(services);
    let hard = [
        ("requests.cpu", quota.cpu_requests.to_string()),
        ("limits.cpu", quota.cpu_limits.to_string()),
        ("requests.memory", quota.memory_requests.to_string()),
        ("limits.memory", quota.memory_limits.to_string()),
        ("requests.storage", storage),
        ("persistentvolumeclaims", volumes.to_string()),
        ("pods", quota.pods.to_string()),
        ("count/deployments.apps", services.to_string()),
        ("count/services", services.to_string()),
        ("count/configmaps", objects.to_string()),
        ("count/secrets", secrets.to_string()),
        // They need a public address or cost money, so services may not have them.
        ("services.loadbalancers", "0".into()),
        ("services.nodeports", "0".into()),
    ];
    let hard = hard.map(|(name, amount)| (name.to_owned(), Quantity(amount))).into();
    let spec = ResourceQuotaSpec { hard: Some(hard), ..ResourceQuotaSpec::default() };
    let metadata = tenant.metadata("nokube");
    Manifest::new(
        Kind::ResourceQuota,
        &ResourceQuota { metadata, spec: Some(spec), ..ResourceQuota::default() },
    )
}

/// Defaults for containers without limits, such as debug containers and jobs that people start.
fn limit_range(platform: &Platform, tenant: &Tenant<'_>) -> Manifest {
    let ephemeral_storage = platform.quota.ephemeral_storage.as_str();
    let container = LimitRangeItem {
        type_: "Container".into(),
        default: Some(amounts("500m", "512Mi", ephemeral_storage)),
        default_request: Some(amounts("100m", "128Mi", EPHEMERAL_STORAGE_REQUEST)),
        ..LimitRangeItem::default()
    };
    let storage = Quantity(platform.quota.storage.to_string());
    let volume = LimitRangeItem {
        type_: "PersistentVolumeClaim".into(),
        max: Some([("storage".to_owned(), storage)].into()),
        ..LimitRangeItem::default()
    };
    let spec = LimitRangeSpec { limits: vec![container, volume] };
    let metadata = tenant.metadata("nokube");
    Manifest::new(Kind::LimitRange, &LimitRange { metadata, spec: Some(spec) })
}

fn service_account(tenant: &Tenant<'_>) -> Manifest {
    let account = ServiceAccount {
        metadata: tenant.metadata(SERVICE_ACCOUNT),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    };
    Manifest::new(Kind::ServiceAccount, &account)
}

/// <https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/>
fn pull_secret(
    platform: &Platform,
    tenant: &Tenant<'_>,
    credentials: &RegistryCredentials,
) -> Manifest {
    let RegistryCredentials { username, token } = credentials;
    let auth = STANDARD.encode(format!("{username}:{token}"));
    let registry = json!({ "username": username, "password": token, "auth": auth });
    let config = json!({ "auths": { (&platform.registry_host): registry } }).to_string();
    let secret = Secret {
        metadata: tenant.metadata(PULL_SECRET),
        type_: Some("kubernetes.io/dockerconfigjson".into()),
        data: Some([(".dockerconfigjson".into(), ByteString(config.into_bytes()))].into()),
        ..Secret::default()
    };
    Manifest::new(Kind::Secret, &secret)
}
