//! Services: what is saved to build a service from, and how the API shows it.

mod config_file;
mod linked;
mod record;
mod request;
mod view;

pub use config_file::{COMES_FROM_FILE, ConfigFileView};
pub(crate) use config_file::{read_source, source_fields};
pub use linked::LinkedBy;
pub(crate) use record::DOCKERFILE_FIELDS;
pub use record::{NewSavedSource, SavedSource, ServiceRecord};
#[cfg(feature = "schema")]
pub use request::SourceChange;
pub use request::{NewAutomation, NewService};
pub use view::{Builder, LastBuild, ServicePage, ServiceView, SourceDetail, SourceView};

/// Names of services that a project may save ever, for each service that it may have saved at once. Their records are
/// kept, so this limits how many there are.
pub const NAMES_PER_SERVICE: u32 = 10;
