//! `nokube build`.

mod list;
mod show;
pub mod start;

use crate::{
    Outcome, Result,
    args::{
        ServiceName,
        build::{Build, BuildCommand, BuildId},
        observe::Logs,
    },
    commands::logs,
    context::Context,
};

pub async fn run(context: &Context, args: Build) -> Result<Outcome> {
    match args.command {
        None => start::run(context, args.start).await,
        Some(BuildCommand::List { service, status, limit }) => {
            list::run(context, service.service.as_deref(), status.as_deref(), limit).await
        }
        Some(BuildCommand::Show(BuildId { build_id })) => show::run(context, &build_id).await,
        Some(BuildCommand::Cancel(BuildId { build_id })) => start::cancel(context, &build_id).await,
        Some(BuildCommand::Retry { build, detach }) => {
            start::retry(context, &build.build_id, detach).await
        }
        Some(BuildCommand::Logs { build, follow }) => {
            let build = Some(build.build_id);
            let service = ServiceName::default();
            let (pod, since, tail, previous) = (None, None, None, false);
            logs::run(context, Logs { service, follow, build, pod, since, tail, previous }).await
        }
    }
}
