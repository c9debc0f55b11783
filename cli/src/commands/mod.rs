//! The commands, one file or folder each.

pub mod build;
pub mod completions;
pub mod configuration;
pub mod delete;
pub mod deploy;
pub mod deployed;
pub mod doctor;
pub mod env;
pub mod events;
pub mod help;
pub mod import;
pub mod init;
pub mod invitations;
pub mod lifecycle;
pub mod login;
pub mod logout;
pub mod logs;
pub mod man;
pub mod members;
pub mod open;
pub mod platforms;
pub mod previews;
pub mod projects;
pub mod promote;
pub mod rollback;
pub mod secrets;
pub mod services;
pub mod status;
pub mod tokens;
pub mod up;
pub mod whoami;

use crate::{Outcome, Result, args::Command, context::Context};

pub async fn run(context: &Context, command: Command) -> Result<Outcome> {
    match command {
        Command::Login(args) => login::run(context, args).await,
        Command::Logout(args) => logout::run(context, args).await,
        Command::Whoami(args) => whoami::run(context, args).await,
        Command::Platforms(args) => platforms::run(context, args).await,
        Command::Tokens(args) => tokens::run(context, args).await,
        Command::Projects(args) => projects::run(context, args).await,
        Command::Members(args) => members::run(context, args).await,
        Command::Invitations(args) => invitations::run(context, args).await,
        Command::Init(args) => init::run(context, args).await,
        Command::Import(args) => import::run(context, args).await,
        Command::Up(args) => up::run(context, args).await,
        Command::Build(args) => build::run(context, args).await,
        Command::Deploy(args) => deploy::run(context, args).await,
        Command::Services(args) => services::run(context, args).await,
        Command::Status(args) => status::run(context, args).await,
        Command::Logs(args) => logs::run(context, args).await,
        Command::Events(args) => events::run(context, args).await,
        Command::Open(args) => open::run(context, args).await,
        Command::Env(args) => env::run(context, args).await,
        Command::Secrets(args) => secrets::run(context, args).await,
        Command::Rollback(args) => rollback::run(context, args).await,
        Command::Promote(args) => promote::run(context, args).await,
        Command::Stop(args) => lifecycle::stop(context, args).await,
        Command::Start(args) => lifecycle::start(context, args).await,
        Command::Restart(args) => lifecycle::restart(context, args).await,
        Command::Scale(args) => lifecycle::scale(context, args).await,
        Command::Resume(args) => lifecycle::resume(context, args).await,
        Command::Delete(args) => delete::run(context, args).await,
        Command::Previews(args) => previews::run(context, args).await,
        Command::Doctor(args) => doctor::run(context, args).await,
        Command::Completions(args) => completions::run(context, &args),
        Command::Man(args) => man::run(context, &args),
        Command::Help(args) => help::run(context, &args),
    }
}
