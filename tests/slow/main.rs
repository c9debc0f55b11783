//! End-to-end tests that take longer than `tests/flows`: crashes, orders of webhooks, concurrency, large
//! storage. `make test-slow` runs them. Tests with random samples print their seed when they fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod at_once;
mod clients;
mod concurrency;
mod crash;
mod host_process;
mod lists;
mod load;
mod mutated_webhooks;
mod storage_rows;
mod store_outage;
mod webhook_mutation;
mod webhook_orders;
