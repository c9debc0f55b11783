//! What stands where a deployment is to be: looked at before anything is told.

use crate::{
    apply::{PATIENCE, WAIT},
    cluster::{Cluster, Trouble},
};
use futures::future::try_join_all;
use nokube_domain::deploy::Run;
use nokube_edge::sleep;
use nokube_kube::{
    Deployed, Kind, Manifests, Tenant, manifest,
    observe::{DeploymentSeen, List, Metadata, Object, ReplicaSetSeen, Standing, namespace_of},
    refusal::Refusal,
    request::{self, Mode},
};
use serde::Deserialize;

/// What stands where a deployment is to be.
pub struct Ground {
    pub namespace: Standing,
    pub workload: Option<DeploymentSeen>,
    /// What earlier revisions made and this one has not.
    pub surplus: Vec<(Kind, Metadata)>,
    /// Our rights were given a moment ago: it may take another until they are known.
    pub fresh: bool,
}

impl Ground {
    fn empty(namespace: Standing) -> Self {
        Self { namespace, workload: None, surplus: Vec::new(), fresh: false }
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
    let get_namespace = request::get(Kind::Namespace, namespace.as_str(), namespace.as_str());
    let (found, inside) = futures::join!(
        cluster.read::<Object>(&get_namespace),
        inside(cluster, deployed, manifests, before),
    );
    let found = found?;
    let standing = namespace_of(found.as_ref(), cluster.platform(), tenant);
    if matches!(standing, Standing::Absent | Standing::Foreign) {
        // There we may have no rights, and there is nothing of ours to see.
        return Ok(Ground::empty(standing));
    }
    let (inside, fresh) = match (inside, &cluster.platform().role) {
        // The namespace was made, and whoever made it did not come to bind our rights.
        (Err(Trouble::Refused(Refusal::NoRight(_))), Some(role)) => {
            bind(cluster, tenant, role).await?;
            (look_again(cluster, deployed, manifests, before).await?, true)
        }
        (inside, _) => (inside?, false),
    };
    let (workload, surplus) = inside;
    Ok(Ground { namespace: standing, workload, surplus, fresh })
}

type Inside = (Option<DeploymentSeen>, Vec<(Kind, Metadata)>);

/// What there is of the deployment in its namespace.
async fn inside(
    cluster: &Cluster,
    deployed: &Deployed<'_>,
    manifests: &Manifests,
    before: Option<&Run>,
) -> Result<Inside, Trouble> {
    let namespace = deployed.tenant.namespace();
    let get = request::get(Kind::Deployment, namespace.as_str(), &manifests.workload.name);
    let (workload, surplus) = futures::join!(
        cluster.read::<DeploymentSeen>(&get),
        surplus(cluster, deployed, manifests, before),
    );
    Ok((workload?, surplus?))
}

/// Looks until rights that were just given are known.
async fn look_again(
    cluster: &Cluster,
    deployed: &Deployed<'_>,
    manifests: &Manifests,
    before: Option<&Run>,
) -> Result<Inside, Trouble> {
    let mut tried = 0;
    loop {
        tried += 1;
        match inside(cluster, deployed, manifests, before).await {
            Err(Trouble::Refused(Refusal::NoRight(_))) if tried < PATIENCE => sleep(WAIT).await,
            seen => return seen,
        }
    }
}

/// What this deployment has in the cluster and the new revision has not: optional objects, and the
/// variables and secrets of releases that are kept no longer and that no pods need.
async fn surplus(
    cluster: &Cluster,
    deployed: &Deployed<'_>,
    manifests: &Manifests,
    before: Option<&Run>,
) -> Result<Vec<(Kind, Metadata)>, Trouble> {
    if before.is_none() {
        return Ok(Vec::new());
    }
    let namespace = deployed.tenant.namespace();
    let (name, id) = (namespace.as_str(), deployed.id.to_string());
    let gone = manifests.not.iter().map(|(kind, object)| async {
        let found = cluster.read::<Object>(&request::get(*kind, name, object)).await?;
        Ok::<_, Trouble>(found.into_iter().map(|object| (*kind, object)).collect::<Vec<_>>())
    });
    let named = [Kind::ConfigMap, Kind::Secret].map(|kind| async move {
        let list = request::list_metadata(kind, name, Some(deployed.id));
        let found = cluster.read::<List<Object>>(&list).await?;
        let items = found.map(|list| list.items).unwrap_or_default();
        Ok::<_, Trouble>(items.into_iter().map(|object| (kind, object)).collect::<Vec<_>>())
    });
    let sets = request::list(Kind::ReplicaSet, name, Some((manifest::DEPLOYMENT_LABEL, &id)));
    let (gone, named, sets) = futures::join!(
        try_join_all(gone),
        try_join_all(named),
        cluster.read::<List<ReplicaSetSeen>>(&sets)
    );
    // What pods still run on is needed as long, whichever revision it is of.
    let sets = sets?.map(|list| list.items).unwrap_or_default();
    let needed = sets.iter().flat_map(ReplicaSetSeen::needs);
    let kept: Vec<&str> = deployed.run.objects().chain(needed).collect();
    let named = named?.into_iter().flatten();
    let named = named.filter(|(_, object)| !kept.contains(&object.metadata.name.as_str()));
    let ours = |object: &Object| {
        let label = object.metadata.labels.get(manifest::DEPLOYMENT_LABEL);
        object.metadata.is_ours() && label == Some(&id)
    };
    let all = gone?.into_iter().flatten().chain(named).filter(|(_, object)| ours(object));
    Ok(all.map(|(kind, object)| (kind, object.metadata)).collect())
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

/// Gives the platform its rights in the tenant's namespace.
pub async fn bind(cluster: &Cluster, tenant: &Tenant<'_>, role: &str) -> Result<(), Trouble> {
    let namespace = tenant.namespace();
    let who = cluster.read::<SelfReview>(&request::self_review()).await?;
    let who = who.ok_or_else(Trouble::unreadable)?.status.user_info.username;
    let binding = manifest::role_binding(tenant, role, &who);
    cluster.send(&request::apply(namespace.as_str(), &binding, Mode::Real)).await.map(drop)
}
