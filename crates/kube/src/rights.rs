//! The rights that the platform needs in the cluster; `ops/rbac.yaml` grants these.

use crate::{
    kind::Kind,
    platform::{Platform, Routing},
    request::Right,
};

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
