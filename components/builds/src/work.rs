//! The items of the work queue.

use crate::{follow::follow, github::GitHub, previews, pushes};
use nokube_domain::work::{BuildTask, Progress, WorkItem};
use nokube_edge::{Result, pushes::PushesOf, store::Store};

/// Processes the item `number`. May be called repeatedly and concurrently.
///
/// # Errors
/// The store failed, or GitHub does not answer: it is to be processed again.
pub async fn process(
    store: &Store,
    github: &GitHub,
    number: u32,
    item: &WorkItem<BuildTask>,
) -> Result<Progress> {
    match &item.task {
        BuildTask::Repository(event) => {
            pushes::process(store, github, number, item.added_at, event).await
        }
        BuildTask::Build(id) => follow(store, github, *id, item.added_at).await,
        BuildTask::Previews { project, service, pull_request } => {
            let of = PushesOf { project: *project, service, pull_request: *pull_request };
            previews::process(store, of, item.added_at).await
        }
    }
}
