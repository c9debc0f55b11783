//! `GET /api/v1/projects/{project}/deployments`: the deployments of a project. Their status comes from
//! one snapshot of the project's namespace.

use crate::{
    cluster::{Cluster, snapshot::fetch_project_snapshot},
    deployment::Deployment,
    status::save_observation,
};
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{ProjectId, deployments::ObservedState, page::Page, responses::DeploymentPage};
use nokube_edge::{
    Call, Reply, Result, projects,
    store::{Counter, Store, keys},
};
use nokube_kube::names;

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset"])?;
    let page = call.page()?;
    let project_id: ProjectId = call.path_parameter("project", "project")?;
    let store = Store::open().await?;
    let counter = Counter::deployments(project_id);
    let (loaded, total) =
        futures::join!(projects::load(&call, &store, project_id), store.count(&counter));
    let ((project, members, _), total) = (loaded?, total?);
    let cluster = Cluster::new().await?;

    let deployments = page.numbers(total).map(|number| {
        let (store, project, members) = (&store, &project, &members);
        async move {
            let Some(record) = store.get(keys::deployment(project_id, number)).await? else {
                return Ok(None);
            };
            let id = record.id;
            let (revision, outcome, last_observation) = futures::join!(
                store.newest_revision(id),
                store.outcome(id),
                store.last_observation(id)
            );
            let (outcome, last_observation) = (outcome?, last_observation?);
            // Without a revision the first deployment failed. Deleted ones are not listed.
            let listed = revision?.filter(|revision| revision.deployed().is_some());
            Ok::<_, nokube_edge::Error>(listed.map(|revision| Deployment {
                record,
                project: project.clone(),
                members: members.clone(),
                revision,
                outcome,
                last_observation,
            }))
        }
    });
    let namespace = names::namespace(&project.owner, &project.name);
    let (deployments, snapshot) = futures::join!(
        try_join_all(deployments),
        fetch_project_snapshot(&cluster, &namespace, project_id)
    );
    let mut views = Vec::new();
    for deployment in deployments?.into_iter().flatten() {
        let observed = match &snapshot {
            Ok(snapshot) => snapshot.observed(deployment.id()),
            Err(error) => ObservedState::Unreachable(error.message()),
        };
        let mut view = deployment.view(cluster.platform(), &observed)?;
        save_observation(&store, deployment.last_observation.as_ref(), &view, &observed).await?;
        // Pods are shown for a single deployment only.
        view.pods = Vec::new();
        view.conditions = Vec::new();
        views.push(view);
    }
    let Page { limit, offset } = page;
    let response = DeploymentPage { deployments: views, total, limit, offset };
    Ok(Reply::json(StatusCode::OK, &response))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn list() -> Operation {
        Operation::new("listDeployments", "List a project's deployments")
            .description(
                "Newest first, with their current status in the cluster, without their pods and \
                 conditions.",
            )
            .paginated()
            .json_response::<DeploymentPage>(
                200,
                "A page of deployments.",
                examples::page("deployments", examples::deployment_in_list()),
            )
            .calls_cluster()
    }
}
