//! The control plane that the tests run against: that it is a real one, and what it answers.

mod answers;
mod control_plane;
mod lifecycle;
mod logs;
mod misfortunes;
