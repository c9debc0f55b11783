//! `POST /api/v1/deploy?dry_run=true`: the manifests, the API server's response to a dry run of each,
//! and the difference from the objects in the cluster. Nothing is changed or stored.
//!
//! A dry run needs a namespace. If the project has none yet, the operator's preview namespace is used,
//! and the response says so.

use crate::cluster::{Cluster, ClusterError};
use futures::future::join_all;
use http::StatusCode;
use nokube_domain::{
    DeploymentId,
    deployments::{DeployedState, Revision, SecretValue},
    responses::{DryRun, DryRunVerdict, FieldChange, ObjectVerdict},
};
use nokube_edge::{Reply, Result};
use nokube_kube::{
    Kind, Manifest, ManifestInput, Manifests, Tenant,
    diff::field_changes,
    error::{ApiError, warnings},
    manifest,
    observe::{NamespaceStatus, PartialObject},
    redact,
    request::{self, ApplyMode},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// The namespace for dry runs of first deployments.
pub const PREVIEW_NAMESPACE: &str = "nokube-preview";

pub struct DryRunInput<'a> {
    /// `None`: the service was never deployed.
    pub id: Option<DeploymentId>,
    /// The newest revision.
    pub previous: Option<&'a Revision>,
    pub tenant: Tenant<'a>,
    pub secrets: &'a BTreeMap<String, SecretValue>,
}

pub async fn dry_run(
    cluster: &Cluster,
    input: DryRunInput<'_>,
    state: impl FnOnce(DeploymentId) -> DeployedState,
) -> Result<Reply> {
    let DryRunInput { id, previous, tenant, secrets } = input;
    let own = tenant.namespace();
    // No deployment has the number 0, so this id is nobody's.
    let id = id.unwrap_or_else(|| DeploymentId::new(tenant.project.id, 0, 0));
    let number = previous.map_or(1, |previous| previous.number + 1);
    let previous = previous.and_then(Revision::deployed);
    let state = state(id).with_number(number);
    let input = ManifestInput { tenant: tenant.clone(), id, revision: number, state: &state };
    let manifests = Manifests::new(cluster.platform(), &input, Some(secrets));

    let (_, status) = cluster.namespace(&tenant).await?;
    let is_preview = !matches!(status, NamespaceStatus::Owned { .. });
    let namespace = if is_preview { PREVIEW_NAMESPACE } else { own.as_str() };
    let mut verdicts = Vec::new();
    let mut warnings = Vec::new();
    if status == NamespaceStatus::Absent {
        let body = manifest::namespace(cluster.platform(), &tenant);
        verdicts.push(created(Kind::Namespace, &body.name));
    }
    if status == NamespaceStatus::Foreign {
        verdicts.push(ObjectVerdict {
            verdict: DryRunVerdict::Refused,
            detail: Some("A namespace of this name belongs to somebody else.".into()),
            ..created(Kind::Namespace, own.as_str())
        });
    }
    let dry_runs =
        manifests.all().map(|manifest| dry_run_object(cluster, namespace, is_preview, manifest));
    for (verdict, object_warnings) in join_all(dry_runs).await {
        verdicts.push(verdict);
        warnings.extend(object_warnings);
    }
    if let (Some(previous), false) = (previous, is_preview) {
        verdicts.extend(removals(cluster, namespace, &input, &manifests, previous).await);
    }
    warnings.dedup();
    let note = is_preview.then(|| {
        format!(
            "The project has no namespace yet, so this was tried in '{PREVIEW_NAMESPACE}': its quota is \
             not the project's."
        )
    });
    let spec = &state.release.spec;
    let response = DryRun {
        dry_run: true,
        namespace: own.as_str(),
        tried_in: namespace,
        note,
        accepted: verdicts.iter().all(|verdict| verdict.verdict != DryRunVerdict::Refused),
        access_url: cluster.platform().access_url(tenant.project, spec),
        variables: variable_changes(previous, &state),
        objects: verdicts,
        warnings,
        manifests: redact::to_yaml(manifests.all()),
    };
    Ok(Reply::json(StatusCode::OK, &response))
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
    is_preview: bool,
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
        async { if is_preview { Ok(None) } else { cluster.read::<Value>(&get).await } },
        cluster.send(&apply),
    );
    let response = match after {
        Ok(response) => response,
        Err(error) => return (failed(manifest, &error, is_preview), Vec::new()),
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

fn failed(manifest: &Manifest, error: &ClusterError, is_preview: bool) -> ObjectVerdict {
    let (verdict, field, detail) = match error {
        ClusterError::Api(ApiError::NotFound) if is_preview => {
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
async fn removals(
    cluster: &Cluster,
    namespace: &str,
    input: &ManifestInput<'_>,
    manifests: &Manifests,
    previous: &DeployedState,
) -> Vec<ObjectVerdict> {
    let id = input.id;
    let removed = |kind: Kind, name: &str| ObjectVerdict {
        verdict: DryRunVerdict::Remove,
        ..created(kind, name)
    };
    let optional = manifests.dependencies.absent.iter().map(|(kind, name)| async move {
        let get = request::get(*kind, namespace, name);
        let found = cluster.read::<PartialObject>(&get).await.ok().flatten();
        let is_ours = found.is_some_and(|object| object.metadata.is_of_deployment(id));
        is_ours.then(|| removed(*kind, name))
    });
    let mut verdicts: Vec<_> = join_all(optional).await.into_iter().flatten().collect();
    // A release that is no longer retained loses its variables and secrets.
    let retained: Vec<_> = input.state.retained_objects().collect();
    for old in &previous.retained {
        let objects =
            [(Kind::ConfigMap, &old.variables_object), (Kind::Secret, &old.secrets_object)];
        for (kind, name) in objects {
            if let Some(name) = name.as_deref().filter(|name| !retained.contains(name)) {
                verdicts.push(removed(kind, name));
            }
        }
    }
    verdicts
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
    let names: std::collections::BTreeSet<_> =
        before_side.keys().chain(after_side.keys()).collect();
    let changes = names.into_iter().filter(|name| before_side.get(*name) != after_side.get(*name));
    changes
        .map(|name| FieldChange {
            field: name.clone(),
            before: before_side.get(name).cloned(),
            after: after_side.get(name).cloned(),
        })
        .collect()
}
