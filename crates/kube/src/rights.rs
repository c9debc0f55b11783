//! The rights that the platform needs in the cluster; `ops/rbac.yaml` grants these.

use crate::{
    kind::Kind,
    manifest::Manifest,
    platform::{Platform, Routing},
    request::{Mode, Request, Right, apply},
};
use serde_json::json;

/// What it reads only.
const READ: &[Kind] = &[Kind::ReplicaSet, Kind::Pod, Kind::Event];
/// What it makes, besides a route.
const MADE: &[Kind] = &[
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

/// Rights that are missing, kind by kind: `create, patch deployments.apps; list pods`.
pub fn listed(missing: &[&Right]) -> String {
    let mut kinds: Vec<(String, Vec<&str>)> = Vec::new();
    for right in missing {
        let of = right.of();
        match kinds.iter_mut().find(|(kind, _)| *kind == of) {
            Some((_, verbs)) => verbs.push(right.verb),
            None => kinds.push((of, vec![right.verb])),
        }
    }
    let each = kinds.iter().map(|(kind, verbs)| format!("{} {kind}", verbs.join(", ")));
    each.collect::<Vec<_>>().join("; ")
}

/// What the fence around the deployer refuses (`ops/rbac.yaml`): a namespace of another name than its own.
pub fn beyond_the_fence() -> Request {
    let name = "nokube-beyond-the-fence";
    let body = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
    let manifest = Manifest { kind: Kind::Namespace, name: name.into(), body };
    apply("", &manifest, Mode::DryRun)
}

/// All of them: of namespaces cluster-wide, the others in each project's namespace.
pub fn rights(platform: &Platform) -> Vec<Right> {
    let right = |verb, kind| Right { verb, kind, subresource: "" };
    let all = ["get", "list", "create", "patch", "delete"];
    let mut rights: Vec<_> =
        ["get", "create", "patch", "delete"].map(|verb| right(verb, Kind::Namespace)).into();
    if platform.role.is_some() {
        rights.extend(["create", "patch"].map(|verb| right(verb, Kind::RoleBinding)));
    }
    for kind in READ {
        rights.push(right("list", *kind));
    }
    rights.push(Right { verb: "get", kind: Kind::Pod, subresource: "log" });
    let route = platform.apps.as_ref().map(|apps| match apps.routing {
        Routing::Ingress { .. } => Kind::Ingress,
        Routing::Gateway { .. } => Kind::HttpRoute,
    });
    for kind in MADE.iter().copied().chain(route) {
        rights.extend(all.map(|verb| right(verb, kind)));
    }
    rights
}
