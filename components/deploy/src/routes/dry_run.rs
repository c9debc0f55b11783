//! `POST /api/v1/deploy?dry_run=true`: the manifests, the API server's response to a dry run of each,
//! and the difference from the objects in the cluster. Nothing is changed or stored.
//!
//! A dry run needs a namespace. If the project has none yet, the operator's preview namespace is used,
//! and the response says so.

use crate::cluster::{Cluster, ClusterError, preflight::find_objects_to_prune};
use futures::future::join_all;
use http::StatusCode;
use nokube_domain::{
    DeploymentId,
    deployments::{self, DeployedState, Revision, SecretValue},
    responses::{DryRun, DryRunVerdict, FieldChange, ObjectVerdict},
};
use nokube_edge::{Reply, Result};
use nokube_kube::{
    Dependencies, Kind, Manifest, ManifestInput, Manifests, Tenant,
    diff::field_changes,
    error::{ApiError, warnings},
    observe::{Metadata, NamespaceStatus},
    redact,
    request::{self, ApplyMode},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The namespace for dry runs of first deployments.
pub const PREVIEW_NAMESPACE: &str = "nokube-preview";

/// Where the dry run takes place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    ProjectNamespace,
    PreviewNamespace,
}

/// `id`: `None` for a service that was never deployed. `previous`: the newest revision.
pub async fn dry_run(
    cluster: &Cluster,
    tenant: Tenant<'_>,
    id: Option<DeploymentId>,
    previous: Option<&Revision>,
    secrets: &BTreeMap<String, SecretValue>,
    state: impl FnOnce(DeploymentId) -> DeployedState,
) -> Result<Reply> {
    let own = tenant.namespace();
    // No deployment has the number 0, so this id is nobody's.
    let id = id.unwrap_or_else(|| DeploymentId::new(tenant.project.id, 0, 0));
    let number = previous.map_or(1, |previous| previous.number + 1);
    let previous = previous.and_then(Revision::deployed);
    let state = state(id).with_number(number);
    let input = ManifestInput { tenant: tenant.clone(), id, revision: number, state: &state };
    let manifests = Manifests::new(cluster.platform(), &input, Some(secrets));

    let (_, status) = cluster.namespace(&tenant).await?;
    let (place, namespace) = match status {
        NamespaceStatus::Owned { .. } => (Place::ProjectNamespace, own.as_str()),
        _ => (Place::PreviewNamespace, PREVIEW_NAMESPACE),
    };
    let dry_runs =
        manifests.all().map(|manifest| dry_run_object(cluster, namespace, place, manifest));
    let (verdicts, warnings): (Vec<_>, Vec<_>) = join_all(dry_runs).await.into_iter().unzip();
    let mut objects: Vec<_> = namespace_verdict(status, &own).into_iter().collect();
    objects.extend(verdicts);
    if previous.is_some() && place == Place::ProjectNamespace {
        objects.extend(removals(cluster, &input, &manifests.dependencies).await);
    }
    let mut warnings = warnings.concat();
    warnings.dedup();
    warnings.splice(..0, deployments::warnings(&state.release.spec, Some(secrets)));
    let response = DryRun {
        dry_run: true,
        namespace: &own,
        tried_in: namespace,
        note: (place == Place::PreviewNamespace).then(|| {
            format!(
                "The project has no namespace yet, so this was tried in '{PREVIEW_NAMESPACE}': its quota is \
                 not the project's."
            )
        }),
        accepted: objects.iter().all(|object| object.verdict != DryRunVerdict::Refused),
        access_url: cluster.platform().access_url(tenant.project, &state.release.spec),
        variables: variable_changes(previous, &state),
        objects,
        warnings,
        manifests: redact::to_yaml(manifests.all()),
    };
    Ok(Reply::json(StatusCode::OK, &response))
}

/// The verdict about the project's namespace, if it does not exist or belongs to somebody else.
fn namespace_verdict(status: NamespaceStatus, name: &str) -> Option<ObjectVerdict> {
    let create = created(Kind::Namespace, name);
    match status {
        NamespaceStatus::Absent => Some(create),
        NamespaceStatus::Foreign => Some(ObjectVerdict {
            verdict: DryRunVerdict::Refused,
            detail: Some("A namespace of this name belongs to somebody else.".into()),
            ..create
        }),
        NamespaceStatus::Owned { .. } | NamespaceStatus::Terminating => None,
    }
}

