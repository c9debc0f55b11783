//! Manifests: pure functions of what is wished for, the operator's settings and whose it is.
//!
//! Everything is built from `k8s-openapi`'s types and written by `serde`, so no value that a user
//! gives can become structure.

mod namespace;
mod reach;
mod scale;
mod variables;
mod workload;

pub(crate) use namespace::is_of;
pub use namespace::{namespace, namespace_labels, project_objects, role_binding};

use crate::{
    kind::Kind,
    names::{self, Namespace},
    platform::{self, Address, Platform},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use nokube_domain::{
    DeploymentId, Person,
    deploy::{Release, Run, SecretText, Spec},
    project::Project,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Labels and annotations of the platform's own begin so.
pub const PREFIX: &str = "nokube.dev/";
pub const OWNER_LABEL: &str = "nokube.dev/owner";
pub const PROJECT_LABEL: &str = "nokube.dev/project";
pub const DEPLOYMENT_LABEL: &str = "nokube.dev/deployment";
/// On a Deployment: the revision that it was last told.
pub const REVISION: &str = "nokube.dev/revision";

/// The one container of a pod.
pub const CONTAINER: &str = "app";
/// The ServiceAccount that pods run as; it may do nothing.
pub(crate) const ACCOUNT: &str = "nokube-app";
/// The Secret that pulls the platform's own private images.
pub(crate) const PULL_SECRET: &str = "nokube-registry";

/// An object as the API server is told it.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    pub kind: Kind,
    pub name: String,
    pub body: Value,
}

impl Manifest {
    fn new(kind: Kind, object: &impl Serialize) -> Self {
        // These types hold texts, numbers and maps with text keys, so this does not fail.
        let body = serde_json::to_value(object).unwrap_or_default();
        let name = body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        Self { kind, name: name.to_owned(), body }
    }

    /// `KIND NAME`, for people.
    pub fn title(&self) -> String {
        format!("{} {}", self.kind.name(), self.name)
    }
}

/// Whose objects these are: a project's, of an owner.
#[derive(Clone, Debug)]
pub struct Tenant<'a> {
    pub project: &'a Project,
    pub owner: &'a Person,
}

impl Tenant<'_> {
    pub fn namespace(&self) -> Namespace {
        platform::namespace(self.project)
    }

    fn labels(&self) -> BTreeMap<String, String> {
        [
            ("app.kubernetes.io/managed-by", "nokube".to_owned()),
            ("app.kubernetes.io/part-of", self.project.name.to_string()),
            (OWNER_LABEL, self.owner.key()),
            (PROJECT_LABEL, self.project.id.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn metadata(&self, name: &str) -> ObjectMeta {
        ObjectMeta {
            name: Some(name.into()),
            namespace: Some(self.namespace().as_str().into()),
            labels: Some(self.labels()),
            ..ObjectMeta::default()
        }
    }
}

/// A deployment at a revision, with all that its manifests are made of.
#[derive(Clone, Debug)]
pub struct Deployed<'a> {
    pub tenant: Tenant<'a>,
    pub id: DeploymentId,
    pub revision: u32,
    pub run: &'a Run,
}

impl Deployed<'_> {
    fn release(&self) -> &Release {
        &self.run.release
    }

    fn spec(&self) -> &Spec {
        &self.run.release.spec
    }

    /// The labels of everything that is this deployment's alone.
    fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.tenant.labels();
        let kind = serde_json::to_value(self.spec().kind).unwrap_or_default();
        for (name, value) in [
            ("app.kubernetes.io/name", self.spec().service.to_string()),
            ("app.kubernetes.io/instance", self.id.to_string()),
            ("app.kubernetes.io/component", kind.as_str().unwrap_or_default().to_owned()),
            (DEPLOYMENT_LABEL, self.id.to_string()),
        ] {
            labels.insert(name.into(), value);
        }
        labels
    }

    /// What finds the pods, and never changes.
    fn selector(&self) -> BTreeMap<String, String> {
        [(DEPLOYMENT_LABEL.to_owned(), self.id.to_string())].into()
    }

    fn metadata(&self, name: &str) -> ObjectMeta {
        ObjectMeta { labels: Some(self.labels()), ..self.tenant.metadata(name) }
    }

    fn address(&self, platform: &Platform) -> Option<Address> {
        platform.address(self.tenant.project, self.spec())
    }
}

/// All objects of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifests {
    /// What must stand before the workload; in any order, so at once.
    pub before: Vec<Manifest>,
    pub workload: Manifest,
    /// Kinds and names that this deployment may have had at other revisions, and now has not.
    pub not: Vec<(Kind, String)>,
}

impl Manifests {
    /// The manifests of `deployed`. Without the values of its secrets (they stand in the cluster
    /// already), the object that holds them is left out.
    pub fn new(
        platform: &Platform,
        deployed: &Deployed<'_>,
        secrets: Option<&BTreeMap<String, SecretText>>,
    ) -> Self {
        let mut before = project_objects(platform, &deployed.tenant, deployed.release());
        before.extend(variables::variables(deployed));
        before.extend(secrets.and_then(|values| variables::secrets(deployed, values)));
        before.extend(scale::volume(platform, deployed));
        before.extend(reach::objects(platform, deployed));
        before.extend(scale::autoscaler(deployed));
        before.extend(scale::disruption_budget(deployed));
        let service = &deployed.spec().service;
        let maybe = [
            (Kind::Service, names::service_object(service)),
            (Kind::NetworkPolicy, service.to_string()),
            (Kind::Ingress, service.to_string()),
            (Kind::HttpRoute, service.to_string()),
            (Kind::HorizontalPodAutoscaler, service.to_string()),
            (Kind::PodDisruptionBudget, service.to_string()),
        ];
        let made = |kind: Kind, name: &str| before.iter().any(|m| m.kind == kind && m.name == name);
        let not = maybe.into_iter().filter(|(kind, name)| !made(*kind, name)).collect();
        Self { before, workload: workload::deployment(platform, deployed), not }
    }

    pub fn all(&self) -> impl Iterator<Item = &Manifest> {
        self.before.iter().chain([&self.workload])
    }
}

/// The kinds that hold what is a deployment's alone, but for its volume.
pub const KINDS_OF_A_DEPLOYMENT: &[Kind] = &[
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
