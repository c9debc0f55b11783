//! The command line's arguments. Help texts are in both languages, by [`help!`](crate::help).

pub mod account;
pub mod build;
pub mod deploy;
pub mod file;
pub mod lifecycle;
pub mod observe;
pub mod projects;
pub mod services;
pub mod tools;
pub mod usage;
pub mod values;

#[cfg(test)]
mod tests;

pub use values::{OnOff, OnlyService, ServiceName};

use crate::help;
use clap::{ArgAction, Args, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    name = "nokube",
    version,
    about = help!(
        "Build services from Git and run them on Kubernetes",
        "Construit des services depuis Git et les exécute sur Kubernetes",
    ),
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    subcommand_help_heading = help!("Commands", "Commandes"),
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalOptions,
    #[command(subcommand)]
    pub command: Command,
}

/// The options of every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = help!("Global options", "Options globales"))]
pub struct GlobalOptions {
    #[arg(
        long, global = true, value_name = "NAME|URL",
        help = help!(
            "The platform: a name of `nokube platforms`, or an address [env: NOKUBE_PLATFORM, NOKUBE_URL]",
            "La plateforme : un nom de `nokube platforms`, ou une adresse [env: NOKUBE_PLATFORM, NOKUBE_URL]",
        ),
    )]
    pub platform: Option<String>,
    #[arg(
        long, global = true, value_name = "PROJECT", env = "NOKUBE_PROJECT", hide_env_values = true,
        help = help!("The project: NAME, OWNER/NAME or its number", "Le projet : NOM, PROPRIÉTAIRE/NOM ou son numéro"),
    )]
    pub project: Option<String>,
    #[arg(long, global = true, help = help!("Print the result as JSON", "Affiche le résultat en JSON"))]
    pub json: bool,
    #[arg(long, global = true, help = help!("Print without colour [env: NO_COLOR]", "Affiche sans couleur [env: NO_COLOR]"))]
    pub no_color: bool,
    #[arg(long, short, global = true, help = help!("Answer questions with yes", "Répond oui aux questions"))]
    pub yes: bool,
    #[arg(long, short, global = true, help = help!("Print the requests to standard error", "Affiche les requêtes sur la sortie d’erreur"))]
    pub verbose: bool,
    #[arg(long, short, global = true, action = ArgAction::Help, help = help!("Print help", "Affiche l’aide"))]
    help: Option<bool>,
    #[arg(long, short = 'V', action = ArgAction::Version, help = help!("Print the version", "Affiche la version"))]
    version: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Login(account::Login),
    Logout(account::Logout),
    Whoami(account::Whoami),
    Platforms(account::Platforms),
    Tokens(account::Tokens),
    Projects(projects::Projects),
    Members(projects::Members),
    Invitations(projects::Invitations),
    Init(file::Init),
    Import(file::Import),
    Up(deploy::Up),
    Build(build::Build),
    Deploy(deploy::Deploy),
    Services(services::Services),
    Status(observe::Status),
    Logs(observe::Logs),
    Events(observe::Events),
    Open(observe::Open),
    Env(services::Env),
    Secrets(services::Secrets),
    Rollback(deploy::Rollback),
    Promote(deploy::Promote),
    Stop(lifecycle::Stop),
    Start(lifecycle::Start),
    Restart(lifecycle::Restart),
    Scale(lifecycle::Scale),
    Resume(lifecycle::Resume),
    Delete(lifecycle::Delete),
    Previews(services::Previews),
    Doctor(tools::Doctor),
    Completions(tools::Completions),
    Man(tools::Man),
    Help(tools::Help),
}
