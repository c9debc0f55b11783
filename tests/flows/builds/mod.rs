//! Builds: from the request to the image.

mod builder_workflow;
mod cancel_retry;
mod github_app;
mod github_errors;
mod github_faults;
mod idempotency;
mod lifecycle;
mod lists;
mod logs;
mod recovery;
mod registry;
mod renames_and_limits;
mod submodules;
mod webhooks;
