//! Projects, their members, and the requests that change them.

mod members;
mod record;
mod request;

pub use members::{MAX_MEMBERS, Member, Members, parse_role};
pub use record::Project;
pub use request::{ProjectRequest, ProjectUpdate};
