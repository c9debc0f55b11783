//! `POST /api/v1/deploy?dry_run=true`: the manifests, the API server's response to a dry run of each,
//! and the difference from the objects in the cluster. Nothing is changed or stored.
//!
//! A dry run needs a namespace. If the project has none yet, the operator's preview namespace is used,
//! and the response says so.

use crate::{
    adoption::foreign_namespace,
    cluster::{Cluster, ClusterError, preflight::EarlierRevision},
    continuation::{Continuation, continue_from_cluster},
};
use futures::future::join_all;
use http::StatusCode;
use nokube_domain::{
    DeploymentId,
    deployments::{self, Cause, DeployedState, Revision, SecretValue},
    responses::{DryRun, DryRunVerdict, FieldChange, ObjectVerdict},
};
use nokube_edge::{Reply, Result};
use nokube_kube::{
    Kind, Manifest, ManifestInput, Manifests, Tenant,
    diff::field_changes,
    error::{ApiError, warnings},
    observe::{List, Lookup, Metadata, NamespaceStatus, ObservedStorageClass, storage_class},
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
    let earlier = previous.map_or(EarlierRevision::None, |_| EarlierRevision::Deployed);
    let how = (Cause::Deploy, earlier);
    let mut continuation =
        continue_from_cluster(cluster, &tenant, id, state(id).with_number(number), how).await?;
    let id = continuation.adopted.unwrap_or(id);
    let number = number.max(continuation.cluster.revision().saturating_add(1));
    let state = continuation.state.clone();
    let input = ManifestInput { tenant: tenant.clone(), id, revision: number, state: &state };
    let mut manifests = Manifests::new(cluster.platform(), &input, Some(secrets));
    manifests.dependencies = manifests.dependencies.continuing(&continuation.cluster.current);

    let status = continuation.cluster.namespace;
    let (place, namespace) = match status {
        NamespaceStatus::Owned { .. } => (Place::ProjectNamespace, own.as_str()),
        _ => (Place::PreviewNamespace, PREVIEW_NAMESPACE),
    };
    let dry_runs =
        manifests.all().map(|manifest| dry_run_object(cluster, namespace, place, manifest));
    let growth = volume_growth(cluster, &continuation);
    let (dry_runs, growth) = futures::join!(join_all(dry_runs), growth);
    let (verdicts, warnings): (Vec<_>, Vec<_>) = dry_runs.into_iter().unzip();
    let mut objects: Vec<_> = namespace_verdict(status, &tenant).into_iter().collect();
    objects.extend(verdicts);
    objects.extend(pod_verdicts(&continuation, &manifests));
    objects.extend(removals(std::mem::take(&mut continuation.cluster.to_prune)));
    let mut warnings = warnings.concat();
    warnings.dedup();
    let own_warnings = deployments::warnings(&state.release.spec, Some(secrets));
    warnings.splice(..0, own_warnings.into_iter().chain(continuation.warnings).chain(growth));
    let response = DryRun {
        dry_run: true,
        namespace: &own,
        tried_in: namespace,
        note: note(place),
        accepted: objects.iter().all(|object| object.verdict != DryRunVerdict::Refused),
        access_url: cluster.platform().access_url(tenant.project, &state.release.spec),
        variables: variable_changes(previous, &state),
        objects,
        warnings,
        manifests: redact::to_yaml(manifests.all()),
    };
    Ok(Reply::json(StatusCode::OK, &response))
}

fn note(place: Place) -> Option<String> {
    (place == Place::PreviewNamespace).then(|| {
        format!(
            "The project has no namespace yet, so this was tried in '{PREVIEW_NAMESPACE}': its quota is \
             not the project's."
        )
    })
}

/// The verdict about the project's namespace, if it does not exist or belongs to somebody else.
fn namespace_verdict(status: NamespaceStatus, tenant: &Tenant<'_>) -> Option<ObjectVerdict> {
    let create = created(Kind::Namespace, &tenant.namespace());
    match status {
        NamespaceStatus::Absent => Some(create),
        NamespaceStatus::Foreign => Some(ObjectVerdict {
            verdict: DryRunVerdict::Refused,
            detail: Some(foreign_namespace(tenant)),
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

/// The objects of earlier revisions that this revision would remove.
fn removals(objects: Vec<(Kind, Metadata)>) -> impl Iterator<Item = ObjectVerdict> {
    objects.into_iter().map(|(kind, metadata)| ObjectVerdict {
        verdict: DryRunVerdict::Remove,
        ..created(kind, &metadata.name)
    })
}

/// A refusal of the pods for each quota that they exceed: a dry run of a Deployment creates none.
fn pod_verdicts(
    continuation: &Continuation,
    manifests: &Manifests,
) -> impl Iterator<Item = ObjectVerdict> {
    let name = manifests.workload.name.clone();
    continuation.shortages(manifests).into_iter().map(move |shortage| ObjectVerdict {
        verdict: DryRunVerdict::Refused,
        field: Some(shortage.field),
        detail: Some(format!("It {}.", shortage.detail)),
        ..created(Kind::Pod, &name)
    })
}

/// A warning if the StorageClass of the service's volume does not let it grow. Nothing without the permission to list
/// StorageClasses.
async fn volume_growth(cluster: &Cluster, continuation: &Continuation) -> Option<String> {
    continuation.state.release.spec.volume.as_ref()?;
    let list = request::list(Kind::StorageClass, "", None);
    let found = cluster.look_up::<List<ObservedStorageClass>>(&list).await;
    let Lookup::Found(List { items: classes, .. }) = found else { return None };
    let claim = continuation.cluster.current.claim.as_ref();
    let name = match claim {
        Some(claim) => claim.storage_class(),
        None => cluster.platform().storage_class.as_deref(),
    };
    match storage_class(&classes, name)? {
        (_, true) => None,
        (class, false) => Some(format!(
            "The volume cannot grow later: its storage class '{class}' does not allow it (allowVolumeExpansion)."
        )),
    }
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
