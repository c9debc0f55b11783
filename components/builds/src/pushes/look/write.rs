//! Compares commits, and writes the records that follow.

use super::{Candidate, Occasion, Processing, Repository};
use crate::github::compare;
use futures::future::{Either, join_all, select};
use nokube_domain::{
    pushes::{Comparison, Finding, PushRecord, WatchedPaths},
    repository::CommitSha,
};
use nokube_edge::{Error, Result, pushes, sleep};
use std::{pin::pin, time::Duration};

/// How long a look that may be cut off waits for a comparison. Then everything counts as changed.
const COMPARISON_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Two commits that are compared.
pub type Pair = (CommitSha, CommitSha);

/// A record that is about to be written.
pub struct Next<'a> {
    pub index: usize,
    pub candidate: &'a Candidate,
    pub number: u32,
    pub base: Option<PushRecord>,
    pub finding: Finding,
    pub watched: WatchedPaths,
}

impl Repository<'_> {
    /// Compares two commits once for all services that need it, and writes their records.
    pub async fn write(
        &self,
        pair: Option<Pair>,
        group: Vec<Next<'_>>,
        occasion: &Occasion<'_>,
    ) -> Vec<(usize, Result<()>)> {
        let compared = match &pair {
            None => Ok(Comparison::Everything),
            Some(pair) => self.compare(pair, occasion.processing).await,
        };
        let comparison = match compared {
            Ok(comparison) => comparison,
            Err(error) => {
                let error = format!("{error}");
                let failed = |next: Next<'_>| (next.index, Err(Error::internal("compare", &error)));
                return group.into_iter().map(failed).collect();
            }
        };
        let comparison = &comparison;
        let writes = group.into_iter().map(|next| async move {
            let Next { index, candidate, number, base, finding, watched } = next;
            let look = candidate.look(self.id, number, occasion);
            let record = PushRecord::next(look, base.as_ref(), finding, comparison, &watched);
            let earlier = base.map_or(number.saturating_sub(1), |base| base.number);
            (index, pushes::write(self.store, &candidate.service, &record, earlier).await)
        });
        join_all(writes).await
    }

    /// What changed between two commits.
    async fn compare(&self, (base, head): &Pair, processing: Processing) -> Result<Comparison> {
        let at = self.at();
        self.in_time(compare(self.github, &at, self.is_private(), base, head), processing).await
    }

    /// What is compared. A record that is never written because GitHub is slow, again and again, would cost a number each
    /// time. So only the first request waits as long as GitHub may take.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn in_time(
        &self,
        comparing: impl Future<Output = Result<Comparison>>,
        processing: Processing,
    ) -> Result<Comparison> {
        if processing == Processing::First {
            return comparing.await;
        }
        match select(pin!(comparing), pin!(sleep(COMPARISON_TIMEOUT))).await {
            Either::Left((Err(_), _)) if processing == Processing::Late => {
                Ok(Comparison::Everything)
            }
            Either::Left((compared, _)) => compared,
            Either::Right(_) => Ok(Comparison::Everything),
        }
    }
}
