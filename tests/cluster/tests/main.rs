#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod autoscaling;
mod backups;
mod builds;
mod failures;
mod networks;
mod outages;
mod previews;
mod rollouts;
mod spinkube;
mod storage;
