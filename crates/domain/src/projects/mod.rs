//! Projects, their members and invitations, and the requests that change them.

mod invitation;
mod members;
mod record;
mod request;

pub use invitation::{Assigned, INVITATION_SECONDS, Invitation};
pub use members::{MAX_MEMBERS, Member, MemberRole, MemberRoleName, Members};
pub use record::Project;
pub use request::{CurrentName, HttpsUrl, NewProject, ProjectChange};
