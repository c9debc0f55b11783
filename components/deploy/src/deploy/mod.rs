//! `POST /api/v1/deploy`, and what it is made of.

mod claims;
pub use claims::{Most, live};
pub mod create;
mod dry_run;
pub use dry_run::PREVIEW;
mod image;
mod place;
mod secrets;
