//! Sends requests to GitHub and the registry. The crate `nokube-github` builds them and
//! parses the responses.

mod client;
mod log;
mod poll;
mod registry;
mod runs;
mod source;

pub use client::GitHub;
pub use log::job_log;
pub use poll::{PollResult, poll};
pub use registry::check_registry;
pub use runs::{cancel, dispatch, rerun};
pub use source::{PresentSource, check_source, check_source_again, find_present_source};
