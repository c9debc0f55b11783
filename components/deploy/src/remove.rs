//! Takes a deployment out of the cluster: exactly what we applied for it, by the API server's own
//! record; its volume only when that was asked; the namespace with the last of the project.

use crate::{
    cluster::{Cluster, Trouble},
    present::Loaded,
};
use futures::future::join_all;
use nokube_domain::{
    DeploymentId,
    deploy::{Gone, Outcome},
};
use nokube_edge::{
    Result,
    store::{Counter, Store},
};
use nokube_kube::{
    Kind,
    manifest::KINDS_OF_A_DEPLOYMENT,
    observe::{List, Object, Standing, namespace_of},
    refusal::Refusal,
    request,
};

/// Removes it. What could not be removed is removed by the next read or the next request.
///
/// # Errors
/// The store failed.
pub async fn remove(
    store: &Store,
    cluster: &Cluster,
    loaded: &Loaded,
    gone: Gone,
) -> Result<Outcome> {
    let interrupted = |trouble: Trouble| Ok(Outcome::Interrupted(trouble.sentence()));
    let name = loaded.namespace();
    let found = match cluster.read::<Object>(&request::get(Kind::Namespace, &name, &name)).await {
        Ok(found) => found,
        Err(trouble) => return interrupted(trouble),
    };
    // With its namespace everything has gone; in somebody else's there is nothing of ours.
    let standing = namespace_of(found.as_ref(), cluster.platform(), &loaded.tenant());
    let (Some(namespace), Standing::Ours { .. }) = (found, standing) else {
        return Ok(Outcome::Applied);
    };
    if let Err(trouble) = objects(cluster, loaded, gone).await {
        return interrupted(trouble);
    }
    if is_last(store, loaded).await?
        && let Err(trouble) = leave(cluster, &namespace).await
    {
        return interrupted(trouble);
    }
    Ok(Outcome::Applied)
}

async fn objects(
    cluster: &Cluster,
    loaded: &Loaded,
    gone: Gone,
) -> std::result::Result<(), Trouble> {
    let (namespace, id) = (loaded.namespace(), loaded.id());
    let volumes = gone.volumes.then_some(Kind::PersistentVolumeClaim);
    let kinds: Vec<Kind> = KINDS_OF_A_DEPLOYMENT.iter().copied().chain(volumes).collect();
    let lists = kinds.iter().map(|kind| list_of(cluster, *kind, &namespace, id));
    let mut deletes = Vec::new();
    for (kind, found) in kinds.iter().zip(join_all(lists).await) {
        for object in found?.into_iter().filter(|object| object.metadata.is_ours()) {
            let (name, uid) = (&object.metadata.name, &object.metadata.uid);
            deletes.push(request::delete(*kind, &namespace, name, uid));
        }
    }
    for done in join_all(deletes.iter().map(|delete| cluster.send(delete))).await {
        match done {
            // Gone already, or made anew by somebody else meanwhile: not ours.
            Ok(_) | Err(Trouble::Refused(Refusal::NotFound | Refusal::Changed)) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

async fn list_of(
    cluster: &Cluster,
    kind: Kind,
    namespace: &str,
    id: DeploymentId,
) -> std::result::Result<Vec<Object>, Trouble> {
    let found = cluster.read::<List<Object>>(&request::list_of(kind, namespace, id)).await?;
    Ok(found.map(|list| list.items).unwrap_or_default())
}

/// Has the project no other deployment that is wished for? Revisions are written before anything is
/// told to the cluster, so one that is on its way is seen here.
async fn is_last(store: &Store, loaded: &Loaded) -> Result<bool> {
    let project = loaded.project.id;
    let count = store.count(&Counter::deployments(project)).await?;
    let others = (1..=count).filter(|number| *number != loaded.id().number);
    let wished = others.map(|number| async move {
        let Some(record) = store.deployment(project, number).await? else { return Ok(false) };
        let newest = store.newest_revision(record.id).await?;
        Ok::<_, nokube_edge::Failure>(newest.is_some_and(|newest| newest.run().is_some()))
    });
    for wished in join_all(wished).await {
        if wished? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Deletes the namespace if nothing of anybody is left in it but what is on its way out: no workload,
/// no volume, no service.
async fn leave(cluster: &Cluster, namespace: &Object) -> std::result::Result<(), Trouble> {
    let name = namespace.metadata.name.as_str();
    let kinds = [Kind::Deployment, Kind::PersistentVolumeClaim, Kind::Service];
    let lists = kinds.map(|kind| request::list(kind, name, None));
    let reads = lists.iter().map(|list| cluster.read::<List<Object>>(list));
    for found in join_all(reads).await {
        let items = found?.map(|list| list.items).unwrap_or_default();
        if items.iter().any(|object| object.metadata.deletion_timestamp.is_none()) {
            return Ok(());
        }
    }
    let delete = request::delete(Kind::Namespace, name, name, &namespace.metadata.uid);
    match cluster.send(&delete).await {
        Ok(_) | Err(Trouble::Refused(Refusal::NotFound | Refusal::Leaving)) => Ok(()),
        Err(trouble) => Err(trouble),
    }
}
