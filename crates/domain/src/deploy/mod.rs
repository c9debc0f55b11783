//! Deployments: what is asked for, what is kept of it, and what a reader is told.
//!
//! A deployment is a service of a project. Everything that is ever wanted of it is a *revision*: an
//! immutable, numbered record of the whole wish (image and configuration, stopped or not, or that it
//! be gone). The highest number counts, so no order of writes can lose the last wish. What the
//! cluster made of a revision is an [`Outcome`], a join.

mod configuration;
mod image;
mod network;
mod outcome;
mod quantity;
mod request;
mod revision;
mod spec;
mod variables;
mod view;

pub use configuration::{Configuration, ExposureType, RevisionView, configuration};
pub use image::{ImageAsked, ImageName, ImagePolicy, ImageUsed, Origin};
pub use network::{DomainPattern, Host, UrlPath};
pub use outcome::{ObjectFault, Outcome, OutcomeDoc};
pub use quantity::{Bytes, Cpu};
pub use request::{NewDeployment, Offer};
pub use revision::{
    Cause, DeploymentRecord, Gone, Kept, Release, Remains, Revision, Run, Wish, parse_rollback,
};
pub use spec::{At, Check, Exposure, Health, Scaling, ServiceKind, Share, Spec, Volume};
pub use variables::{SecretText, SecretWanted};
pub use view::{
    ConditionView, DeploymentCreated, DeploymentView, Known, LastSeen, Observed, PodView, Progress,
    Rollout, Status, view,
};
