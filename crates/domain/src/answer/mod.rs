//! What routes answer besides the things themselves: pages of lists, and what is said once. The
//! contract (`crates/contract`) is made from these types.

mod builds;
mod deployments;
mod people;
mod platform;
mod projects;

pub use builds::{BuildPage, BuildsByStatus};
pub use deployments::{
    ClusterEvent, ClusterEvents, DeploymentPage, DryRun, FieldChange, Manifests, NoLog,
    ObjectVerdict, PodLine, Revisions, Trial,
};
pub use people::{
    AuditTrail, DeviceCode, IssuedToken, Me, OAuthProblem, SessionRenewed, Token, TokenCreated,
    TokenPage,
};
pub use platform::{Readiness, ReadinessCheck, RouteDemand, RouteView, Routes, WebhookAnswer};
pub use projects::{MemberView, Members, ProjectPage, ProjectView};
