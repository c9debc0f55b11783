//! Joins the cluster's model to the outside: the clock, the steps, the requests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::model::Model;
use super::options::ClusterOptions;
use crate::control::traffic::Traffic;

/// Shared by every route; held by [`super::Cluster`].
pub struct ClusterHub {
    /// `http://host:port`
    pub origin: String,
    pub traffic: Traffic,
    /// Seconds by which the clock is ahead. Not in the model, so that the time can be asked for
    /// while that is locked.
    clock_offset: AtomicI64,
    model: Mutex<Model>,
}

impl ClusterHub {
    pub fn new(options: ClusterOptions, origin: String) -> Self {
        let clock_offset = AtomicI64::new(options.clock_offset);
        let model = Model::new(options, Timestamp::now());
        Self { origin, traffic: Traffic::default(), clock_offset, model: Mutex::new(model) }
    }

    pub fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now(&self) -> Timestamp {
        let offset = self.clock_offset.load(Ordering::SeqCst);
        let now = Timestamp::now();
        now.saturating_add(SignedDuration::from_secs(offset)).unwrap_or(now)
    }

    pub fn set_clock_offset(&self, seconds: i64) {
        self.clock_offset.store(seconds, Ordering::SeqCst);
    }

    /// Lets the controllers and the nodes go on, step by step.
    pub async fn run(self: Arc<Self>) {
        loop {
            let step = self.model().step_time;
            tokio::time::sleep(step.max(std::time::Duration::from_millis(1))).await;
            let now = self.now();
            let mut model = self.model();
            if !model.hold {
                model.step(now);
            }
        }
    }
}
