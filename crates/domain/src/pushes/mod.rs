//! Pushes: what GitHub says about a repository, and what follows for the services that are built from it.
//!
//! A service's pushes are numbered. Each number is taken before GitHub is asked for the head of the branch, so the
//! largest number that was taken after the last push has the branch's last head, in whatever order events arrive. The
//! record under a number is written once; what should be built follows from the newest one.

mod commit;
mod commit_status;
mod config_file;
mod event;
mod next;
mod record;
mod skip;
mod superseded;
mod view;
mod watch;

pub use commit::CommitSummary;
pub(crate) use commit::{plain_text, without_addresses};
pub use commit_status::{CommitState, CommitStatusRecord, DueStatus, status_context};
pub use config_file::{FileContents, FoundFile, RecordedFile};
pub use event::{PushEvent, RepositoryChange, RepositoryEvent};
pub use next::{Comparison, Finding, FoundHead, Look};
pub use record::{PushOutcome, PushRecord, PushTarget, TargetKey};
pub use skip::says_skip;
pub use superseded::{same_commit, superseded_targets};
pub use view::{AutomaticBuilds, CommitStatuses, Decision, PushList, PushView, TargetBuild};
pub use watch::{MAX_WATCH_PATHS, WatchPath, WatchedPaths};
