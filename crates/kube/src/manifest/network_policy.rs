//! NetworkPolicies: the default of a namespace, and the one that lets external requests in.

use super::{
    input::{ManifestInput, Tenant},
    object::Manifest,
};
use crate::{
    kind::Kind,
    platform::{Apps, Platform},
};
use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule,
        NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

/// Private, link-local, shared and reserved networks (RFC 1918, 3927, 5735, 6598, 4193, 4291, 6052).
/// Services may not reach them: the cluster's own addresses and the cloud's metadata are among them.
const NON_PUBLIC_V4: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    // Azure's WireServer, which serves the configuration of nodes.
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
];
const NON_PUBLIC_V6: &[&str] = &[
    "::/128",
    "::1/128",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    // Teredo and 6to4 lead to IPv4 addresses.
    "2001::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// Where NodeLocal DNSCache listens on every node.
/// <https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/>
const NODE_LOCAL_DNS: &str = "169.254.20.10/32";

/// The policy of a service has the service's name. No service name contains a dot, so none equals this.
const DEFAULT_POLICY_NAME: &str = "nokube.default";

/// The policy of all pods of a namespace. Ingress: only from the same namespace. Egress: to DNS, to the
/// same namespace, to public addresses, and to the ingress controller's pods.
pub(super) fn default_policy(platform: &Platform, tenant: &Tenant<'_>) -> Manifest {
    let same_namespace = NetworkPolicyPeer {
        pod_selector: Some(LabelSelector::default()),
        ..NetworkPolicyPeer::default()
    };
    let ip_block = |cidr: &str, except: Vec<String>| NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: cidr.into(),
            except: Some(except).filter(|except| !except.is_empty()),
        }),
        ..NetworkPolicyPeer::default()
    };
    let dns = NetworkPolicyEgressRule {
        to: Some(vec![namespace_peer("kube-system"), ip_block(NODE_LOCAL_DNS, Vec::new())]),
        ports: Some(vec![port("UDP", 53), port("TCP", 53)]),
    };
    let mut allowed = vec![
        same_namespace.clone(),
        ip_block("0.0.0.0/0", denied_networks(NON_PUBLIC_V4, |cidr| !is_v6(cidr), platform)),
        ip_block("::/0", denied_networks(NON_PUBLIC_V6, is_v6, platform)),
    ];
    // Requests to public addresses of the cluster's own ingress are sent to its pods, if kube-proxy knows the address:
    // policies see the address of the pod.
    allowed.extend(platform.apps.as_ref().map(|apps| namespace_peer(&apps.ingress_namespace)));
    allowed.extend(platform.allowed_egress.iter().map(|cidr| ip_block(cidr, Vec::new())));
    let spec = NetworkPolicySpec {
        pod_selector: Some(LabelSelector::default()),
        policy_types: Some(vec!["Ingress".into(), "Egress".into()]),
        ingress: Some(vec![NetworkPolicyIngressRule {
            from: Some(vec![same_namespace]),
            ports: None,
        }]),
        egress: Some(vec![dns, NetworkPolicyEgressRule { to: Some(allowed), ports: None }]),
    };
    let metadata = tenant.metadata(DEFAULT_POLICY_NAME);
    Manifest::new(Kind::NetworkPolicy, &NetworkPolicy { metadata, spec: Some(spec) })
}

fn is_v6(cidr: &str) -> bool {
    cidr.contains(':')
}

fn denied_networks(
    non_public: &[&str],
    is_of_family: fn(&str) -> bool,
    platform: &Platform,
) -> Vec<String> {
    let operators = platform.denied_egress.iter().filter(|cidr| is_of_family(cidr)).cloned();
    non_public.iter().map(|cidr| (*cidr).to_owned()).chain(operators).collect()
}

/// Lets the ingress controller's pods reach the container's port.
pub(super) fn allow_ingress_controller(apps: &Apps, input: &ManifestInput<'_>) -> Manifest {
    let spec = input.spec();
    let object = NetworkPolicy {
        metadata: input.metadata(spec.service.as_str()),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(input.selector()),
            policy_types: Some(vec!["Ingress".into()]),
            ingress: Some(vec![NetworkPolicyIngressRule {
                from: Some(vec![namespace_peer(&apps.ingress_namespace)]),
                ports: Some(vec![port("TCP", spec.container_port.into())]),
            }]),
            egress: None,
        }),
    };
    Manifest::new(Kind::NetworkPolicy, &object)
}

fn port(protocol: &str, number: i32) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.into()),
        port: Some(IntOrString::Int(number)),
        end_port: None,
    }
}

/// All pods of a namespace, selected by the label that Kubernetes sets on every namespace.
fn namespace_peer(name: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(LabelSelector {
            match_labels: Some([("kubernetes.io/metadata.name".into(), name.into())].into()),
            match_expressions: None,
        }),
        ..NetworkPolicyPeer::default()
    }
}
