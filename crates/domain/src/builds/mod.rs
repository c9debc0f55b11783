//! Builds: the request, what is known about the workflow runs, the status derived from it, and what
//! to ask GitHub next.

mod checks;
mod error_code;
mod evaluate;
mod final_view_json;
mod jobs;
mod list_position;
mod merge;
mod merged_list;
mod plan;
mod record;
mod render;
mod request;
mod run;
mod run_record;
mod spec;
mod state;
mod status;
mod view;
mod workflow;

pub(crate) use checks::is_dockerfile_of;
pub use checks::{Directory, FilePath, GitRef};
pub use error_code::ErrorCode;
pub use evaluate::{EvaluatedStatus, LONGEST_CAPACITY_WAIT, LONGEST_WAIT, evaluate_status};
pub use final_view_json::final_view_json;
pub use jobs::{JobState, JobsRecord, StepState};
pub use list_position::{
    InvalidPosition, ListPosition, MAX_MERGED_PROJECTS, ProjectNumber, ProjectNumbers,
};
pub use merged_list::{BuildFilter, MergedList};
pub use plan::{
    BuildTimeouts, CancelMode, Plan, PollFindings, Resume, ResumeAction, WaitingAction, plan,
};
pub use record::{BuildRecord, PushTrigger, Trigger};
pub use render::view;
pub use request::{NewBuild, NewSource};
pub use run::{Conclusion, Phase, RunKey, RunState};
pub use run_record::{AttemptRequest, EventSource, FinalView, ImagePushed, RunRecord};
pub use spec::{BuildRequest, BuildSpec, HEAD, Source};
pub use state::{BuildState, CancelRequest};
pub use status::{Status, StepStatus};
pub use view::{BuildCreated, BuildView, StepView};
pub use workflow::BuildWarning;
