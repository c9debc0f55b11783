//! What the simulated GitHub knows and how it changes: events in, effects out, no I/O and no clock.

pub mod access;
pub mod contract;
pub mod dispatch;
pub mod grants;
pub mod ids;
pub mod life;
pub mod log;
pub mod people;
pub mod registry;
pub mod run;
pub mod world;

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::model::contract::BuilderWorkflow;
use crate::model::grants::Grants;
use crate::model::people::People;
use crate::model::registry::Registry;
use crate::model::run::{Conclusion, Run};
use crate::model::world::World;

/// Where a run waits for its release, so that a test need not depend on time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldAt {
    /// Dispatched, but not to be found yet: GitHub has been seen to take half an hour for that.
    Creation,
    Queued,
    /// While the image is being built: the steps before are done, the others are to come.
    InProgress,
    /// Asked to stop, and still going.
    Cancelling,
}

/// What is to be done outside after a change, in this order.
#[derive(Debug, Clone)]
pub enum Effect {
    Notify(Notice),
    /// Call [`Model::advance`] with these after one step's duration.
    Later {
        run: u64,
        attempt: u32,
        turn: u32,
    },
}

/// Something that GitHub would send a webhook about, with the state at that moment.
#[derive(Debug, Clone)]
pub enum Notice {
    Run { action: &'static str, run: Box<Run>, attempt: u32 },
    Job { action: &'static str, run: Box<Run>, attempt: u32 },
    Package { run: Box<Run>, name: String, tag: String, digest: String, at: Timestamp },
}

impl Notice {
    #[must_use]
    pub fn run(&self) -> &Run {
        match self {
            Self::Run { run, .. } | Self::Job { run, .. } | Self::Package { run, .. } => run,
        }
    }
}

/// The whole state. Its parts change through the functions of [`life`] and [`dispatch`].
#[derive(Debug)]
pub struct Model {
    pub world: World,
    pub registry: Registry,
    pub grants: Grants,
    pub people: People,
    pub workflow: BuilderWorkflow,
    pub hold: Option<HoldAt>,
    /// How the next runs end, instead of what the name of their image says.
    pub outcomes: VecDeque<Conclusion>,
    pub(crate) runs: BTreeMap<u64, Run>,
    pub(crate) next_run: u64,
    pub(crate) next_job: u64,
}

impl Model {
    #[must_use]
    pub fn new(workflow: BuilderWorkflow, started: Timestamp, seed: [u8; 32]) -> Self {
        // Ids grow with the time of the start: a restarted simulation must not hand out an id
        // that the product has on record for another run.
        let base = u64::try_from(started.as_second()).unwrap_or_default();
        Self {
            world: World::new(&workflow.repository),
            registry: Registry::default(),
            grants: Grants::new(seed),
            people: People::new(seed),
            workflow,
            hold: None,
            outcomes: VecDeque::new(),
            runs: BTreeMap::new(),
            next_run: base.saturating_mul(10),
            next_job: base.saturating_mul(25),
        }
    }

    /// Every run, oldest first, hidden ones too.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.runs.values()
    }

    /// A run as GitHub's API shows it: not before it was really created.
    #[must_use]
    pub fn run(&self, repository: &str, id: u64) -> Option<&Run> {
        self.runs
            .get(&id)
            .filter(|run| run.visible && run.repository.eq_ignore_ascii_case(repository))
    }

    /// The run and the attempt that a job belongs to.
    #[must_use]
    pub fn job(&self, repository: &str, id: u64) -> Option<(&Run, u32)> {
        self.runs
            .values()
            .filter(|run| run.visible && run.repository.eq_ignore_ascii_case(repository))
            .find_map(|run| {
                let mut attempts = run.attempts.iter();
                attempts
                    .find(|attempt| attempt.job.as_ref().is_some_and(|job| job.id == id))
                    .map(|attempt| (run, attempt.number))
            })
    }
}
