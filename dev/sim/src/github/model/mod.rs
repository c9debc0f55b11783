//! The state of the simulated GitHub and its changes, without I/O and without a clock. A change
//! returns the effects that its caller has to carry out.

pub mod api_error;
pub mod builder_workflow;
pub mod deployments;
pub mod dispatch;
pub mod events;
pub mod git;
pub mod installations;
pub mod job_log;
pub mod lifecycle;
pub mod pull_request_branches;
pub mod pull_request_changes;
pub mod pull_requests;
pub mod pushes;
pub mod registry;
pub mod reports;
pub mod repositories;
pub mod repository_changes;
pub mod run;
pub mod statuses;
pub mod users;

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use builder_workflow::BuilderWorkflow;
use deployments::Deployments;
pub use events::WebhookEvent;
use installations::Installations;
use pull_requests::StoredPullRequest;
use registry::Registry;
use repositories::Repositories;
use run::{Attempt, Conclusion, WorkflowRun};
use statuses::Statuses;
use users::Users;

/// A point at which workflow runs pause until they are released, so that tests do not depend on time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldPoint {
    /// Dispatched but not shown by the API yet. On GitHub this has taken up to half an hour.
    Creation,
    Queued,
    /// During the step that builds the image.
    InProgress,
    /// A cancel was requested, and the run is not completed yet.
    Cancelling,
}

/// What the caller has to do after a change. Several effects keep their order.
#[derive(Debug, Clone)]
pub enum Effect {
    SendWebhook(WebhookEvent),
    /// Call [`Model::advance`] with these values after the duration of one step.
    ScheduleAdvance {
        run: u64,
        timer_id: u32,
    },
    /// Give the job of the run's latest attempt to the runner, which reports to [`Model::report`].
    StartJob {
        run: u64,
    },
}

/// The whole state. Workflow runs change through the functions of [`lifecycle`] and [`dispatch`].
#[derive(Debug)]
pub struct Model {
    pub repositories: Repositories,
    pub registry: Registry,
    pub installations: Installations,
    pub statuses: Statuses,
    pub deployments: Deployments,
    pub users: Users,
    pub workflow: BuilderWorkflow,
    pub hold_at: Option<HoldPoint>,
    /// Whether a runner outside of the simulation runs the jobs. They are not held then.
    pub has_runner: bool,
    /// Conclusions of the next attempts, instead of those that follow from the image's name.
    pub next_conclusions: VecDeque<Conclusion>,
    /// By the id of the repository that they are for, oldest first.
    pub(super) pull_requests: BTreeMap<u64, Vec<StoredPullRequest>>,
    pub(super) runs: BTreeMap<u64, WorkflowRun>,
    last_run_id: u64,
    last_job_id: u64,
}

impl Model {
    pub fn new(workflow: BuilderWorkflow, started: Timestamp) -> Self {
        // Ids begin at the start time: after a restart of the simulation, an id must not be one
        // that the product has stored for another run.
        let base = u64::try_from(started.as_second()).unwrap_or_default();
        Self {
            repositories: Repositories::new(&workflow.repository),
            registry: Registry::default(),
            installations: Installations::default(),
            statuses: Statuses::default(),
            deployments: Deployments::default(),
            users: Users::default(),
            workflow,
            hold_at: None,
            has_runner: false,
            next_conclusions: VecDeque::new(),
            pull_requests: BTreeMap::new(),
            runs: BTreeMap::new(),
            last_run_id: base.saturating_mul(10),
            last_job_id: base.saturating_mul(25),
        }
    }

    /// All runs, oldest first, including those that the API does not show yet.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &WorkflowRun> {
        self.runs.values()
    }

    /// A run that the API shows.
    pub fn run(&self, id: u64) -> Option<&WorkflowRun> {
        self.runs.get(&id).filter(|run| run.visible)
    }

    /// The run that a job belongs to, and the attempt.
    pub fn job(&self, id: u64) -> Option<(&WorkflowRun, &Attempt)> {
        let runs = self.runs.values().filter(|run| run.visible);
        let mut attempts = runs.flat_map(|run| run.attempts().map(move |attempt| (run, attempt)));
        attempts.find(|(_, attempt)| attempt.job.as_ref().is_some_and(|job| job.id == id))
    }
}
