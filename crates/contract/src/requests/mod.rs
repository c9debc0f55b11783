//! The schemas of request bodies, as types. The parsers in `nokube_domain` read field by field, so that they
//! can report all invalid fields at once; `tests/requests.rs` checks that schemas and parsers agree.

mod api_token;
mod build;
mod deployment;
mod project;
mod token_grant;

pub use api_token::{NewToken, TokenScope};
pub use build::NewBuild;
pub use deployment::{NewDeployment, Rollback};
pub use project::{MemberRole, MemberRoleName, NewProject, ProjectChange};
pub use token_grant::{DeviceGrant, RefreshGrant, TokenExchangeGrant, TokenRequest};
