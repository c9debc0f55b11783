//! Response types, except those that are domain types themselves. `crates/contract` generates the OpenAPI
//! document from them.

mod builds;
mod deployments;
mod people;
mod platform;
mod projects;

pub use builds::{BuildPage, BuildsByStatus};
pub use deployments::{
    ClusterEvent, ClusterEvents, DeploymentPage, DryRun, DryRunVerdict, FieldChange, Manifests,
    NoLogReason, ObjectVerdict, PodLine, Revisions,
};
pub use people::{
    AuditLogPage, CurrentUser, DeviceCode, IssuedToken, OAuthError, SessionRenewed, Token,
    TokenCreated, TokenPage,
};
pub use platform::{Readiness, ReadinessCheck, RoutePolicy, RouteView, Routes, WebhookResponse};
pub use projects::{MemberView, Members, ProjectPage, ProjectView};
