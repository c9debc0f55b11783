//! Deletes a deployment: the revision is stored first, so a read continues what the cluster could not do.

use crate::{
    author::Author,
    automatic::store_again,
    cluster::Cluster,
    deployment::Deployment,
    reconcile::reconcile,
    revise::{new_revision, record_in_audit_log},
    work,
};
use futures::future::try_join;
use nokube_domain::deployments::{AutomaticRevision, Cause, Deletion, DesiredState, Revision};
use nokube_edge::{
    Result,
    store::{Counter, Store, WindowName, keys},
};

/// Stores the revision that deletes a deployment, and carries it out. What the cluster could not do is in its outcome.
/// `ends`: a preview that has ended, and nobody asks for it.
///
/// # Errors
/// The store failed.
pub async fn delete_as(
    author: &Author,
    store: &Store,
    cluster: &Cluster,
    deployment: &mut Deployment,
    (deletion, ends): (Deletion, Option<AutomaticRevision>),
) -> Result<()> {
    let id = deployment.id();
    let (number, item) =
        try_join(store.increment(&Counter::revisions(id)), work::add_item(store, id)).await?;
    // If another request has deleted it, its image is not known any more.
    let was_built_here = deployment.is_built_here() || deployment.is_deleted();
    let desired = DesiredState::Deleted(deletion);
    let revision = new_revision(author, id, (number, item), Cause::Delete, desired);
    let automatic = ends.map(|automatic| automatic.ending(number));
    deployment.revision = Revision { automatic, ..revision };
    store.set(keys::revision(id, number), &deployment.revision).await?;
    record_in_audit_log(author, store, deployment).await?;
    let newer = reconcile(store, cluster, deployment, None).await?;
    if newer.is_some_and(|newer| newer.overtakes(&deployment.revision)) {
        // An automatic revision of the same moment did not know of the deletion.
        deployment.revision = store_again(store, &deployment.revision).await?;
        reconcile(store, cluster, deployment, None).await?;
    }
    work::finish_revision(store, deployment, was_built_here).await;
    let cached =
        [WindowName::observation(id), WindowName::events(id), WindowName::observations(id.project)];
    store.empty_cache(&cached).await;
    Ok(())
}
