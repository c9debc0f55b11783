//! The end of a preview: its build is cancelled, and the component `deploy` is asked to delete what is deployed.

use super::deployments::look_at;
use crate::{github::GitHub, waiting};
use nokube_domain::{Timestamp, pushes::TargetKey, work::Progress};
use nokube_edge::{
    Result,
    pushes::{LinkedService, build_of},
    store::Store,
    work::WorkQueue,
};

pub struct Ending {
    /// What was built last.
    pub target: TargetKey,
    pub at: Timestamp,
    /// The work item that was added for it: see [`super::add_item`].
    pub item: u32,
}

impl Ending {
    /// Carries it out as far as possible; the rest is done with the work item. `service` is with the pull request.
    ///
    /// # Errors
    /// The store failed.
    pub async fn carry_out(
        self,
        store: &Store,
        github: &GitHub,
        service: &LinkedService,
    ) -> Result<()> {
        let Self { target, at, item } = self;
        if let Some(build) = build_of(store, service.pushes(), &target).await? {
            waiting::supersede(store, github, build, at).await?;
        }
        match look_at(store, service).await? {
            Progress::Done => WorkQueue::builds().remove(store, item).await,
            Progress::Later => Ok(()),
        }
    }
}
