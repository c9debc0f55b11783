//! The shared state of all routes. Connects the cluster's state to the clock and to its timer.

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
    cluster: Mutex<ClusterState>,
}

impl ServerState {
    pub fn new(options: ClusterOptions, origin: String) -> Self {
        let cluster = Mutex::new(ClusterState::new(options));
        Self { origin, interceptor: Interceptor::default(), cluster }
    }

    /// The cluster's state, at the current time.
    pub fn cluster(&self) -> MutexGuard<'_, ClusterState> {
        let mut cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = SignedDuration::from_secs(cluster.options.clock_offset);
        cluster.now = Timestamp::now().saturating_add(offset).unwrap_or(cluster.now);
        cluster
    }

    /// Runs the controllers and the nodes, one step at a time, forever.
    pub async fn run_controllers(self: Arc<Self>) {
        loop {
            let step = self.cluster().options.step;
            tokio::time::sleep(step.max(MIN_STEP)).await;
            let mut cluster = self.cluster();
            if !cluster.is_paused {
                cluster.run_step();
            }
        }
    }
}
