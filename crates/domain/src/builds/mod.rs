//! Builds: the request, what is known about the workflow runs, the status derived from it, and what
//! to ask GitHub next.

mod checks;
mod error_code;
mod evaluate;
mod final_view_json;
mod jobs;
mod merge;
mod plan;
mod record;
mod render;
mod run;
mod run_record;
mod spec;
mod state;
mod status;
mod view;
mod workflow;

pub use checks::{Directory, FilePath, GitRef};
pub use error_code::ErrorCode;
pub use evaluate::{EvaluatedStatus, LONGEST_WAIT, evaluate_status};
pub use final_view_json::final_view_json;
pub use jobs::{JobState, JobsRecord, StepState};
pub use plan::{BuildTimeouts, CancelMode, Plan, PollFindings, Resume, ResumeAction, plan};
pub use record::BuildRecord;
pub use render::view;
pub use run::{Conclusion, Phase, RunKey, RunState};
pub use run_record::{AttemptRequest, EventSource, FinalView, ImagePushed, RunRecord};
pub use spec::{BuildRequest, BuildSpec, HEAD, NewBuild, Source};
pub use state::{BuildState, CancelRequest};
pub use status::{Status, StepStatus};
pub use view::{BuildCreated, BuildView, StepView};
pub use workflow::BuildWarning;
