//! What the cluster shows: Deployments, their ReplicaSets and pods, and the words of a crash.

use crate::{
    cluster::{Cluster, Trouble},
    present::Loaded,
};
use nokube_domain::{
    DeploymentId, ProjectId,
    deploy::{Observed, Rollout},
};
use nokube_kube::{
    Kind,
    manifest::{DEPLOYMENT_LABEL, PROJECT_LABEL},
    observe::{DeploymentSeen, Evidence, List, Metadata, Object, PodSeen, ReplicaSetSeen, rollout},
    refusal::Refusal,
    request::{self, Log},
};

/// What the cluster shows of a project, or of one deployment.
#[derive(Default)]
pub struct Sight {
    pub deployments: Vec<DeploymentSeen>,
    pub replica_sets: Vec<ReplicaSetSeen>,
    pub pods: Vec<PodSeen>,
}

/// Looks at the objects with a label: three requests at once. In a namespace that is gone, our rights
/// may be gone too: then there is nothing to see.
pub async fn sight(
    cluster: &Cluster,
    namespace: &str,
    label: (&str, &str),
) -> std::result::Result<Sight, Trouble> {
    match objects(cluster, namespace, label).await {
        Err(trouble @ Trouble::Refused(Refusal::NoRight(_))) => {
            let get = request::get(Kind::Namespace, namespace, namespace);
            match cluster.read::<Object>(&get).await? {
                Some(_) => Err(trouble),
                None => Ok(Sight::default()),
            }
        }
        seen => seen,
    }
}

async fn objects(
    cluster: &Cluster,
    namespace: &str,
    label: (&str, &str),
) -> std::result::Result<Sight, Trouble> {
    let list = |kind| request::list(kind, namespace, Some(label));
    let (deployments, sets, pods) =
        (list(Kind::Deployment), list(Kind::ReplicaSet), list(Kind::Pod));
    let (deployments, replica_sets, pods) = futures::join!(
        cluster.read::<List<DeploymentSeen>>(&deployments),
        cluster.read::<List<ReplicaSetSeen>>(&sets),
        cluster.read::<List<PodSeen>>(&pods),
    );
    Ok(Sight {
        deployments: deployments?.map(|list| list.items).unwrap_or_default(),
        replica_sets: replica_sets?.map(|list| list.items).unwrap_or_default(),
        pods: pods?.map(|list| list.items).unwrap_or_default(),
    })
}

/// Looks at the objects of a project.
pub async fn sight_of_project(
    cluster: &Cluster,
    namespace: &str,
    project: ProjectId,
) -> std::result::Result<Sight, Trouble> {
    sight(cluster, namespace, (PROJECT_LABEL, &project.to_string())).await
}

impl Sight {
    /// What is seen of one deployment.
    pub fn of(&self, id: DeploymentId) -> Observed {
        let label = id.to_string();
        let is_of = |metadata: &Metadata| metadata.labels.get(DEPLOYMENT_LABEL) == Some(&label);
        let Some(deployment) = self.deployments.iter().find(|found| is_of(&found.metadata)) else {
            return Observed::Absent;
        };
        let sets: Vec<_> =
            self.replica_sets.iter().filter(|set| is_of(&set.metadata)).cloned().collect();
        let pods: Vec<_> = self.pods.iter().filter(|pod| is_of(&pod.metadata)).cloned().collect();
        let evidence = Evidence { deployment, replica_sets: &sets, pods: &pods };
        Observed::Present(Box::new(rollout(&evidence)))
    }
}

/// The last lines of a program's log that are told with its crash.
const LAST_LINES: u32 = 8;
const LAST_BYTES: u32 = 2_000;

/// Looks at one deployment; of a crashed program the last lines of its log are told too.
pub async fn observe(cluster: &Cluster, loaded: &Loaded) -> Observed {
    let (namespace, id) = (loaded.namespace(), loaded.id());
    let sight = sight(cluster, &namespace, (DEPLOYMENT_LABEL, &id.to_string())).await;
    let sight = match sight {
        Ok(sight) => sight,
        Err(trouble) => return Observed::Unreachable(trouble.sentence()),
    };
    let mut observed = sight.of(id);
    if let Observed::Present(rollout) = &mut observed
        && rollout.trouble.as_ref().is_some_and(|(code, _)| code == "crash")
        && let Some(pod) = crashed(&sight, rollout)
        && let Some(lines) = last_lines(cluster, &namespace, pod).await
        && let Some((_, message)) = &mut rollout.trouble
    {
        message.push_str(&format!(" Its last lines:\n{lines}"));
    }
    observed
}

fn crashed<'a>(sight: &'a Sight, rollout: &Rollout) -> Option<&'a PodSeen> {
    let current = |pod: &&PodSeen| {
        rollout.pods.iter().any(|view| view.current && view.name == pod.metadata.name)
    };
    sight.pods.iter().filter(current).find(|pod| pod.has_crashed())
}

async fn last_lines(cluster: &Cluster, namespace: &str, pod: &PodSeen) -> Option<String> {
    let wanted = Log {
        previous: pod.has_restarted(),
        tail: Some(LAST_LINES),
        limit_bytes: Some(LAST_BYTES),
        ..Log::default()
    };
    let log = request::log(namespace, &pod.metadata.name, &wanted);
    let answer = cluster.send(&log).await.ok()?;
    let text = String::from_utf8_lossy(answer.body()).trim_end().to_owned();
    (!text.is_empty()).then_some(text)
}
