//! `nokube logs`.

mod build;
mod pods;
mod resume;
mod stream;
#[cfg(test)]
mod tests;

use crate::{Outcome, Result, args::observe::Logs, context::Context};

pub async fn run(context: &Context, args: Logs) -> Result<Outcome> {
    match &args.build {
        Some(build) => build::run(context, build, args.follow).await,
        None => pods::run(context, &args).await,
    }
}
