//! Runs the real program `nokube` as a user does: with arguments, standard input, or in a terminal, on a computer of its
//! own that knows nothing yet.
//!
//! ```ignore
//! let platform = TestPlatform::start().await;
//! let alice = Computer::signed_in(&platform, "alice").await;
//! alice.nokube(["projects", "create", "myapp"]).await.expect(0);
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod computer;
mod finished;
mod program;
mod repository;
mod sign_in;
mod terminal;

pub use computer::{Computer, Run};
pub use finished::Finished;
pub use program::program;
pub use repository::Repository;
pub use sign_in::{Answer, SignIn, approve_device};
pub use terminal::Terminal;
