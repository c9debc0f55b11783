//! Builds: the request, what is known about the workflow runs, the status derived from it, and what
//! to ask GitHub next.

mod evaluate;
mod jobs;
mod merge;
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

pub use evaluate::{EvaluatedStatus, evaluate_status};
pub use jobs::{JobState, JobsRecord, StepState};
pub use plan::{BuildTimeouts, Plan, PollFindings, plan};
pub use record::BuildRecord;
pub use render::view;
pub use request::BuildRequest;
pub use run::{Conclusion, Phase, RunKey, RunState};
pub use run_record::{AttemptRequest, FinalView, ImagePushed, RunRecord};
pub use spec::{BuildSpec, Source};
pub use state::{BuildState, CancelRequest};
pub use status::{Status, StepStatus};
pub use view::{BuildCreated, BuildView, StepView};
