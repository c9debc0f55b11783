//! `GET`, `PUT` and `DELETE /api/v1/projects/{project}/services/{service}/secrets`: the saved secrets of a service.
//!
//! The record has their names only. It names a secret before its value is written to the cluster, so that the project's
//! deletion finds each Secret; and it is made equal to the Secret afterwards.

use crate::{
    cluster::Cluster, reconcile::delete_unused_namespace, saved::Saved, saved_secrets::SavedSecret,
};
use http::StatusCode;
use nokube_domain::{
    Problem, ProjectId,
    deployments::{NewSecrets, SavedSecrets, SavedSecretsView, SecretChange},
    name::ServiceName,
};
use nokube_edge::{
    Call, Reply, Result, audit, now, projects,
    store::{AuditLog, Store, keys},
    warn,
};
use nokube_kube::Tenant;
use std::collections::BTreeSet;

/// How many times the record is written because other requests change the Secret meanwhile.
const MAX_CHANGES: usize = 8;

pub async fn read(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let project: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    call.require_role(store.get(keys::members(project)).await?.as_ref(), "project")?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let record = store.get(keys::service_secrets(project, &name)).await?.unwrap_or_default();
    Ok(Reply::json(StatusCode::OK, &SavedSecretsView::from(record)))
}

pub async fn put(mut call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let (mut fields, _) = call.json_fields().await?;
    let store = Store::open().await?;
    let id: ProjectId = call.path_parameter("project", "project")?;
    let text: String = call.path_parameter("service", "service")?;
    let (project, members, _) = projects::load(&call, &store, id).await?;
    let name: Option<ServiceName> = fields.parse("service", &text, str::parse);
    let saved = match &name {
        Some(name) => Saved::load(&store, id, name).await?,
        None => Saved::default(),
    };
    let request = NewSecrets::read(&mut fields);
    let (name, changes) = request.check(fields, name, saved.variables())?;

    let cluster = Cluster::new().await?;
    let limits = &cluster.settings.service_limits;
    saved.number(&store, id, &name, limits.services_per_project).await?;
    let set = changes.iter().filter(|(_, change)| **change != SecretChange::Remove);
    let possible: BTreeSet<_> =
        saved.secret_names().chain(set.map(|(name, _)| name)).cloned().collect();
    let known = saved.secrets.unwrap_or_default();
    let tenant = Tenant { project: &project, owner: &members.owner, is_preview: false };
    let secret = SavedSecret { cluster: &cluster, tenant: &tenant, service: &name };
    let changing = Changing { store: &store, secret, known: &known };
    changing.store_names(possible).await?;
    record_in_audit_log(&call, &store, id, &name).await?;
    let names = match changing.secret.change(&changes).await {
        Ok(names) => names,
        Err(error) => {
            changing.take_back().await;
            return Err(error);
        }
    };
    let record = changing.settle(names).await?;
    if record.names.is_empty() {
        delete_unused_namespace(&store, &cluster, &tenant).await?;
    }
    Ok(Reply::json(StatusCode::OK, &SavedSecretsView::from(record)))
}

pub async fn remove(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let id: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    let (project, members, _) = projects::load(&call, &store, id).await?;
    let name: ServiceName = call.path_parameter("service", "service")?;
    let record = store.get(keys::service_secrets(id, &name)).await?;
    let record = record.filter(|record| !record.names.is_empty());
    let record = record.ok_or_else(|| Problem::not_found("saved secret"))?;
    let cluster = Cluster::new().await?;
    let tenant = Tenant { project: &project, owner: &members.owner, is_preview: false };
    record_in_audit_log(&call, &store, id, &name).await?;
    let secret = SavedSecret { cluster: &cluster, tenant: &tenant, service: &name };
    secret.delete().await?;
    Changing { store: &store, secret, known: &record }.settle(BTreeSet::new()).await?;
    delete_unused_namespace(&store, &cluster, &tenant).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// A change of a service's saved secrets.
struct Changing<'a> {
    store: &'a Store,
    secret: SavedSecret<'a>,
    /// What was stored before.
    known: &'a SavedSecrets,
}

impl Changing<'_> {
    /// Stores the names of the secrets. Returns the record.
    ///
    /// # Errors
    /// 404 if the project was deleted concurrently.
    async fn store_names(&self, names: BTreeSet<String>) -> Result<SavedSecrets> {
        let (id, service) = (self.secret.tenant.project.id, self.secret.service);
        let record = self.known.with_names(names, now());
        projects::store_record(self.store, id, || keys::service_secrets(id, service), &record)
            .await?;
        Ok(record)
    }

    /// Stores the names that are in the cluster after a change that failed. If they are not known, the record keeps
    /// those that may be there.
    async fn take_back(&self) {
        if let Ok(names) = self.secret.names().await
            && let Err(error) = self.store_names(names).await
        {
            warn(format_args!("names of secrets were not corrected: {error}"));
        }
    }

    /// Stores the names that are in the cluster after a change. Another request may have changed them since: of all
    /// that write the record, the last one has read the Secret after that.
    async fn settle(&self, mut names: BTreeSet<String>) -> Result<SavedSecrets> {
        let mut record = None;
        for _ in 0..MAX_CHANGES {
            match self.store_names(names.clone()).await {
                Ok(stored) => record = Some(stored),
                Err(error) => {
                    // Without its project nobody would delete the Secret.
                    if let Err(error) = self.secret.delete().await {
                        let name = &self.secret.service;
                        warn(format_args!(
                            "secrets of {name} were not deleted: {}",
                            error.message()
                        ));
                    }
                    return Err(error);
                }
            }
            let found = self.secret.names().await?;
            if found == names {
                break;
            }
            names = found;
        }
        Ok(record.unwrap_or_default())
    }
}

/// The entry has no values and no names.
async fn record_in_audit_log(
    call: &Call,
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
) -> Result<()> {
    let object = format!("/api/v1/projects/{project}/services/{name}/secrets");
    audit::record(store, call, &AuditLog::Project(project), "service.secrets", object).await
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    fn saved() -> Value {
        json!({ "names": ["API_KEY"], "updated_at": "2025-08-18T10:00:00Z" })
    }

    pub fn read() -> Operation {
        Operation::new("listSecrets", "List the saved secrets of a service")
            .description("Their names. The values are in the cluster only, and are never shown.")
            .json_response::<SavedSecretsView>(200, "The saved secrets.", saved())
    }

    pub fn put() -> Operation {
        Operation::new("saveSecrets", "Change the saved secrets of a service")
            .description(
                "The values are written to a Secret in the project's namespace, which is created if there is none, \
                 and nowhere else. What runs keeps the values that it was deployed with until the next deployment.",
            )
            .json_body::<NewSecrets>(json!({ "secrets": { "API_KEY": "s3cret", "OLD_KEY": null } }))
            .json_response::<SavedSecretsView>(200, "All saved secrets of the service.", saved())
            .problem(
                ProblemKind::Invalid,
                "secrets.COLOUR: is among the saved env_vars too; remove one of the two",
            )
            .problem(ProblemKind::Conflict, "The project's namespace is still being deleted. Try again in a minute.")
            .conflict(
                Reason::TooManyServices,
                "Too many services of this project were saved and removed. Use the name of an earlier one.",
            )
            .calls_cluster()
    }

    pub fn remove() -> Operation {
        Operation::new("removeSecrets", "Remove all saved secrets of a service")
            .description("What is deployed keeps its own.")
            .empty_response(204, "No secrets are saved any more.")
            .not_found("saved secret")
            .calls_cluster()
    }
}
