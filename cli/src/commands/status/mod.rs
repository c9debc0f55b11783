//! `nokube status`: a service, or all of the project.

pub mod automation;
mod pods;
mod project;
pub mod service;

use crate::{Outcome, Result, args::observe::Status, context::Context};

pub async fn run(context: &Context, args: Status) -> Result<Outcome> {
    match args.service.service {
        Some(service) => service::run(context, &service).await,
        None => project::run(context).await,
    }
}
