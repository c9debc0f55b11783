//! `POST /api/v1/deploy?dry_run=true`: the manifests, what the API server says to each, and the
//! difference from what runs now. Nothing is changed and nothing is kept.
//!
//! Before a project's namespace stands there is nothing to try in: then the operator's preview
//! namespace is used, and the answer says so.

use super::claims::Known;
use crate::cluster::{Cluster, Trouble};
use futures::future::join_all;
use http::StatusCode;
use nokube_domain::{
    DeploymentId,
    answer::{DryRun, FieldChange, ObjectVerdict, Trial},
    deploy::{Run, SecretText},
};
use nokube_edge::{Reply, Result};
use nokube_kube::{
    Deployed, Kind, Manifest, Manifests, Tenant,
    difference::difference,
    manifest,
    observe::{Object, Standing, namespace_of},
    refusal::{Refusal, warnings},
    request::{self, Mode},
    shown,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// The namespace that first deployments are tried in.
pub const PREVIEW: &str = "nokube-preview";

pub struct Wanted<'a> {
    pub known: Option<&'a Known>,
    pub tenant: Tenant<'a>,
    pub secrets: &'a BTreeMap<String, SecretText>,
    pub before: Option<&'a Run>,
}

pub async fn dry_run(
    cluster: &Cluster,
    trial: Wanted<'_>,
    run: impl Fn(DeploymentId, u32) -> Run,
) -> Result<Reply> {
    let tenant = &trial.tenant;
    let own = tenant.namespace();
    // A service that was never deployed has no id yet; what is tried bears one that nobody has.
    let id =
        trial.known.map_or(DeploymentId::new(tenant.project.id, 0, 0), |known| known.record.id);
    let newest = trial.known.and_then(|known| known.revision.as_ref());
    let number = newest.map_or(1, |newest| newest.number + 1);
    let run = run(id, number);
    let deployed = Deployed { tenant: tenant.clone(), id, revision: number, run: &run };
    let manifests = Manifests::new(cluster.platform(), &deployed, Some(trial.secrets));

    let get = request::get(Kind::Namespace, own.as_str(), own.as_str());
    let found = cluster.read::<Object>(&get).await?;
    let standing = namespace_of(found.as_ref(), cluster.platform(), tenant);
    let preview = !matches!(standing, Standing::Ours { .. });
    let namespace = if preview { PREVIEW } else { own.as_str() };
    let mut verdicts = Vec::new();
    let mut warned = Vec::new();
    if standing == Standing::Absent {
        let body = manifest::namespace(cluster.platform(), tenant);
        verdicts.push(created(Kind::Namespace, &body.name));
    }
    if standing == Standing::Foreign {
        verdicts.push(ObjectVerdict {
            verdict: Trial::Refused,
            detail: Some("A namespace of this name belongs to somebody else.".into()),
            ..created(Kind::Namespace, own.as_str())
        });
    }
    let tried = manifests.all().map(|manifest| one(cluster, namespace, preview, manifest));
    for (verdict, warnings) in join_all(tried).await {
        verdicts.push(verdict);
        warned.extend(warnings);
    }
    if let (Some(before), false) = (trial.before, preview) {
        verdicts.extend(removed(cluster, namespace, id, &manifests, &run, before).await?);
    }
    warned.dedup();
    let note = preview.then(|| {
        format!(
            "The project has no namespace yet, so this was tried in '{PREVIEW}': its quota is not \
             the project's."
        )
    });
    let spec = &run.release.spec;
    let answer = DryRun {
        dry_run: true,
        namespace: own.as_str(),
        tried_in: namespace,
        note,
        accepted: verdicts.iter().all(|verdict| verdict.verdict != Trial::Refused),
        access_url: cluster.platform().access_url(tenant.project, spec),
        variables: variables(trial.before, &run),
        objects: verdicts,
        warnings: warned,
        manifests: shown::yaml(manifests.all()),
    };
    Ok(Reply::json(StatusCode::OK, &answer))
}

fn created(kind: Kind, name: &str) -> ObjectVerdict {
    ObjectVerdict {
        kind: kind.name(),
        name: name.to_owned(),
        verdict: Trial::Create,
        field: None,
        detail: None,
        difference: Vec::new(),
    }
}

