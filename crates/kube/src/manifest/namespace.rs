//! A project's namespace and what stands in it once for all of its services.

use super::{ACCOUNT, Manifest, OWNER_LABEL, PROJECT_LABEL, PULL_SECRET, Tenant};
use crate::{
    kind::Kind,
    platform::{Platform, PodSecurity, PullLogin},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use k8s_openapi::{
    ByteString,
    api::{
        core::v1::{
            LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, ResourceQuota,
            ResourceQuotaSpec, Secret, ServiceAccount,
        },
        networking::v1::{
            IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule,
            NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
        },
        rbac::v1::{RoleBinding, RoleRef, Subject},
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use nokube_domain::deploy::Release;
use serde_json::json;
use std::collections::BTreeMap;

/// Private, link-local, shared and reserved networks: what a service may not reach by address, the
/// cluster's own and the cloud's metadata among them (RFC 1918, 3927, 5735, 6598, 4193, 4291, 6052).
const NOT_PUBLIC_V4: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
];
const NOT_PUBLIC_V6: &[&str] =
    &["::/128", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "ff00::/8"];

/// Where NodeLocal DNSCache listens on every node.
/// <https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/>
const NODE_LOCAL_DNS: &str = "169.254.20.10/32";

/// The name of the namespace's own policy. No service can be called so (a policy of a service is named
/// after it), because no service has a dot in its name.
const DEFAULT_POLICY: &str = "nokube.default";

/// The labels of a project's namespace: whose it is, and how strictly pods are looked at.
pub fn namespace_labels(platform: &Platform, tenant: &Tenant<'_>) -> BTreeMap<String, String> {
    let mut labels = tenant.labels();
    for mode in ["enforce", "warn"] {
        let level = platform.pod_security.as_str();
        labels.insert(format!("pod-security.kubernetes.io/{mode}"), level.into());
    }
    labels
}

pub fn namespace(platform: &Platform, tenant: &Tenant<'_>) -> Manifest {
    let metadata = ObjectMeta {
        name: Some(tenant.namespace().as_str().into()),
        labels: Some(namespace_labels(platform, tenant)),
        ..ObjectMeta::default()
    };
    Manifest::new(Kind::Namespace, &Namespace { metadata, ..Namespace::default() })
}

/// Does a namespace with these labels belong to this tenant?
pub(crate) fn is_of(labels: &BTreeMap<String, String>, tenant: &Tenant<'_>) -> bool {
    labels.get(OWNER_LABEL) == Some(&tenant.owner.key())
        && labels.get(PROJECT_LABEL) == Some(&tenant.project.id.to_string())
}

/// Gives `user` (as the API server names it) the rights of `role` in the tenant's namespace.
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

/// What stands in the namespace once: limits, the network's rules, an account without rights, and
/// the pull secret when `release` needs it.
pub fn project_objects(
    platform: &Platform,
    tenant: &Tenant<'_>,
    release: &Release,
) -> Vec<Manifest> {
    let pull = platform.pull.as_ref().filter(|_| release.image.is_ours());
    let pull = pull.map(|login| pull_secret(platform, tenant, login));
    let mut objects = vec![
        quota(platform, tenant),
        limits(platform, tenant),
        network(platform, tenant),
        account(tenant),
    ];
    objects.extend(pull);
    objects
}

fn quota(platform: &Platform, tenant: &Tenant<'_>) -> Manifest {
    let quota = &platform.quota;
    let hard = [
        ("requests.cpu", quota.cpu_requests.to_string()),
        ("limits.cpu", quota.cpu_limits.to_string()),
        ("requests.memory", quota.memory_requests.to_string()),
        ("limits.memory", quota.memory_limits.to_string()),
        ("requests.storage", quota.storage.to_string()),
        ("persistentvolumeclaims", quota.volumes.to_string()),
        ("pods", quota.pods.to_string()),
        // What costs an address or money of its own is not for services here.
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

/// Pods that say nothing (a debug container, a job of somebody's) get a small share.
fn limits(platform: &Platform, tenant: &Tenant<'_>) -> Manifest {
    let amounts = |cpu: &str, memory: &str| {
        let amounts = [("cpu", cpu), ("memory", memory)];
        Some(amounts.map(|(name, amount)| (name.to_owned(), Quantity(amount.into()))).into())
    };
    let container = LimitRangeItem {
        type_: "Container".into(),
        default: amounts("500m", "512Mi"),
        default_request: amounts("100m", "128Mi"),
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

/// In: from the same namespace (what faces outside has a policy of its own). Out: names, the same
/// namespace, and public addresses.
fn network(platform: &Platform, tenant: &Tenant<'_>) -> Manifest {
    let everybody_here = NetworkPolicyPeer {
        pod_selector: Some(LabelSelector::default()),
        ..NetworkPolicyPeer::default()
    };
    let block = |cidr: &str, except: &[&str]| NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: cidr.into(),
            except: (!except.is_empty()).then(|| except.iter().map(|e| (*e).into()).collect()),
        }),
        ..NetworkPolicyPeer::default()
    };
    let port = |protocol: &str| NetworkPolicyPort {
        protocol: Some(protocol.into()),
        port: Some(IntOrString::Int(53)),
        end_port: None,
    };
    let names = NetworkPolicyEgressRule {
        to: Some(vec![namespace_peer("kube-system"), block(NODE_LOCAL_DNS, &[])]),
        ports: Some(vec![port("UDP"), port("TCP")]),
    };
    let mut outside = vec![
        everybody_here.clone(),
        block("0.0.0.0/0", NOT_PUBLIC_V4),
        block("::/0", NOT_PUBLIC_V6),
    ];
    outside.extend(platform.egress.iter().map(|cidr| block(cidr, &[])));
    let spec = NetworkPolicySpec {
        pod_selector: Some(LabelSelector::default()),
        policy_types: Some(vec!["Ingress".into(), "Egress".into()]),
        ingress: Some(vec![NetworkPolicyIngressRule {
            from: Some(vec![everybody_here]),
            ports: None,
        }]),
        egress: Some(vec![names, NetworkPolicyEgressRule { to: Some(outside), ports: None }]),
    };
    let metadata = tenant.metadata(DEFAULT_POLICY);
    Manifest::new(Kind::NetworkPolicy, &NetworkPolicy { metadata, spec: Some(spec) })
}

/// All pods of a namespace, by the label that every namespace has.
pub(super) fn namespace_peer(name: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(LabelSelector {
            match_labels: Some([("kubernetes.io/metadata.name".into(), name.into())].into()),
            match_expressions: None,
        }),
        ..NetworkPolicyPeer::default()
    }
}

fn account(tenant: &Tenant<'_>) -> Manifest {
    let account = ServiceAccount {
        metadata: tenant.metadata(ACCOUNT),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    };
    Manifest::new(Kind::ServiceAccount, &account)
}

/// <https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/>
fn pull_secret(platform: &Platform, tenant: &Tenant<'_>, login: &PullLogin) -> Manifest {
    let PullLogin { user, token } = login;
    let auth = STANDARD.encode(format!("{user}:{token}"));
    let login = json!({ "username": user, "password": token, "auth": auth });
    let mut auths = serde_json::Map::new();
    auths.insert(platform.registry_host.clone(), login);
    let config = json!({ "auths": auths }).to_string();
    let secret = Secret {
        metadata: tenant.metadata(PULL_SECRET),
        type_: Some("kubernetes.io/dockerconfigjson".into()),
        data: Some([(".dockerconfigjson".into(), ByteString(config.into_bytes()))].into()),
        ..Secret::default()
    };
    Manifest::new(Kind::Secret, &secret)
}

impl PodSecurity {
    /// Must containers say that they need nothing special?
    pub(super) fn is_restricted(self) -> bool {
        self == Self::Restricted
    }
}
