//! `GET /api/v1/projects/{project}/deployments`: the deployments of a project. Their status comes from
//! one snapshot of the project's namespace, which serves other readers for `deployment_quiet_seconds`.

use crate::{
    cluster::{Cluster, ClusterError, snapshot::fetch_project_snapshot},
    deployment::Deployment,
    status::{Observer, cached, save_observation},
};
use futures::future::try_join_all;
use http::StatusCode;
use nokube_domain::{
    ProjectId, Timestamp,
    cache::{CacheEntry, Freshness},
    deployments::{DeploymentView, Observation, ObservedState},
    page::{MAX_LIMIT, Page},
    projects::{Members, Project},
    responses::DeploymentPage,
};
use nokube_edge::{
    Call, Reply, Result, now, projects,
    store::{CacheRead, Counter, Store, WindowName, keys},
};
use nokube_kube::names;

/// The most deployments of a project whose state is cached.
const MAX_CACHED: usize = MAX_LIMIT as usize;

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["limit", "offset"])?;
    let page = call.page()?;
    let project_id: ProjectId = call.path_parameter("project", "project")?;
    let (store, cluster) = (Store::open().await?, Cluster::new().await?);
    let counter = Counter::deployments(project_id);
    let name = WindowName::observations(project_id);
    let (loaded, total, entry) = futures::join!(
        projects::load(&call, &store, project_id),
        store.count(&counter),
        cached(&store, &name, cluster.settings.quiet_seconds)
    );
    let ((project, members, _), total, entry) = (loaded?, total?, entry?);
    let deployments = load_page(&store, &project, &members, page, total).await?;
    let (observations, by) = observe(&store, &cluster, &project, &deployments, entry).await?;
    let mut views = Vec::new();
    for (deployment, observation) in deployments.iter().zip(&observations) {
        let view = deployment.view(cluster.platform(), observation)?;
        if by == Observer::ThisReader {
            let previous = deployment.last_observation.as_ref();
            save_observation(&store, previous, &view, observation).await;
        }
        views.push(view);
    }
    let Page { limit, offset } = page;
    let significant = views.iter().map(DeploymentView::without_observation_time).collect();
    let significant = DeploymentPage { deployments: significant, total, limit, offset };
    let response = DeploymentPage { deployments: views, total, limit, offset };
    Ok(Reply::json_with_weak_etag(StatusCode::OK, &response, &significant))
}

/// The deployments on a page, without those that were deleted.
async fn load_page(
    store: &Store,
    project: &Project,
    members: &Members,
    page: Page,
    total: u32,
) -> Result<Vec<Deployment>> {
    let deployments = page.numbers(total).map(|number| async move {
        let Some(record) = store.get(keys::deployment(project.id, number)).await? else {
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
    });
    Ok(try_join_all(deployments).await?.into_iter().flatten().collect())
}

/// The state of each deployment in the cluster: the cached one, if all of them are not too old and show the newest
/// changes.
async fn observe(
    store: &Store,
    cluster: &Cluster,
    project: &Project,
    deployments: &[Deployment],
    entry: Option<CacheEntry>,
) -> Result<(Vec<Observation>, Observer)> {
    let seconds = cluster.settings.quiet_seconds;
    if deployments.is_empty() {
        return Ok((Vec::new(), Observer::AnotherReader));
    }
    if seconds == 0 {
        return Ok((observe_now(cluster, project, deployments).await, Observer::ThisReader));
    }
    let freshness = |cached: &Vec<Observation>| {
        let of_each = deployments.iter().map(|deployment| {
            find(cached, deployment).map_or(Freshness::Expired, |found| {
                found.freshness(&deployment.known_revision(), now(), seconds)
            })
        });
        of_each.max().unwrap_or(Freshness::Fresh)
    };
    let read = async |previous: Option<Vec<Observation>>| {
        let observed = observe_now(cluster, project, deployments).await;
        with_other_pages(observed, previous.unwrap_or_default(), now(), seconds)
    };
    let name = WindowName::observations(project.id);
    let (all, by) = match store.read_cached(&name, entry, freshness, read).await? {
        CacheRead::New(all) => (all, Observer::ThisReader),
        CacheRead::Cached(all) => (all, Observer::AnotherReader),
        CacheRead::Pending => (Vec::new(), Observer::AnotherReader),
    };
    let of_page = deployments.iter().map(|deployment| {
        find(&all, deployment).cloned().unwrap_or_else(|| {
            let message = ClusterError::no_answer().message();
            deployment.observation(ObservedState::Unreachable(message))
        })
    });
    Ok((of_page.collect(), by))
}

fn find<'a>(observations: &'a [Observation], deployment: &Deployment) -> Option<&'a Observation> {
    observations.iter().find(|observation| observation.known.deployment_id == deployment.id())
}

/// Reads the project's namespace. Pods are shown for a single deployment only.
async fn observe_now(
    cluster: &Cluster,
    project: &Project,
    deployments: &[Deployment],
) -> Vec<Observation> {
    let namespace = names::namespace(&project.owner, &project.name);
    let snapshot = fetch_project_snapshot(cluster, &namespace, project.id).await;
    let states = deployments.iter().map(|deployment| {
        let state = match &snapshot {
            Ok(snapshot) => snapshot.observed(cluster.platform(), deployment).without_pods(),
            Err(error) => ObservedState::Unreachable(error.message()),
        };
        deployment.observation(state)
    });
    states.collect()
}

/// What was observed of this page, with what others have observed of other pages a moment before.
fn with_other_pages(
    mut observed: Vec<Observation>,
    previous: Vec<Observation>,
    now: Timestamp,
    seconds: i64,
) -> Vec<Observation> {
    let is_of_other_page = |other: &Observation| {
        let id = other.known.deployment_id;
        !observed.iter().any(|observation| observation.known.deployment_id == id)
            && Freshness::of(other.at, now, seconds) != Freshness::Expired
    };
    let others: Vec<_> = previous.into_iter().filter(is_of_other_page).collect();
    observed.extend(others);
    observed.truncate(MAX_CACHED);
    observed
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn list() -> Operation {
        Operation::new("listDeployments", "List a project's deployments")
            .description(
                "Newest first, with their current status in the cluster, without their pods and \
                 conditions. What one reader has read from the cluster serves others for some seconds, \
                 except right after a change.",
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
