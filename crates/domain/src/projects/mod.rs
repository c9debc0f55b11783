//! Projects, their members, and the requests that change them.

mod members;
mod record;
mod request;

pub use members::{MAX_MEMBERS, Member, MemberRole, MemberRoleName, Members};
pub use record::Project;
pub use request::{CurrentName, HttpsUrl, NewProject, ProjectChange};
