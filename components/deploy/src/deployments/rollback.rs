//! `POST /api/v1/deployments/{deployment}/rollback`: a kept release, image and configuration, runs
//! again. `{"revision": 3}`; without a body, the release before the present one.

use crate::{
    apply::secrets_of,
    cluster::Cluster,
    deploy::create::{Change, carry_out},
    present::{load, lost_secrets},
};
use nokube_domain::{
    DeploymentId, Problem, Reason,
    deploy::{Cause, Revision, Run, parse_rollback},
};
use nokube_edge::{Call, Reply, Result, store::Store};

pub async fn rollback(mut call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let loaded = load(&call, &store).await?;
    let asked = match call.fields_if_any().await? {
        None => None,
        Some(fields) => parse_rollback(fields)?,
    };
    let before = loaded.run()?;
    let target = match asked {
        Some(number) if loaded.revision.keeps(number) => {
            store.revision(loaded.id(), number).await?
        }
        Some(_) => None,
        None => match earlier(&store, loaded.id(), before).await? {
            Some(earlier) => Some(earlier),
            None => {
                let detail = "There is no earlier release to go back to.";
                return Err(Problem::conflict(Reason::NoEarlierRelease, detail).into());
            }
        },
    };
    let Some(Run { release, .. }) = target.as_ref().and_then(Revision::run) else {
        let numbers: Vec<_> = before.kept.iter().map(|kept| kept.number.to_string()).collect();
        let detail =
            format!("must be one of the kept releases, {} (see …/revisions)", numbers.join(", "));
        return Err(Problem::field("revision", detail).into());
    };
    let cluster = Cluster::new().await?;
    // What the operator has come to allow no longer does not come back this way.
    cluster.settings.images.origin(&release.image.name, &loaded.project)?;
    cluster.settings.offer.still_allows(&release.spec)?;
    let run = Run::next(Some(before), release.clone(), cluster.settings.keep);
    if let Some(object) = &release.secrets_object
        && secrets_of(&cluster, &loaded.tenant(), object).await?.is_none()
    {
        let detail = lost_secrets(object, &run).detail;
        return Err(Problem::conflict(Reason::SecretsLost, detail).into());
    }
    let change = Change {
        cause: Cause::Rollback,
        before: Some(before),
        replaces: Some(loaded.revision.number),
        run: &|_| run.clone(),
        secrets: None,
    };
    carry_out(&call, &store, &cluster, loaded.subject(), change).await
}

/// The newest kept release that is another than the present one: one read for each that is looked at.
async fn earlier(store: &Store, id: DeploymentId, before: &Run) -> Result<Option<Revision>> {
    let present = &before.release;
    for kept in before.kept.iter().filter(|kept| kept.number != present.number) {
        let found = store.revision(id, kept.number).await?;
        let is_other = |found: &Revision| {
            found.run().is_some_and(|run| {
                run.release.image != present.image
                    || run.release.spec != present.spec
                    || run.release.secrets_object != present.secrets_object
            })
        };
        if let Some(found) = found.filter(is_other) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
