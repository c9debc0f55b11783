//! Tells the cluster a revision: the ground first, then all that can go at once, then the workload.
//!
//! Near three round trips in a row once the namespace stands: look, apply, apply the workload. The
//! workload is applied only as it was seen, so of two revisions that are told at once the newer one
//! stays, whichever comes last.

use crate::cluster::{Answer, Cluster, Trouble};
use futures::future::{join_all, try_join_all};
use nokube_domain::deploy::{ObjectFault, Outcome, Run, SecretText};
use nokube_edge::sleep;
use nokube_kube::{
    Deployed, Kind, Manifest, Manifests, Tenant, manifest,
    observe::{DeploymentSeen, List, Object, Standing, namespace_of},
    refusal::{Refusal, warnings},
    request::{self, Mode},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How often the workload is read and applied again because its status was written meanwhile.
const CHANGES: usize = 8;
/// What passes by itself is waited for, so often and so many milliseconds.
const PATIENCE: usize = 16;
const WAIT: u64 = 400;

/// What stands where a deployment is to be.
pub struct Ground {
    pub namespace: Standing,
    pub workload: Option<DeploymentSeen>,
    /// What earlier revisions made and this one has not: kind, name and uid.
    surplus: Vec<(Kind, String, String)>,
}

/// What came of it.
pub struct Told {
    pub outcome: Outcome,
    pub warnings: Vec<String>,
}

impl Told {
    fn refused(faults: Vec<ObjectFault>, stand: Vec<String>) -> Self {
        Self { outcome: Outcome::Refused { faults, stand }, warnings: Vec::new() }
    }

    fn interrupted(why: &str) -> Self {
        Self { outcome: Outcome::Interrupted(why.into()), warnings: Vec::new() }
    }
}

/// Looks at the namespace, the workload, and what may be left of earlier revisions, all at once.
///
/// # Errors
/// The cluster does not answer, or does not let us look.
pub async fn look(
    cluster: &Cluster,
    deployed: &Deployed<'_>,
    manifests: &Manifests,
    before: Option<&Run>,
) -> Result<Ground, Trouble> {
    let tenant = &deployed.tenant;
    let namespace = tenant.namespace();
    let name = namespace.as_str();
    let (get_namespace, get_workload) = (
        request::get(Kind::Namespace, name, name),
        request::get(Kind::Deployment, name, &manifests.workload.name),
    );
    let (found, workload, surplus) = futures::join!(
        cluster.read::<Object>(&get_namespace),
        cluster.read::<DeploymentSeen>(&get_workload),
        surplus(cluster, deployed, manifests, before),
    );
    let found = found?;
    let standing = namespace_of(found.as_ref(), cluster.platform(), tenant);
    if matches!(standing, Standing::Absent | Standing::Foreign) {
        // There we may have no rights, and there is nothing of ours to see.
        return Ok(Ground { namespace: standing, workload: None, surplus: Vec::new() });
    }
    Ok(Ground { namespace: standing, workload: workload?, surplus: surplus? })
}

/// What this deployment has in the cluster and the new revision has not: optional objects, and the
/// variables and secrets of releases that are kept no longer.
async fn surplus(
    cluster: &Cluster,
    deployed: &Deployed<'_>,
    manifests: &Manifests,
    before: Option<&Run>,
) -> Result<Vec<(Kind, String, String)>, Trouble> {
    let Some(before) = before else { return Ok(Vec::new()) };
    let namespace = deployed.tenant.namespace();
    let gone = manifests.not.iter().map(|(kind, name)| async {
        let found = cluster.read::<Object>(&request::get(*kind, namespace.as_str(), name)).await?;
        Ok::<_, Trouble>(found.into_iter().map(|object| (*kind, object)).collect::<Vec<_>>())
    });
    // What runs until the new revision does is needed as long.
    let running = [&before.release.variables_object, &before.release.secrets_object];
    let running: Vec<&str> = running.into_iter().flatten().map(String::as_str).collect();
    let kept: Vec<&str> = deployed.run.objects().chain(running).collect();
    let named = [Kind::ConfigMap, Kind::Secret].map(|kind| async move {
        let list = request::list_of(kind, deployed.tenant.namespace().as_str(), deployed.id);
        let found = cluster.read::<List<Object>>(&list).await?;
        let items = found.map(|list| list.items).unwrap_or_default();
        Ok::<_, Trouble>(items.into_iter().map(|object| (kind, object)).collect::<Vec<_>>())
    });
    let (gone, named) = futures::join!(try_join_all(gone), try_join_all(named));
    let named = named?.into_iter().flatten();
    let named = named.filter(|(_, object)| !kept.contains(&object.metadata.name.as_str()));
    let ours = |object: &Object| {
        let label = object.metadata.labels.get(manifest::DEPLOYMENT_LABEL);
        object.metadata.is_ours() && label == Some(&deployed.id.to_string())
    };
    let all = gone?.into_iter().flatten().chain(named).filter(|(_, object)| ours(object));
    Ok(all.map(|(kind, object)| (kind, object.metadata.name, object.metadata.uid)).collect())
}

/// Tells the cluster `manifests` on this ground.
pub async fn tell(
    cluster: &Cluster,
    deployed: &Deployed<'_>,
    manifests: &Manifests,
    ground: Ground,
) -> Told {
    let tenant = &deployed.tenant;
    let namespace = tenant.namespace();
    let own = manifest::namespace(cluster.platform(), tenant);
    let fresh = match ground.namespace {
        Standing::Foreign => return Told::refused(vec![foreign(&own)], Vec::new()),
        Standing::Leaving => return Told::interrupted(&Refusal::Terminating.sentence()),
        Standing::Absent => match make_namespace(cluster, tenant, &own).await {
            Ok(()) => true,
            Err(trouble) => return failed(vec![(&own, trouble)], Vec::new()),
        },
        Standing::Ours { .. } => false,
    };
    let renewed = matches!(ground.namespace, Standing::Ours { stale: true }).then_some(&own);
    let objects: Vec<_> = renewed.into_iter().chain(&manifests.before).collect();
    let applied = objects.iter().map(|object| {
        let request = request::apply(namespace.as_str(), object, Mode::Real);
        async move { apply(cluster, &request, fresh).await }
    });
    let (mut stand, mut troubles, mut warned) = (Vec::new(), Vec::new(), Vec::new());
    for (object, applied) in objects.iter().zip(join_all(applied).await) {
        match applied {
            Ok(answer) => {
                stand.push(object.title());
                warned.extend(warnings(answer.headers()));
            }
            Err(trouble) => troubles.push((*object, trouble)),
        }
    }
    if !troubles.is_empty() {
        return failed(troubles, stand);
    }
    let (workload, _) = futures::join!(
        tell_workload(cluster, deployed, &manifests.workload, ground.workload.as_ref()),
        remove(cluster, namespace.as_str(), &ground.surplus),
    );
    match workload {
        Ok(answer) => {
            warned.extend(answer.iter().flat_map(|answer| warnings(answer.headers())));
            warned.dedup();
            Told { outcome: Outcome::Applied, warnings: warned }
        }
        Err(trouble) => failed(vec![(&manifests.workload, trouble)], stand),
    }
}

/// What is said of a namespace with another owner.
pub const FOREIGN: &str = "The project's namespace belongs to somebody else in the cluster. The \
                           platform's administrator has to remove it, or label it as this project's.";

fn foreign(namespace: &Manifest) -> ObjectFault {
    ObjectFault {
        kind: Kind::Namespace.name().into(),
        name: namespace.name.clone(),
        field: None,
        detail: FOREIGN.into(),
    }
}

/// What can only be waited for interrupts; anything else is a refusal, object by object.
fn failed(troubles: Vec<(&Manifest, Trouble)>, stand: Vec<String>) -> Told {
    let mut faults = Vec::new();
    let mut passing = None;
    for (object, trouble) in troubles {
        match &trouble {
            Trouble::Refused(refusal) if !trouble.passes() => faults.push(refusal.fault(object)),
            _ => passing = Some(trouble.sentence()),
        }
    }
    match passing.filter(|_| faults.is_empty()) {
        Some(why) => Told::interrupted(&why),
        None => Told::refused(faults, stand),
    }
}

/// Applies the workload unless a newer revision stands there, in which case there is no answer.
async fn tell_workload(
    cluster: &Cluster,
    deployed: &Deployed<'_>,
    workload: &Manifest,
    seen: Option<&DeploymentSeen>,
) -> Result<Option<Answer>, Trouble> {
    let namespace = deployed.tenant.namespace();
    let mut seen = seen.map(|seen| seen.metadata.clone());
    for _ in 0..CHANGES {
        if seen.as_ref().is_some_and(|seen| seen.revision() > deployed.revision) {
            return Ok(None);
        }
        let version = seen.as_ref().map(|seen| seen.resource_version.as_str());
        let request = request::apply_if_unchanged(namespace.as_str(), workload, version);
        match apply(cluster, &request, false).await {
            // Its status was written, or another revision came first: look again.
            Err(Trouble::Refused(Refusal::Changed)) => {
                let get = request::get(Kind::Deployment, namespace.as_str(), &workload.name);
                seen = cluster.read::<DeploymentSeen>(&get).await?.map(|seen| seen.metadata);
            }
            answer => return answer.map(Some),
        }
    }
    Err(Trouble::Refused(Refusal::Changed))
}

/// Removes what a revision no longer has. What stays after all is removed by the next revision.
async fn remove(cluster: &Cluster, namespace: &str, surplus: &[(Kind, String, String)]) {
    let deletes = surplus.iter().map(|(kind, name, uid)| async move {
        cluster.send(&request::delete(*kind, namespace, name, uid)).await
    });
    for (done, (kind, name, _)) in join_all(deletes).await.into_iter().zip(surplus) {
        match done {
            Ok(_) | Err(Trouble::Refused(Refusal::NotFound)) => {}
            Err(trouble) => {
                eprintln!("warning {} {name} stays: {}", kind.name(), trouble.sentence());
            }
        }
    }
}

#[derive(Deserialize)]
struct SelfReview {
    status: ReviewStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewStatus {
    user_info: UserInfo,
}

#[derive(Deserialize)]
struct UserInfo {
    username: String,
}

/// Makes the namespace, and gives the platform its rights in it where the operator wants it so.
async fn make_namespace(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    own: &Manifest,
) -> Result<(), Trouble> {
    let namespace = tenant.namespace();
    let request = request::apply(namespace.as_str(), own, Mode::Real);
    let Some(role) = &cluster.platform().role else {
        return cluster.send(&request).await.map(drop);
    };
    let review = request::self_review();
    let (made, who) = futures::join!(cluster.send(&request), cluster.read::<SelfReview>(&review));
    made?;
    let who = who?.ok_or(Trouble::Away)?.status.user_info.username;
    let binding = manifest::role_binding(tenant, role, &who);
    cluster.send(&request::apply(namespace.as_str(), &binding, Mode::Real)).await.map(drop)
}

/// Applies an object, with patience for what passes by itself: in a new namespace it takes a moment
/// until the API server knows our rights there, and what is being deleted has to go first, because
/// it would take with it what is applied now.
async fn apply(
    cluster: &Cluster,
    apply: &request::Request,
    fresh: bool,
) -> Result<Answer, Trouble> {
    let mut tried = 0;
    loop {
        tried += 1;
        let again = tried < PATIENCE;
        match cluster.send(apply).await {
            Ok(answer) if is_leaving(&answer) => {
                if !again {
                    return Err(Trouble::Refused(Refusal::Leaving));
                }
            }
            Err(Trouble::Refused(Refusal::NoRight(_) | Refusal::NotFound)) if fresh && again => {}
            answer => return answer,
        }
        sleep(WAIT).await;
    }
}

fn is_leaving(answer: &Answer) -> bool {
    let object = serde_json::from_slice::<Object>(answer.body());
    object.is_ok_and(|object| object.metadata.deletion_timestamp.is_some())
}

/// The values of the secrets that stand in the cluster under this name.
///
/// # Errors
/// The cluster does not answer, or does not let us look.
pub async fn secrets_of(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    object: &str,
) -> Result<Option<BTreeMap<String, SecretText>>, Trouble> {
    #[derive(Deserialize)]
    struct Seen {
        #[serde(default)]
        data: BTreeMap<String, String>,
    }
    use base64::{Engine, engine::general_purpose::STANDARD};
    let namespace = tenant.namespace();
    let get = request::get(Kind::Secret, namespace.as_str(), object);
    let Some(Seen { data }) = cluster.read::<Seen>(&get).await? else { return Ok(None) };
    let text = |value: &str| String::from_utf8(STANDARD.decode(value).ok()?).ok();
    let values = data.into_iter().filter_map(|(name, value)| Some((name, text(&value)?)));
    Ok(Some(values.map(|(name, value)| (name, SecretText::new(value))).collect()))
}
