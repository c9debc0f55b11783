//! Speaks to GitHub and the registry: requests and answers are `nokube-github`'s, here they are sent.

mod ask;
mod client;
mod log;
mod registry;
mod source;

pub use ask::{Facts, ask, cancel, dispatch, rerun};
pub use client::GitHub;
pub use log::job_log;
pub use source::{check_source, may_read};
