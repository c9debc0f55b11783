//! Deployments: the request, the stored revisions, the outcome of applying them, and the status.
//!
//! A deployment is a service of a project. Its desired state is stored as numbered, immutable
//! *revisions*. Each one holds the complete desired state: image and configuration, stopped or not, or
//! deleted. The highest number is the current one, so concurrent writes cannot lose the last change.
//! The result of applying a revision to the cluster is stored as an [`OutcomeRecord`].

mod automatic;
mod checks;
mod command;
mod configuration;
mod error_code;
mod evaluate;
mod exposure;
mod external_images;
mod file_configuration;
mod health;
mod host;
mod host_suggestion;
mod image;
mod image_ref;
mod image_suggestion;
mod issue;
mod limits;
mod observed;
mod outcome;
mod promotion;
mod public_host;
mod quantity;
mod quantity_suggestion;
mod reachable;
mod render;
mod request;
mod resources;
mod revision;
mod saved_configuration;
mod saved_secrets;
mod spec;
mod status;
mod variables;
mod view;
mod warnings;

pub use automatic::{
    AfterRollout, AutomaticDeploymentProblem, AutomaticDeploymentState, AutomaticDeployments,
    AutomaticRevision, AutomationPause, Decision, Situation, TargetBuild, after_rollout,
    automation_state, decide, numbers_to_check, overtaken, restored,
};
pub use checks::PodCount;
pub use command::Words;
pub use configuration::{
    Configuration, ExposureType, RevisionView, ServiceConfiguration, configuration,
};
pub use error_code::ErrorCode;
pub use external_images::{ExternalImages, ImagePattern};
pub use file_configuration::FileConfiguration;
pub use host::{DomainPattern, Host, UrlPath};
pub use image::{ImageOrigin, ImagePolicy, ImageSource, ResolvedImage};
pub use image_ref::ImageRef;
pub use issue::Issue;
pub use limits::PlatformLimits;
pub use observed::{KnownRevision, LastObservation, Observation, ObservedState, Progress, Rollout};
pub use outcome::{ApplyOutcome, ObjectError, OutcomeRecord};
pub use promotion::{Promotion, check_promotable};
pub use quantity::{Bytes, Cpu, parse_milli};
pub use reachable::Reachable;
pub use render::{StatusInput, view};
pub use request::{DeploymentRequest, NewDeployment, Rollback};
pub use revision::{
    Cause, Deletion, DeployedState, DeploymentRecord, DesiredState, PromotedFrom, Release,
    RemainingObjects, RetainedRelease, Revision,
};
#[cfg(feature = "schema")]
pub use saved_configuration::NewConfiguration;
pub(crate) use saved_configuration::{NOT_SAVED, check_configuration};
pub use saved_configuration::{
    SavedConfiguration, SavedConfigurationView, SavedDeployment, read_configuration,
};
pub use saved_secrets::{NewSecrets, SavedSecrets, SavedSecretsView, SecretChanges, with_changes};
pub use spec::{
    Address, Check, Exposure, Health, ResourceRequirements, Scaling, ServiceKind, Spec, Volume,
};
pub use status::Status;
pub(crate) use variables::check_entries;
pub use variables::{SecretChange, SecretInput, SecretValue};
pub use view::{ConditionView, DeploymentCreated, DeploymentView, PodView, PreviewOfService};
pub use warnings::{volume_stays, warnings};
