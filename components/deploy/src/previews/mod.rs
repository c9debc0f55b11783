//! Previews: deploys the builds of pull requests, and deletes what is deployed of those that have ended.
//!
//! As for automatic deployment, a private call, a work item and a read only say where to look, and
//! [`nokube_domain::previews`] says what is to be done.

mod deploy;
mod goal;
mod look;

pub use goal::is_wanted;
pub use look::look;
