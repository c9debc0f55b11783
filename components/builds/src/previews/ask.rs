//! Asks GitHub about pull requests: about one, about several, or for the list of the open ones.
//!
//! With `is_readable` false, GitHub is not asked: nobody may read the repository for whom something could be built.

use super::look::PreviewLook;
use crate::{
    github::pulls::{self, Pulls, open_pull_requests, pull_request},
    pushes::Repository,
};
use futures::{StreamExt, TryStreamExt, stream};
use nokube_domain::previews::PullRequest;
use nokube_edge::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Pull requests of the list of open ones that are looked at: those that changed last.
const MAX_LISTED: usize = 30;
/// From this number of pull requests on, the list is asked for.
const ASKED_AS_LIST: usize = 4;
const ASKED_AT_ONCE: usize = 8;

/// Pull requests as GitHub shows them now; `None` for one that is gone.
pub type PullRequests = BTreeMap<u32, Option<PullRequest>>;

impl PreviewLook<'_> {
    /// The open pull requests, and the numbers of those that changed last. `None` if they cannot be read.
    pub async fn list(&self, is_readable: bool) -> Result<Option<(PullRequests, Vec<u32>)>> {
        if !is_readable {
            return Ok(Some((PullRequests::new(), Vec::new())));
        }
        let Repository { github, .. } = self.repository;
        let (at, private) = (self.repository.at(), self.repository.is_private());
        let open = open_pull_requests(github, &at, private).await?;
        let Some(open) = self.permitted(open).await? else { return Ok(None) };
        let listed = open.iter().map(|open| open.number).take(MAX_LISTED).collect();
        Ok(Some((open.into_iter().map(|open| (open.number, Some(open))).collect(), listed)))
    }

    /// These pull requests as they are now. `None` if they cannot be read.
    pub async fn ask(
        &self,
        numbers: &BTreeSet<u32>,
        is_readable: bool,
    ) -> Result<Option<PullRequests>> {
        if numbers.len() < ASKED_AS_LIST {
            return self.ask_by_number(numbers, is_readable).await;
        }
        let Some((mut present, _)) = self.list(is_readable).await? else { return Ok(None) };
        let missing = numbers.iter().copied().filter(|number| !present.contains_key(number));
        let missing = missing.collect();
        let others = self.ask_by_number(&missing, is_readable).await?;
        Ok(others.map(|others| {
            present.extend(others);
            present
        }))
    }

    /// As [`Self::ask`], each by its number.
    pub async fn ask_by_number(
        &self,
        numbers: &BTreeSet<u32>,
        is_readable: bool,
    ) -> Result<Option<PullRequests>> {
        if !is_readable {
            return Ok(Some(PullRequests::new()));
        }
        let Repository { github, .. } = self.repository;
        let (at, private) = (&self.repository.at(), self.repository.is_private());
        let asked = numbers.iter().map(|number| async move {
            let found = pull_request(github, at, private, *number).await?;
            Ok::<_, Error>((*number, found))
        });
        let asked: Vec<_> =
            stream::iter(asked).buffer_unordered(ASKED_AT_ONCE).try_collect().await?;
        let mut present = PullRequests::new();
        for (number, found) in asked {
            let Some(found) = self.permitted(found).await? else { return Ok(None) };
            present.insert(number, found);
        }
        Ok(Some(present))
    }

    /// What GitHub has said; `None`, which is noted, if it may not be read. One read.
    async fn permitted<T>(&self, found: Pulls<T>) -> Result<Option<T>> {
        let found = match found {
            Pulls::Found(found) => Some(found),
            Pulls::NotPermitted => None,
        };
        pulls::note(self.store(), self.repository.id, found.is_some()).await?;
        Ok(found)
    }
}
