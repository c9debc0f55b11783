//! What manifests are made of: the project with its owner, and the deployment at a revision.

use crate::{
    labels::{DEPLOYMENT_LABEL, OWNER_LABEL, PROJECT_LABEL},
    names,
    platform::{ExternalAddress, Platform},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use nokube_domain::{
    DeploymentId, Person,
    deployments::{DeployedState, Release, Spec},
    projects::Project,
};
use std::collections::BTreeMap;

/// A project with its owner, or its previews. Each of the two has a namespace of its own.
#[derive(Clone, Debug)]
pub struct Tenant<'a> {
    pub project: &'a Project,
    pub owner: &'a Person,
    /// The project's previews, and not its services.
    pub is_preview: bool,
}

impl Tenant<'_> {
    pub fn namespace(&self) -> String {
        let (owner, project) = (&self.project.owner, &self.project.name);
        match self.is_preview {
            true => names::previews_namespace(owner, project),
            false => names::namespace(owner, project),
        }
    }

    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        [
            ("app.kubernetes.io/managed-by", "nokube".to_owned()),
            ("app.kubernetes.io/part-of", self.project.name.to_string()),
            (OWNER_LABEL, self.owner.key()),
            (PROJECT_LABEL, self.project.id.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    pub(super) fn metadata(&self, name: &str) -> ObjectMeta {
        ObjectMeta {
            name: Some(name.into()),
            namespace: Some(self.namespace()),
            labels: Some(self.labels()),
            ..ObjectMeta::default()
        }
    }
}

/// A deployment at a revision.
#[derive(Clone, Debug)]
pub struct ManifestInput<'a> {
    pub tenant: Tenant<'a>,
    pub id: DeploymentId,
    pub revision: u32,
    pub state: &'a DeployedState,
}

impl ManifestInput<'_> {
    pub(super) fn release(&self) -> &Release {
        &self.state.release
    }

    pub(super) fn spec(&self) -> &Spec {
        &self.state.release.spec
    }

    /// The labels of the deployment's own objects.
    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.tenant.labels();
        for (name, value) in [
            ("app.kubernetes.io/name", self.spec().service.to_string()),
            ("app.kubernetes.io/instance", self.id.to_string()),
            ("app.kubernetes.io/component", self.spec().kind.to_string()),
            (DEPLOYMENT_LABEL, self.id.to_string()),
        ] {
            labels.insert(name.into(), value);
        }
        labels
    }

    /// Selects the deployment's pods. A Deployment's selector is immutable, so these labels must not
    /// change from revision to revision.
    pub(super) fn selector_labels(&self) -> BTreeMap<String, String> {
        [(DEPLOYMENT_LABEL.to_owned(), self.id.to_string())].into()
    }

    pub(super) fn selector(&self) -> LabelSelector {
        LabelSelector { match_labels: Some(self.selector_labels()), match_expressions: None }
    }

    pub(super) fn metadata(&self, name: &str) -> ObjectMeta {
        ObjectMeta { labels: Some(self.labels()), ..self.tenant.metadata(name) }
    }

    pub(super) fn external_address(&self, platform: &Platform) -> Option<ExternalAddress> {
        platform.external_address(self.tenant.project, self.spec())
    }
}
