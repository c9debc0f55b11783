//! GitHub shows at the commits where they are deployed: the component `deploy` asks for it, and the store says what has
//! become of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod at_once;
#[path = "../support/github_app.rs"]
mod github_app;
mod life;
mod permissions;
mod story;