fn created(kind: Kind, name: &str) -> ObjectVerdict {
    ObjectVerdict {
        kind: kind.name(),
        name: name.to_owned(),
        verdict: DryRunVerdict::Create,
        field: None,
        detail: None,
        difference: Vec::new(),
    }
}

/// A dry run of one object. At the same time the object in the cluster is read, for the difference.
async fn dry_run_object(
    cluster: &Cluster,
    namespace: &str,
    place: Place,
    manifest: &Manifest,
) -> (ObjectVerdict, Vec<String>) {
    let (kind, name) = (manifest.kind, manifest.name.as_str());
    let mut moved = manifest.clone();
    if let Some(field) = moved.body.pointer_mut("/metadata/namespace") {
        *field = namespace.into();
    }
    let get = request::get(kind, namespace, name);
    let apply = request::apply(namespace, &moved, ApplyMode::DryRun);
    let (before, after) = futures::join!(
        async {
            match place {
                Place::ProjectNamespace => cluster.read::<Value>(&get).await,
                Place::PreviewNamespace => Ok(None),
            }
        },
        cluster.send(&apply),
    );
    let response = match after {
        Ok(response) => response,
        Err(error) => return (failed(manifest, &error, place), Vec::new()),
    };
    let after: Option<Value> = serde_json::from_slice(response.body()).ok();
    let before = before.ok().flatten();
    let difference = match &before {
        Some(_) => field_changes(kind, before.as_ref(), after.as_ref()),
        None => Vec::new(),
    };
    let verdict = match (&before, difference.is_empty()) {
        (None, _) => DryRunVerdict::Create,
        (Some(_), true) => DryRunVerdict::Unchanged,
        (Some(_), false) => DryRunVerdict::Change,
    };
    (
        ObjectVerdict { verdict, difference, ..created(kind, name) },
        self::warnings(response.headers()),
    )
}

fn failed(manifest: &Manifest, error: &ClusterError, place: Place) -> ObjectVerdict {
    let (verdict, field, detail) = match error {
        ClusterError::Api(ApiError::NotFound) if place == Place::PreviewNamespace => {
            let detail = format!("There is no namespace '{PREVIEW_NAMESPACE}' to try it in.");
            (DryRunVerdict::Unknown, None, detail)
        }
        ClusterError::Api(api) => {
            let error = api.object_error(manifest);
            (DryRunVerdict::Refused, error.field, error.detail)
        }
        ClusterError::Unreachable(_) => (DryRunVerdict::Unknown, None, error.message()),
    };
    let created = created(manifest.kind, &manifest.name);
    ObjectVerdict { verdict, field, detail: Some(detail), ..created }
}

/// The objects of earlier revisions that this revision would remove, as far as the cluster says.
async fn removals(
    cluster: &Cluster,
    input: &ManifestInput<'_>,
    dependencies: &Dependencies,
) -> Vec<ObjectVerdict> {
    let objects = find_objects_to_prune(cluster, input, dependencies).await.unwrap_or_default();
    let removed = |(kind, metadata): (Kind, Metadata)| ObjectVerdict {
        verdict: DryRunVerdict::Remove,
        ..created(kind, &metadata.name)
    };
    objects.into_iter().map(removed).collect()
}

/// How variables and secrets change, by name. Their objects cannot be compared, because each change makes
/// new objects.
fn variable_changes(before: Option<&DeployedState>, after: &DeployedState) -> Vec<FieldChange> {
    let side = |run: Option<&DeployedState>| -> BTreeMap<String, String> {
        let Some(run) = run else { return BTreeMap::new() };
        let release = &run.release;
        let secrets =
            release.secrets.iter().map(|name| (name.clone(), redact::REDACTED.to_owned()));
        release.spec.variables.clone().into_iter().chain(secrets).collect()
    };
    let (before_side, after_side) = (side(before), side(Some(after)));
    let names: BTreeSet<_> = before_side.keys().chain(after_side.keys()).collect();
    let changes = names.into_iter().filter(|name| before_side.get(*name) != after_side.get(*name));
    changes
        .map(|name| FieldChange {
            field: name.clone(),
            before: before_side.get(name).cloned(),
            after: after_side.get(name).cloned(),
        })
        .collect()
}