/// Tries one object: what stands and what would stand, at once.
async fn one(
    cluster: &Cluster,
    namespace: &str,
    preview: bool,
    manifest: &Manifest,
) -> (ObjectVerdict, Vec<String>) {
    let (kind, name) = (manifest.kind, manifest.name.as_str());
    let mut tried = manifest.clone();
    if let Some(place) = tried.body.pointer_mut("/metadata/namespace") {
        *place = namespace.into();
    }
    let get = request::get(kind, namespace, name);
    let apply = request::apply(namespace, &tried, Mode::DryRun);
    let (before, after) = futures::join!(
        async { if preview { Ok(None) } else { cluster.read::<Value>(&get).await } },
        cluster.send(&apply),
    );
    let answer = match after {
        Ok(answer) => answer,
        Err(Trouble::Refused(refusal)) if refusal == Refusal::NotFound && preview => {
            let detail = format!("There is no namespace '{PREVIEW}' to try it in.");
            let verdict = ObjectVerdict {
                verdict: Trial::Unknown,
                detail: Some(detail),
                ..created(kind, name)
            };
            return (verdict, Vec::new());
        }
        Err(Trouble::Refused(refusal)) => {
            let fault = refusal.fault(manifest);
            let verdict = ObjectVerdict {
                verdict: Trial::Refused,
                field: fault.field,
                detail: Some(fault.detail),
                ..created(kind, name)
            };
            return (verdict, Vec::new());
        }
        Err(away @ Trouble::Away(_)) => {
            let detail = Some(away.sentence());
            return (
                ObjectVerdict { verdict: Trial::Unknown, detail, ..created(kind, name) },
                Vec::new(),
            );
        }
    };
    let after: Option<Value> = serde_json::from_slice(answer.body()).ok();
    let before = before.ok().flatten();
    let difference = match &before {
        Some(_) => difference(kind, before.as_ref(), after.as_ref()),
        None => Vec::new(),
    };
    let verdict = match (&before, difference.is_empty()) {
        (None, _) => Trial::Create,
        (Some(_), true) => Trial::Unchanged,
        (Some(_), false) => Trial::Change,
    };
    (ObjectVerdict { verdict, difference, ..created(kind, name) }, warnings(answer.headers()))
}

/// What an earlier revision has in the cluster and this one would not have.
async fn removed(
    cluster: &Cluster,
    namespace: &str,
    id: DeploymentId,
    manifests: &Manifests,
    run: &Run,
    before: &Run,
) -> Result<Vec<ObjectVerdict>> {
    let stands = manifests.not.iter().map(|(kind, name)| async move {
        let get = request::get(*kind, namespace, name);
        let found = cluster.read::<Object>(&get).await.ok().flatten();
        let label = id.to_string();
        let ours = found.is_some_and(|found| {
            found.metadata.labels.get(manifest::DEPLOYMENT_LABEL) == Some(&label)
        });
        ours.then(|| ObjectVerdict { verdict: Trial::Remove, ..created(*kind, name) })
    });
    let mut verdicts: Vec<_> = join_all(stands).await.into_iter().flatten().collect();
    // A release that is kept no longer takes its variables and secrets with it.
    let kept: Vec<_> = run.objects().collect();
    for old in before.kept.iter() {
        let objects =
            [(Kind::ConfigMap, &old.variables_object), (Kind::Secret, &old.secrets_object)];
        for (kind, name) in objects {
            if let Some(name) = name.as_deref().filter(|name| !kept.contains(name)) {
                verdicts.push(ObjectVerdict { verdict: Trial::Remove, ..created(kind, name) });
            }
        }
    }
    Ok(verdicts)
}

/// How variables and secrets change, by name: their objects are made anew and could not be compared.
fn variables(before: Option<&Run>, after: &Run) -> Vec<FieldChange> {
    let side = |run: Option<&Run>| -> BTreeMap<String, String> {
        let Some(run) = run else { return BTreeMap::new() };
        let release = &run.release;
        let secrets = release.secrets.iter().map(|name| (name.clone(), shown::HIDDEN.to_owned()));
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
