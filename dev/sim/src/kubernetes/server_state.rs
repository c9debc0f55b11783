//! The shared state of all routes. Connects the cluster's state to the clock and to its timer.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::options::ClusterOptions;
use super::state::ClusterState;
use crate::traffic::interceptor::Interceptor;

const MIN_STEP: Duration = Duration::from_millis(1);

pub struct ServerState {
    /// `http://host:port`
    pub origin: String,
    pub interceptor: Interceptor,
    /// How many seconds the clock is ahead. Not in the cluster's state, so that the time can be read
    /// while that is locked.
    clock_offset: AtomicI64,
    cluster: Mutex<ClusterState>,
}

impl ServerState {
    pub fn new(options: ClusterOptions, origin: String) -> Self {
        let clock_offset = AtomicI64::new(options.clock_offset);
        let cluster = Mutex::new(ClusterState::new(options, Timestamp::now()));
        Self { origin, interceptor: Interceptor::default(), clock_offset, cluster }
    }

    pub fn cluster(&self) -> MutexGuard<'_, ClusterState> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now(&self) -> Timestamp {
        let offset = self.clock_offset.load(Ordering::SeqCst);
        let now = Timestamp::now();
        now.saturating_add(SignedDuration::from_secs(offset)).unwrap_or(now)
    }

    pub fn set_clock_offset(&self, seconds: i64) {
        self.clock_offset.store(seconds, Ordering::SeqCst);
    }

    /// Runs the controllers and the nodes, one step at a time, forever.
    pub async fn run_controllers(self: Arc<Self>) {
        loop {
            let step = self.cluster().step;
            tokio::time::sleep(step.max(MIN_STEP)).await;
            let now = self.now();
            let mut cluster = self.cluster();
            if !cluster.is_paused {
                cluster.run_step(now);
            }
        }
    }
}
