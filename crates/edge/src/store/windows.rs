//! Counts in windows of time. See [`nokube_domain::window`].

use super::{
    Store,
    keys::{self, Counter, WindowName},
    time_limit::with_time_limit,
};
use crate::{
    error::Result,
    host::now,
    telemetry::{RoundTrip, record_round_trip},
};
use nokube_domain::{
    Timestamp,
    window::{Window, turn_start},
};

/// What is stored about the window that begins at `start`.
pub struct FoundWindow {
    start: i64,
    stored: Option<Window>,
}

impl FoundWindow {
    /// Whether more was counted in it than its limit.
    pub fn is_full(&self) -> bool {
        Window::current(self.stored, self.start).is_some_and(|window| window.is_full())
    }
}

impl Store {
    /// Counts one more in the window that begins at `start`, in seconds since 1970, unless more than `max` were counted
    /// already. Returns whether it is one of the first `max`.
    ///
    /// One read and one write; for the first in a window one of each more, and for the first above `max` one write more.
    /// Later ones above `max` cost one read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_in_window(&self, name: &WindowName, start: i64, max: u32) -> Result<bool> {
        let found = self.find_window(name, start).await?;
        Ok(self.add_to_window(name, &found, max, 1).await? == 1)
    }

    /// The window that begins at `start`: one read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find_window(&self, name: &WindowName, start: i64) -> Result<FoundWindow> {
        Ok(FoundWindow { start, stored: self.get(keys::window(name)).await? })
    }

    /// Counts `by` at once in the window that was found. Returns how many of them are among the first `max`. It costs as
    /// [`Self::count_in_window`], without the read that has found the window.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_to_window(
        &self,
        name: &WindowName,
        found: &FoundWindow,
        max: u32,
        by: u32,
    ) -> Result<u32> {
        let FoundWindow { start, stored } = *found;
        let window = match Window::current(stored, start) {
            Some(window) => window,
            None => {
                let count =
                    self.total(&Counter::window(name, Window::slot_to_read(stored))).await?;
                let window = Window::begin(stored, start, count);
                self.set(keys::window(name), &window).await?;
                window
            }
        };
        if window.is_full() {
            return Ok(0);
        }
        let value = self.add_to_total(&Counter::window(name, window.slot()), by).await?;
        let admitted = window.admitted(value, by, max);
        if admitted < by {
            self.set(keys::window(name), &window.into_full()).await?;
        }
        Ok(admitted)
    }

    /// Whether more was counted in the window that begins at `start` than its limit. Counts nothing; one read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_window_full(&self, name: &WindowName, start: i64) -> Result<bool> {
        Ok(self.find_window(name, start).await?.is_full())
    }

    /// Whether the caller does what was `last` done at that time: of all who read the same time, one does. It stores the
    /// new time first. If its request is interrupted before, another caller does it, a minute later at most.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_first(&self, name: &WindowName, last: Option<Timestamp>) -> Result<bool> {
        self.count_in_window(name, turn_start(last, now()), 1).await
    }

    /// Adds to a counter that is used again, and so can become larger than those of [`Self::increment`].
    pub(super) async fn add_to_total(&self, counter: &Counter, by: u32) -> Result<i64> {
        record_round_trip(RoundTrip::Write);
        with_time_limit("increment", &counter.0, self.0.increment(&counter.0, by)).await
    }

    pub(super) async fn total(&self, counter: &Counter) -> Result<i64> {
        record_round_trip(RoundTrip::Read);
        with_time_limit("count", &counter.0, self.0.count(&counter.0)).await
    }
}
