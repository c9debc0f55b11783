//! Builds: what is asked for, what is known about its runs, what a reader is told, what to do next.

mod again;
mod jobs;
mod plan;
mod request;
mod run;
mod status;
mod view;

pub use again::BuildRequest;
pub use jobs::{JobFacts, JobsDoc, StepFacts};
pub use plan::{Found, Plan, Windows, plan};
pub use request::{BuildRecord, NewBuild, Source};
pub use run::{Ask, Conclusion, Final, Phase, Pushed, RunDoc, RunFacts, RunKey};
pub use status::{Known, Status, Verdict, Wish, failure_code, verdict};
pub use view::{BuildCreated, BuildView, StepStatus, StepView, view};
