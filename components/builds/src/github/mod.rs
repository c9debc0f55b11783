//! Sends requests to GitHub and the registry. The crate `nokube-github` builds them and
//! parses the responses.

mod access;
mod branches;
mod client;
mod contents;
mod deployments;
mod installation;
mod installed;
mod log;
mod poll;
pub mod pulls;
mod registry;
mod reports;
mod runs;
mod source;
mod statuses;
mod tokens;

pub use access::{LinkedAccount, may_push, may_read};
pub use branches::{Head, branches, commit, compare, head};
pub use client::GitHub;
pub use contents::config_file;
pub use deployments::{create_deployment, find_deployment, report_deployment_state};
pub use installation::{
    NEEDS_APP, RepositoryState, app_settings, installation_link, repository_state,
};
pub use installed::{ASKED, InstalledRepository, installed_repositories, readable};
pub use log::job_log;
pub use poll::{PollResult, poll};
pub use registry::check_registry;
pub use reports::{NoToken, ReportResult, ReportToken, report_token};
pub use runs::{cancel, dispatch, rerun};
pub use source::{
    PresentSource, check_source, check_source_again, find_present_source, find_readable,
};
pub use statuses::create as create_status;
pub use tokens::Access;
