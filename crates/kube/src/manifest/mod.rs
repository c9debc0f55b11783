//! Manifests: pure functions of a deployment's state and the operator's settings.
//!
//! All objects are built from `k8s-openapi`'s types and serialized by serde, so a user's value cannot
//! add fields.

mod container;
mod input;
mod namespace;
mod network_policy;
mod networking;
mod object;
mod resources;
mod scale;
mod transition;
mod variables;
mod workload;

pub use input::{ManifestInput, Tenant};
pub(crate) use namespace::{PULL_SECRET, belongs_to};
pub use namespace::{namespace, namespace_labels, role_binding, shared_objects};
pub use object::Manifest;
pub use transition::CurrentObjects;
pub use variables::saved_secrets;

use crate::{kind::Kind, names, platform::Platform};
use nokube_domain::deployments::SecretValue;
use std::collections::BTreeMap;

/// All objects of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifests {
    pub dependencies: Dependencies,
    pub workload: Manifest,
}

impl Manifests {
    /// See [`Dependencies::new`].
    pub fn new(
        platform: &Platform,
        input: &ManifestInput<'_>,
        secrets: Option<&BTreeMap<String, SecretValue>>,
    ) -> Self {
        Dependencies::new(platform, input, secrets).with_workload(platform, input)
    }

    pub fn all(&self) -> impl Iterator<Item = &Manifest> {
        self.dependencies.objects.iter().chain([&self.workload])
    }
}

/// The objects that must exist before the workload. They do not depend on the revision's number.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependencies {
    /// They do not depend on each other, so they can be applied concurrently.
    pub objects: Vec<Manifest>,
    /// Objects that other revisions of this deployment may have had, and this one has not.
    pub absent: Vec<(Kind, String)>,
}

impl Dependencies {
    /// Without the values of `secrets` (they are in the cluster already), the Secret is left out.
    pub fn new(
        platform: &Platform,
        input: &ManifestInput<'_>,
        secrets: Option<&BTreeMap<String, SecretValue>>,
    ) -> Self {
        let mut objects = shared_objects(platform, &input.tenant, Some(input.release()));
        objects.extend(variables::config_map(input));
        objects.extend(secrets.and_then(|values| variables::secret(input, values)));
        objects.extend(scale::volume_claim(platform, input));
        objects.extend(networking::objects(platform, input));
        objects.extend(scale::autoscaler(input));
        objects.extend(scale::disruption_budget(input));
        let service = &input.spec().service;
        let optional = [
            (Kind::Service, names::service_object(service)),
            (Kind::NetworkPolicy, service.to_string()),
            (Kind::Ingress, service.to_string()),
            (Kind::HttpRoute, service.to_string()),
            (Kind::HttpRoute, names::redirect_route(service)),
            (Kind::HorizontalPodAutoscaler, service.to_string()),
            (Kind::PodDisruptionBudget, service.to_string()),
        ];
        let is_present =
            |kind: Kind, name: &str| objects.iter().any(|m| m.kind == kind && m.name == name);
        let absent = optional.into_iter().filter(|(kind, name)| !is_present(*kind, name)).collect();
        Self { objects, absent }
    }

    /// Adds the workload, which carries the revision's number.
    pub fn with_workload(self, platform: &Platform, input: &ManifestInput<'_>) -> Manifests {
        Manifests { dependencies: self, workload: workload::deployment(platform, input) }
    }
}

/// The kinds of a deployment's own objects, without its volume claim.
pub const DEPLOYMENT_KINDS: &[Kind] = &[
    Kind::Deployment,
    Kind::Ingress,
    Kind::HttpRoute,
    Kind::Service,
    Kind::HorizontalPodAutoscaler,
    Kind::PodDisruptionBudget,
    Kind::NetworkPolicy,
    Kind::ConfigMap,
    Kind::Secret,
];
