//! The saved secrets of a service in the cluster: the values are in one Secret, and nowhere else. A deployment copies
//! them into the Secret of its release, so that a change of what is saved changes no running pods, and a rollback has
//! the values of its release.

use crate::{
    cluster::{Cluster, ClusterError, ClusterResult, preflight::RoleBinding},
    reconcile::{prepare_namespace, send_with_retry},
};
use nokube_domain::{
    deployments::{SecretChange, SecretChanges, SecretValue, with_changes},
    name::ServiceName,
};
use nokube_edge::Result;
use nokube_kube::{
    Kind, Tenant,
    error::ApiError,
    manifest, names,
    observe::{NamespaceStatus, ObservedSecret, PartialObject},
    request,
};
use std::collections::{BTreeMap, BTreeSet};

/// How many times the Secret is read and changed again because another request changed it.
const MAX_CONFLICTS: usize = 8;

/// Where a service's saved secrets are.
pub struct SavedSecret<'a> {
    pub cluster: &'a Cluster,
    pub tenant: &'a Tenant<'a>,
    pub service: &'a ServiceName,
}

impl SavedSecret<'_> {
    /// The values by name; none without the namespace or the Secret.
    pub async fn values(&self) -> ClusterResult<BTreeMap<String, SecretValue>> {
        let name = names::saved_secrets(self.service);
        let (namespace, values) = futures::join!(
            self.cluster.namespace(self.tenant),
            self.cluster.secret_values(self.tenant, &name)
        );
        // Without its namespace the platform may have no permission to read the Secret.
        match namespace?.1 {
            NamespaceStatus::Owned { .. } => Ok(values?.unwrap_or_default()),
            _ => Ok(BTreeMap::new()),
        }
    }

    pub async fn names(&self) -> ClusterResult<BTreeSet<String>> {
        Ok(self.values().await?.into_keys().collect())
    }

    /// Changes the values, and returns the names of all. The namespace is made if a value is set and there is none.
    /// Each change is made to the version that was read, so none of concurrent ones is lost.
    ///
    /// # Errors
    /// 422 if the values are too large together; 409 if the namespace has another owner or is being deleted; or the
    /// cluster cannot be reached or refuses it.
    pub async fn change(&self, changes: &SecretChanges) -> Result<BTreeSet<String>> {
        let sets_any = changes.values().any(|change| *change != SecretChange::Remove);
        if !sets_any && !self.exists().await? {
            return Ok(BTreeSet::new());
        }
        let mut role = prepare_namespace(self.cluster, self.tenant).await?;
        for _ in 0..MAX_CONFLICTS {
            match self.try_change(changes, role).await? {
                Ok(names) => return Ok(names),
                Err(ClusterError::Api(ApiError::VersionConflict)) => {}
                // The namespace has just been deleted.
                Err(ClusterError::Api(ApiError::NotFound)) => {
                    role = prepare_namespace(self.cluster, self.tenant).await?;
                }
                Err(error) => role = self.bind_role(role, error).await?,
            }
        }
        Err(ClusterError::Api(ApiError::VersionConflict).into())
    }

    /// Binds the platform's role after an error that says it is missing: a crash after the namespace was created
    /// prevented that.
    ///
    /// # Errors
    /// `error`, if it is another one.
    async fn bind_role(
        &self,
        role: RoleBinding,
        error: ClusterError,
    ) -> ClusterResult<RoleBinding> {
        match (&error, &self.cluster.platform().deployer_role) {
            (ClusterError::Api(ApiError::MissingPermission(_)), Some(name))
                if role == RoleBinding::InEffect =>
            {
                self.cluster.bind_role(self.tenant, name).await?;
                Ok(RoleBinding::New)
            }
            _ => Err(error),
        }
    }

    async fn exists(&self) -> ClusterResult<bool> {
        Ok(self.read().await?.is_some())
    }

    async fn read(&self) -> ClusterResult<Option<PartialObject>> {
        let (_, status) = self.cluster.namespace(self.tenant).await?;
        if !matches!(status, NamespaceStatus::Owned { .. }) {
            return Ok(None);
        }
        let name = names::saved_secrets(self.service);
        self.cluster.read(&request::get(Kind::Secret, &self.tenant.namespace(), &name)).await
    }

    /// The outer result has the errors that another attempt does not change.
    async fn try_change(
        &self,
        changes: &SecretChanges,
        role: RoleBinding,
    ) -> Result<ClusterResult<BTreeSet<String>>> {
        let Self { cluster, tenant, service } = self;
        let namespace = tenant.namespace();
        let ensure = request::ensure(&namespace, &manifest::saved_secrets(tenant, service, None));
        let response = match send_with_retry(cluster, &ensure, role).await {
            Ok(response) => response,
            Err(error) => return Ok(Err(error)),
        };
        let found = serde_json::from_slice::<ObservedSecret>(response.body());
        let Ok(found) = found else { return Ok(Err(ClusterError::unreadable())) };
        let metadata = found.metadata.clone();
        let current = found.into_values();
        let values = with_changes(current.clone(), changes)?;
        let names = values.keys().cloned().collect();
        if values == current && !values.is_empty() {
            return Ok(Ok(names));
        }
        let request = match values.is_empty() {
            true => request::delete(Kind::Secret, &namespace, &metadata),
            false => {
                let secret = manifest::saved_secrets(tenant, service, Some(&values));
                let version = Some(metadata.resource_version.as_str());
                request::apply_if_unchanged(&namespace, &secret, version)
            }
        };
        Ok(send_with_retry(cluster, &request, role).await.map(|_| names))
    }

    /// Deletes the Secret, if the platform made it.
    ///
    /// # Errors
    /// The cluster cannot be reached, or others change the Secret again and again.
    pub async fn delete(&self) -> ClusterResult<()> {
        for _ in 0..MAX_CONFLICTS {
            let found = self.read().await?.map(|found| found.metadata);
            let Some(metadata) =
                found.filter(|found| found.is_managed_by_nokube() && !found.is_terminating())
            else {
                return Ok(());
            };
            let delete = request::delete(Kind::Secret, &self.tenant.namespace(), &metadata);
            match self.cluster.send(&delete).await {
                Ok(_)
                | Err(ClusterError::Api(ApiError::NotFound | ApiError::ObjectTerminating)) => {
                    return Ok(());
                }
                Err(ClusterError::Api(ApiError::VersionConflict)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(ClusterError::Api(ApiError::VersionConflict))
    }
}
