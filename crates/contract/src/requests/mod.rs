//! What requests hold, as types. The readers in `domain` take field by field, to name every fault at
//! once; a test keeps the two equal.

mod build;
mod deployment;
mod others;

pub use build::NewBuild;
pub use deployment::NewDeployment;
pub use others::{
    DeviceGrant, MemberRole, MemberRoleName, NewProject, NewToken, ProjectChange, RefreshGrant,
    Rollback, TokenExchangeGrant, TokenRequest, TokenScope,
};
