//! Takes a deployment out of the cluster: exactly what we applied for it, by the API server's own
//! record; its volume only when that was asked; the namespace with the last of the project.

use crate::{
    cluster::{Cluster, Trouble},
    deploy::live,
    ground::bind,
    present::Loaded,
};
use futures::future::join_all;
use nokube_domain::deploy::{Gone, Outcome, Wish};
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
    let mut removed = objects(store, cluster, loaded, gone).await?;
    if let (Err(Trouble::Refused(Refusal::NoRight(_))), Some(role)) =
        (&removed, &cluster.platform().role)
    {
        // Whoever made the namespace did not come to bind our rights: the next look goes on.
        if let Err(trouble) = bind(cluster, &loaded.tenant(), role).await {
            return interrupted(trouble);
        }
        removed = objects(store, cluster, loaded, gone).await?;
    }
    match removed {
        Ok(true) => {}
        // A newer wish has come meanwhile, and everything there is may be its own.
        Ok(false) => return Ok(Outcome::Applied),
        Err(trouble) => return interrupted(trouble),
    }
    if is_last(store, loaded).await?
        && let Err(trouble) = leave(store, cluster, loaded, &namespace).await?
    {
        return interrupted(trouble);
    }
    Ok(Outcome::Applied)
}

/// Was the deployment deleted while the cluster was told a revision? Then what came after that is taken
/// away again: nobody else would look for it. One read when it was not.
///
/// # Errors
/// The store failed.
pub async fn was_overtaken(store: &Store, cluster: &Cluster, loaded: &mut Loaded) -> Result<bool> {
    if store.count(&Counter::revisions(loaded.id())).await? <= loaded.revision.number {
        return Ok(false);
    }
    let Some(newest) = store.newest_revision(loaded.id()).await? else { return Ok(false) };
    let Wish::Gone(gone) = newest.wish else { return Ok(false) };
    loaded.revision = newest;
    let outcome = remove(store, cluster, loaded, gone).await?;
    loaded.keep(store, outcome, Vec::new()).await?;
    Ok(true)
}

/// How often what is there is listed again because something of it was changed meanwhile.
const ROUNDS: usize = 6;

/// Removes the deployment's objects; `false` when a newer revision wants them after all. Each goes only
/// as it was seen, so that nothing which a newer revision has applied since is taken away.
async fn objects(
    store: &Store,
    cluster: &Cluster,
    loaded: &Loaded,
    gone: Gone,
) -> Result<std::result::Result<bool, Trouble>> {
    let namespace = loaded.namespace();
    let volumes = gone.volumes.then_some(Kind::PersistentVolumeClaim);
    let kinds: Vec<Kind> = KINDS_OF_A_DEPLOYMENT.iter().copied().chain(volumes).collect();
    for _ in 0..ROUNDS {
        let deletes = match deletes(cluster, loaded, &namespace, &kinds).await {
            Ok(deletes) => deletes,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let newest = store.newest_revision(loaded.id()).await?;
        if newest.is_some_and(|newest| newest.number > loaded.revision.number) {
            return Ok(Ok(false));
        }
        let mut changed = false;
        for done in join_all(deletes.iter().map(|delete| cluster.send(delete))).await {
            match done {
                Ok(_) | Err(Trouble::Refused(Refusal::NotFound | Refusal::Leaving)) => {}
                Err(Trouble::Refused(Refusal::Changed)) => changed = true,
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        if !changed {
            return Ok(Ok(true));
        }
    }
    Ok(Err(Trouble::Refused(Refusal::Changed)))
}

/// What is to be deleted: what bears the deployment's label, was applied by us, and is not on its way
/// out already.
async fn deletes(
    cluster: &Cluster,
    loaded: &Loaded,
    namespace: &str,
    kinds: &[Kind],
) -> std::result::Result<Vec<request::Request>, Trouble> {
    let lists: Vec<_> = kinds
        .iter()
        .map(|kind| request::list_metadata(*kind, namespace, Some(loaded.id())))
        .collect();
    let reads = lists.iter().map(|list| cluster.read::<List<Object>>(list));
    let mut deletes = Vec::new();
    for (kind, found) in kinds.iter().zip(join_all(reads).await) {
        let items = found?.map(|list| list.items).unwrap_or_default();
        for Object { metadata } in items {
            if metadata.is_ours() && metadata.deletion_timestamp.is_none() {
                deletes.push(request::delete(*kind, namespace, &metadata));
            }
        }
    }
    Ok(deletes)
}

/// Has the project no deployment that is wished for? Revisions are written before anything is told to
/// the cluster, so one that is on its way is seen here.
async fn is_last(store: &Store, loaded: &Loaded) -> Result<bool> {
    Ok(live(store, loaded.project.id).await? == 0)
}

/// Deletes the namespace if nothing of anybody is left in it but what is on its way out: no workload,
/// no volume, no service.
async fn leave(
    store: &Store,
    cluster: &Cluster,
    loaded: &Loaded,
    namespace: &Object,
) -> Result<std::result::Result<(), Trouble>> {
    let name = namespace.metadata.name.as_str();
    let kinds = [Kind::Deployment, Kind::PersistentVolumeClaim, Kind::Service];
    let lists = kinds.map(|kind| request::list_metadata(kind, name, None));
    let reads = lists.iter().map(|list| cluster.read::<List<Object>>(list));
    for found in join_all(reads).await {
        let items = match found {
            Ok(found) => found.map(|list| list.items).unwrap_or_default(),
            Err(trouble) => return Ok(Err(trouble)),
        };
        if items.iter().any(|object| object.metadata.deletion_timestamp.is_none()) {
            return Ok(Ok(()));
        }
    }
    // Somebody may have begun to deploy while we looked.
    if !is_last(store, loaded).await? {
        return Ok(Ok(()));
    }
    let delete = request::delete(Kind::Namespace, name, &namespace.metadata);
    Ok(match cluster.send(&delete).await {
        Ok(_) | Err(Trouble::Refused(Refusal::NotFound | Refusal::Leaving)) => Ok(()),
        Err(trouble) => Err(trouble),
    })
}
