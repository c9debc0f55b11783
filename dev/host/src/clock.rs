//! The components' wall clock: the machine's plus an offset, so that a test can see a session or a build as
//! it is hours later.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::HostWallClock;

pub(crate) struct ShiftedClock {
    pub offset_seconds: i64,
}

impl HostWallClock for ShiftedClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let offset = Duration::from_secs(self.offset_seconds.unsigned_abs());
        match self.offset_seconds.is_negative() {
            true => now.saturating_sub(offset),
            false => now.saturating_add(offset),
        }
    }
}
