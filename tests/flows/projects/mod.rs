//! Projects: members, invitations, deletion.

mod deletion;
mod invitations;
mod members;
