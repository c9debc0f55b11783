//! `GET /api/v1/projects/{project}/deployments`: newest first, with what the cluster shows of them.
//!
//! Three reads for the project, five a row; three requests to the cluster in all, because a project
//! is one namespace.

use crate::{
    cluster::Cluster,
    present::{Loaded, keep_last_seen},
    sight::sight_of_project,
};
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{Problem, ProjectId, answer::DeploymentPage, deploy::Observed, page::Page};
use nokube_edge::{
    Call, Reply, Result,
    store::{Counter, Store},
};
use nokube_kube::platform;

pub async fn list(call: Call) -> Result<Reply> {
    call.only_query(&["limit", "offset"])?;
    let page = call.page()?;
    let pid: ProjectId = call.path::<u32>("project", "project").map(ProjectId)?;
    let store = Store::open().await?;
    let deployments = Counter::deployments(pid);
    let (members, project, count) =
        futures::join!(store.members(pid), store.project(pid), store.count(&deployments));
    let members = members?;
    call.may(members.as_ref(), "project")?;
    let members = members.ok_or_else(|| Problem::not_found("project"))?;
    let project = project?.ok_or_else(|| Problem::not_found("project"))?;
    let total = count?;
    let cluster = Cluster::new().await?;

    let rows = page.numbers(total).map(|number| {
        let (store, project, members) = (&store, &project, &members);
        async move {
            let Some(record) = store.deployment(pid, number).await? else { return Ok(None) };
            let id = record.id;
            let (revision, outcome, last_seen) =
                futures::join!(store.newest_revision(id), store.outcome(id), store.last_seen(id));
            let (outcome, last_seen) = (outcome?, last_seen?);
            // One without a revision was never told; one that is gone is shown no more.
            let shown = revision?.filter(|revision| revision.run().is_some());
            Ok::<_, nokube_edge::Failure>(shown.map(|revision| Loaded {
                record,
                project: project.clone(),
                members: members.clone(),
                revision,
                outcome,
                last_seen,
            }))
        }
    });
    let namespace = platform::namespace(&project);
    let (rows, sight) =
        futures::join!(try_join_all(rows), sight_of_project(&cluster, namespace.as_str(), pid));
    let mut views = Vec::new();
    for loaded in rows?.into_iter().flatten() {
        let observed = match &sight {
            Ok(sight) => sight.of(loaded.id()),
            Err(trouble) => Observed::Unreachable(trouble.sentence()),
        };
        let mut view = loaded.view(&cluster, &observed)?;
        keep_last_seen(&store, loaded.last_seen.as_ref(), &view, &observed).await?;
        // A list is an overview; the deployment itself has its pods.
        view.pods = Vec::new();
        view.conditions = Vec::new();
        views.push(view);
    }
    let Page { limit, offset } = page;
    let answer = DeploymentPage { deployments: views, total, limit, offset };
    Ok(Reply::json(StatusCode::OK, &answer))
}
