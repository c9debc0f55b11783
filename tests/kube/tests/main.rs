//! The control plane that the tests run against, and what it answers.

mod answers;
