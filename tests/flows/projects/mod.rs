//! Projects: members, deletion.

mod deletion;
mod members;
