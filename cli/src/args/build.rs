//! `build`.

use super::{OnlyService, ServiceName};
use crate::help;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(
    about = help!("Build a service, and look at its builds", "Construit un service, et suit ses builds"),
    subcommand_precedence_over_arg = true,
    args_conflicts_with_subcommands = true,
)]
pub struct Build {
    #[command(subcommand)]
    pub command: Option<BuildCommand>,
    #[command(flatten)]
    pub start: StartBuild,
}

#[derive(Debug, Args)]
pub struct StartBuild {
    #[command(flatten)]
    pub service: ServiceName,
    #[arg(long, value_name = "BRANCH", help = help!("Build this branch [default: the saved one]", "Construit cette branche [défaut : celle enregistrée]"))]
    pub branch: Option<String>,
    #[arg(long, short, help = help!("Do not wait for the end", "N’attend pas la fin"))]
    pub detach: bool,
}

#[derive(Debug, Subcommand)]
pub enum BuildCommand {
    #[command(about = help!("List builds", "Liste les builds"))]
    List {
        #[command(flatten)]
        service: OnlyService,
        #[arg(long, value_name = "STATUS", help = help!("Only those with this status", "Seulement ceux de cet état"))]
        status: Option<String>,
        #[arg(long, value_name = "N", default_value_t = 20, help = help!("How many", "Combien"))]
        limit: u32,
    },
    #[command(about = help!("Show a build", "Affiche un build"))]
    Show(BuildId),
    #[command(about = help!("Cancel a build", "Annule un build"))]
    Cancel(BuildId),
    #[command(about = help!("Build again what failed or was cancelled", "Relance un build échoué ou annulé"))]
    Retry {
        #[command(flatten)]
        build: BuildId,
        #[arg(long, short, help = help!("Do not wait for the end", "N’attend pas la fin"))]
        detach: bool,
    },
    #[command(about = help!("Print the log of a build", "Affiche les logs d’un build"))]
    Logs {
        #[command(flatten)]
        build: BuildId,
        #[arg(long, short, help = help!("Follow it until the build ends", "Les suit jusqu’à la fin du build"))]
        follow: bool,
    },
}

#[derive(Debug, Args)]
pub struct BuildId {
    #[arg(value_name = "BUILD", help = help!("The build's id", "L’identifiant du build"))]
    pub build_id: String,
}
