//! Pull requests.

use super::{Api, RepositoryPath};
use crate::Request;

/// How many pull requests are listed. GitHub lists no more on a page.
pub const LISTED_PULL_REQUESTS: usize = 100;

/// How many are listed if those are too long: their texts may have 65,536 characters each.
pub const LISTED_LONG_PULL_REQUESTS: usize = 15;

impl Api {
    /// A pull request, by its number in the repository that it is to be merged into.
    pub fn pull_request(&self, at: impl Into<RepositoryPath>, number: u32, token: &str) -> Request {
        self.get(&format!("{}/pulls/{number}", at.into()), token)
    }

    /// The open pull requests, those that changed last first, at most `count`.
    pub fn open_pull_requests(
        &self,
        at: impl Into<RepositoryPath>,
        count: usize,
        token: &str,
    ) -> Request {
        let path =
            format!("{}/pulls?state=open&sort=updated&direction=desc&per_page={count}", at.into());
        self.get(&path, token)
    }
}
