//! etcd, the API server, the controller manager and the scheduler: certificates and arguments.

use crate::certificates::{self, Authority, Pair};
use anyhow::Result;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use std::{fs, path::Path};

/// The control plane's address on the cluster's bridge.
pub const ADDRESS: &str = "10.240.0.2";
pub const API_URL: &str = "https://10.240.0.2:6443";
/// The machine's address on the cluster's bridge, where nodes reach what listens on the machine.
pub const MACHINE_ADDRESS: &str = "10.240.0.1";
/// The first address of the services' network is the API server's.
const SERVICE_NETWORK: &str = "10.96.0.0/16";
const API_SERVICE_ADDRESS: &str = "10.96.0.1";

/// Kubernetes' users with a client certificate and a kubeconfig each: file, user, group.
const USERS: &[(&str, &str, Option<&str>)] = &[
    ("admin", "admin", Some("system:masters")),
    ("controllers", "system:kube-controller-manager", None),
    ("scheduler", "system:kube-scheduler", None),
    ("proxy", "system:kube-proxy", None),
    ("node1", "system:node:node1", Some("system:nodes")),
    ("node2", "system:node:node2", Some("system:nodes")),
];

/// Writes all certificates and kubeconfigs.
pub fn write_credentials(folder: &Path, authority: &Authority) -> Result<()> {
    fs::write(folder.join("ca.pem"), authority.pem())?;
    let names = [
        ADDRESS,
        API_SERVICE_ADDRESS,
        "127.0.0.1",
        "localhost",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];
    authority.server(&names)?.write(folder, "apiserver")?;
    let group = Some("system:masters");
    authority.client("apiserver-kubelet-client", group)?.write(folder, "kubelet-client")?;
    authority.client("front-proxy", None)?.write(folder, "front-proxy")?;
    certificates::account_key()?.write(folder, "accounts")?;
    for (file, user, group) in USERS {
        let identity = authority.client(user, *group)?;
        fs::write(folder.join(format!("{file}.kubeconfig")), kubeconfig(authority, &identity))?;
        if *file == "admin" {
            identity.write(folder, "admin")?;
        }
    }
    Ok(())
}

fn kubeconfig(authority: &Authority, identity: &Pair) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "nokube", "cluster": {
            "server": API_URL,
            "certificate-authority-data": BASE64_STANDARD.encode(authority.pem()),
        } }],
        "users": [{ "name": "user", "user": {
            "client-certificate-data": BASE64_STANDARD.encode(&identity.certificate),
            "client-key-data": BASE64_STANDARD.encode(&identity.key),
        } }],
        "contexts": [{ "name": "nokube", "context": { "cluster": "nokube", "user": "user" } }],
        "current-context": "nokube",
    })
    .to_string()
}

fn flags(flags: &[(&str, String)]) -> Vec<String> {
    flags.iter().map(|(name, value)| format!("--{name}={value}")).collect()
}

pub fn etcd_args(root: &Path) -> Vec<String> {
    let (client, peer) = ("http://127.0.0.1:2379", "http://127.0.0.1:2380");
    flags(&[
        ("data-dir", root.join("etcd").display().to_string()),
        ("listen-client-urls", client.into()),
        ("advertise-client-urls", client.into()),
        ("listen-peer-urls", peer.into()),
        ("initial-advertise-peer-urls", peer.into()),
        ("initial-cluster", format!("default={peer}")),
        // The data need not survive the machine.
        ("unsafe-no-fsync", "true".into()),
        ("log-level", "warn".into()),
    ])
}

pub fn apiserver_args(root: &Path) -> Vec<String> {
    let file = |name| root.join(name).display().to_string();
    flags(&[
        ("etcd-servers", "http://127.0.0.1:2379".into()),
        ("secure-port", "6443".into()),
        ("advertise-address", ADDRESS.into()),
        ("service-cluster-ip-range", SERVICE_NETWORK.into()),
        ("cert-dir", file("apiserver")),
        ("client-ca-file", file("ca.pem")),
        ("tls-cert-file", file("apiserver.pem")),
        ("tls-private-key-file", file("apiserver.key")),
        ("service-account-issuer", "https://kubernetes.default.svc".into()),
        ("service-account-key-file", file("accounts.pem")),
        ("service-account-signing-key-file", file("accounts.key")),
        ("authorization-mode", "Node,RBAC".into()),
        ("enable-admission-plugins", "NodeRestriction".into()),
        ("allow-privileged", "true".into()),
        ("kubelet-client-certificate", file("kubelet-client.pem")),
        ("kubelet-client-key", file("kubelet-client.key")),
        ("kubelet-certificate-authority", file("ca.pem")),
        ("kubelet-preferred-address-types", "InternalIP".into()),
        ("requestheader-client-ca-file", file("ca.pem")),
        ("requestheader-allowed-names", "front-proxy".into()),
        ("requestheader-extra-headers-prefix", "X-Remote-Extra-".into()),
        ("requestheader-group-headers", "X-Remote-Group".into()),
        ("requestheader-username-headers", "X-Remote-User".into()),
        ("proxy-client-cert-file", file("front-proxy.pem")),
        ("proxy-client-key-file", file("front-proxy.key")),
        // The API server reaches metrics-server's pod, but not the services' network.
        ("enable-aggregator-routing", "true".into()),
        // Pods of a lost node are replaced after half a minute instead of five.
        ("default-not-ready-toleration-seconds", "30".into()),
        ("default-unreachable-toleration-seconds", "30".into()),
        ("profiling", "false".into()),
    ])
}

pub fn controllers_args(root: &Path) -> Vec<String> {
    let file = |name| root.join(name).display().to_string();
    let mut args = component_args(root, "controllers");
    args.extend(flags(&[
        ("use-service-account-credentials", "true".into()),
        ("service-account-private-key-file", file("accounts.key")),
        ("root-ca-file", file("ca.pem")),
        ("allocate-node-cidrs", "false".into()),
        ("horizontal-pod-autoscaler-sync-period", "5s".into()),
        ("node-monitor-period", "2s".into()),
        ("node-monitor-grace-period", "20s".into()),
        ("kube-api-qps", "200".into()),
        ("kube-api-burst", "400".into()),
    ]));
    args
}

pub fn scheduler_args(root: &Path) -> Vec<String> {
    component_args(root, "scheduler")
}

fn component_args(root: &Path, user: &str) -> Vec<String> {
    let kubeconfig = root.join(format!("{user}.kubeconfig")).display().to_string();
    flags(&[
        ("kubeconfig", kubeconfig.clone()),
        ("authentication-kubeconfig", kubeconfig.clone()),
        ("authorization-kubeconfig", kubeconfig),
        ("cert-dir", root.join(user).display().to_string()),
        ("leader-elect", "false".into()),
        ("profiling", "false".into()),
    ])
}
