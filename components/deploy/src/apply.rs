//! Tells the cluster a revision: the ground first, then all that can go at once, then the workload.
//!
//! Near three round trips in a row once the namespace stands: look, apply, apply the workload. The
//! workload is applied only as it was seen, so of two revisions that are told at once the newer one
//! stays, whichever comes last.

use crate::{
    cluster::{Answer, Cluster, Trouble},
    ground::{Ground, bind},
};
use futures::future::join_all;
use nokube_domain::deploy::{ObjectFault, Outcome, SecretText};
use nokube_edge::{sleep, warn};
use nokube_kube::{
    Deployed, Kind, Manifest, Manifests, Tenant, manifest,
    observe::{DeploymentSeen, Metadata, Object, Standing},
    refusal::{Refusal, warnings},
    request::{self, Mode},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How often the workload is read and applied again because its status was written meanwhile.
const CHANGES: usize = 8;
/// What passes by itself is waited for, so often and so many milliseconds.
pub const PATIENCE: usize = 16;
pub const WAIT: u64 = 400;

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
        Standing::Ours { .. } => ground.fresh,
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
    match tell_workload(cluster, deployed, &manifests.workload, ground.workload.as_ref()).await {
        Ok(answer) => {
            remove(cluster, namespace.as_str(), &ground.surplus).await;
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
    let mut seen = match seen {
        Some(seen) => Some(hand_over(cluster, deployed, workload, seen).await?),
        None => None,
    };
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

/// Where an autoscaler takes over the number of pods, leaves the number as it is.
async fn hand_over(
    cluster: &Cluster,
    deployed: &Deployed<'_>,
    workload: &Manifest,
    seen: &DeploymentSeen,
) -> Result<Metadata, Trouble> {
    let newer = seen.metadata.revision() > deployed.revision;
    let (Some(scaling), true) = (&deployed.run.release.spec.scaling, !deployed.run.stopped) else {
        return Ok(seen.metadata.clone());
    };
    if newer || !seen.metadata.sets_replicas() {
        return Ok(seen.metadata.clone());
    }
    let replicas = seen.replicas().clamp(scaling.min, scaling.max);
    let namespace = deployed.tenant.namespace();
    let request = request::hand_over_replicas(namespace.as_str(), &workload.name, replicas);
    let answer = cluster.send(&request).await?;
    let object = serde_json::from_slice::<Object>(answer.body());
    Ok(object.map_or_else(|_| seen.metadata.clone(), |object| object.metadata))
}

/// Removes what a revision no longer has. What stays after all is removed by the next revision.
async fn remove(cluster: &Cluster, namespace: &str, surplus: &[(Kind, Metadata)]) {
    let deletes = surplus.iter().map(|(kind, seen)| async move {
        cluster.send(&request::delete(*kind, namespace, seen)).await
    });
    for (done, (kind, seen)) in join_all(deletes).await.into_iter().zip(surplus) {
        match done {
            Ok(_) | Err(Trouble::Refused(Refusal::NotFound)) => {}
            Err(trouble) => {
                let (kind, name) = (kind.name(), &seen.name);
                warn(format_args!("{kind} {name} stays: {}", trouble.sentence()));
            }
        }
    }
}

/// Makes the namespace, and gives the platform its rights in it where the operator wants it so.
async fn make_namespace(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    own: &Manifest,
) -> Result<(), Trouble> {
    let namespace = tenant.namespace();
    let request = request::apply(namespace.as_str(), own, Mode::Real);
    cluster.send(&request).await?;
    match &cluster.platform().role {
        Some(role) => bind(cluster, tenant, role).await,
        None => Ok(()),
    }
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
