//! What is special about the components for a hosted Spin (docs/hosted-spin.md): what they import, and what happens at
//! the limits of the host. `make test-hosted` runs these tests, and all flows with these components and limits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod bodies;
mod imports;
mod settings;
