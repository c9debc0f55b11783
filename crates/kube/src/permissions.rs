//! The permissions that the platform needs in the cluster. `ops/rbac.yaml` grants them; it and `ops/admission` limit
//! them.

use crate::{
    kind::Kind,
    manifest::Manifest,
    platform::{Certificates, Platform, Routing},
    request::{ApplyMode, Request, apply},
};
use serde_json::{Value, json};

const LISTED_KINDS: &[Kind] = &[Kind::ReplicaSet, Kind::Pod, Kind::Event];
/// Kinds that the platform creates, changes and deletes, besides the one of routes.
const MANAGED_KINDS: &[Kind] = &[
    Kind::ResourceQuota,
    Kind::LimitRange,
    Kind::NetworkPolicy,
    Kind::ServiceAccount,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::PersistentVolumeClaim,
    Kind::Service,
    Kind::Deployment,
    Kind::HorizontalPodAutoscaler,
    Kind::PodDisruptionBudget,
];

/// One verb on one kind, or on a subresource of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    pub verb: &'static str,
    pub kind: Kind,
    /// Empty for the object itself.
    pub subresource: &'static str,
}

impl Permission {
    /// The resource as people write it, with its API group: `deployments.apps`, `pods/log`.
    pub fn resource(&self) -> String {
        let mut resource = self.kind.plural().to_owned();
        if !self.kind.group().is_empty() {
            resource = format!("{resource}.{}", self.kind.group());
        }
        if !self.subresource.is_empty() {
            resource = format!("{resource}/{}", self.subresource);
        }
        resource
    }
}

/// Missing permissions by resource: `create, patch deployments.apps; list pods`.
pub fn format_missing(missing: &[&Permission]) -> String {
    let mut resources: Vec<(String, Vec<&str>)> = Vec::new();
    for permission in missing {
        let resource = permission.resource();
        match resources.iter_mut().find(|(known, _)| *known == resource) {
            Some((_, verbs)) => verbs.push(permission.verb),
            None => resources.push((resource, vec![permission.verb])),
        }
    }
    let parts =
        resources.iter().map(|(resource, verbs)| format!("{} {resource}", verbs.join(", ")));
    parts.collect::<Vec<_>>().join("; ")
}

/// An object that one of the operator's ValidatingAdmissionPolicies has to deny.
#[derive(Clone, Debug)]
pub struct PolicyCheck {
    /// The operator's file with the policy.
    pub file: &'static str,
    pub dry_run: Request,
}

/// One check of each policy: a namespace whose name does not begin with the platform's prefix, a Service for no pods,
/// and a budget that allows no eviction. `preview` is the namespace for dry runs.
pub fn policy_checks(preview: &str) -> [PolicyCheck; 3] {
    let check = |file, kind: Kind, namespace: &str, spec: Value| {
        let name = "nokube-admission-policy-check";
        let metadata = match namespace {
            "" => json!({ "name": name }),
            _ => json!({ "name": name, "namespace": namespace }),
        };
        let body = json!({
            "apiVersion": kind.api_version(), "kind": kind.name(), "metadata": metadata, "spec": spec,
        });
        let manifest = Manifest { kind, name: name.into(), body };
        PolicyCheck { file, dry_run: apply(namespace, &manifest, ApplyMode::DryRun) }
    };
    let service = json!({ "ports": [{ "port": 80 }] });
    let budget = json!({ "selector": {}, "maxUnavailable": 0 });
    [
        check("ops/rbac.yaml", Kind::Namespace, "", json!({})),
        check("ops/admission/network.yaml", Kind::Service, preview, service),
        check("ops/admission/pods.yaml", Kind::PodDisruptionBudget, preview, budget),
    ]
}

/// The permissions with which the platform finds out whether services can be reached. Nothing else needs them.
pub fn reachability_permissions(platform: &Platform) -> Vec<Permission> {
    let Some(apps) = &platform.apps else { return Vec::new() };
    let (verb, kind) = match &apps.routing {
        Routing::Ingress { .. } => ("list", Kind::IngressClass),
        Routing::Gateway { .. } => ("get", Kind::Gateway),
    };
    let certificates = match apps.certificates {
        Certificates::Issuer(_) => Some(("list", Kind::Certificate)),
        Certificates::None | Certificates::Shared => None,
    };
    let all = [(verb, kind)].into_iter().chain(certificates);
    all.map(|(verb, kind)| Permission { verb, kind, subresource: "" }).collect()
}

/// All permissions that the platform needs: on namespaces cluster-wide, on the other kinds in each
/// project's namespace.
pub fn required_permissions(platform: &Platform) -> Vec<Permission> {
    let on = |verb, kind| Permission { verb, kind, subresource: "" };
    let mut permissions: Vec<_> =
        ["get", "create", "patch", "delete"].map(|verb| on(verb, Kind::Namespace)).into();
    if platform.deployer_role.is_some() {
        permissions.extend(["create", "patch"].map(|verb| on(verb, Kind::RoleBinding)));
    }
    for kind in LISTED_KINDS {
        permissions.push(on("list", *kind));
    }
    permissions.push(Permission { verb: "get", kind: Kind::Pod, subresource: "log" });
    let route = platform.apps.as_ref().map(|apps| apps.routing.kind());
    for kind in MANAGED_KINDS.iter().copied().chain(route) {
        let verbs = ["get", "list", "create", "patch", "delete"];
        permissions.extend(verbs.map(|verb| on(verb, kind)));
    }
    permissions
}
