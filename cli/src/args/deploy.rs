//! `up`, `deploy`, `rollback`, `promote`.

use super::{ServiceName, lifecycle::Wait, values::Timeout};
use crate::help;
use clap::Args;

#[derive(Debug, Args)]
#[command(about = help!(
    "Build what is pushed, and deploy it: the services of nokube.toml",
    "Construit ce qui est poussé, et le déploie : les services de nokube.toml",
))]
pub struct Up {
    #[arg(value_name = "SERVICE", help = help!("Only these services", "Seulement ces services"))]
    pub services: Vec<String>,
    #[arg(long, help = help!(
        "Build the pushed commit, even with uncommitted or unpushed work",
        "Construit le commit poussé, même avec du travail non validé ou non poussé",
    ))]
    pub pushed: bool,
    #[arg(long, help = help!("Show what would change, and change nothing", "Montre ce qui changerait, sans rien changer"))]
    pub dry_run: bool,
    #[arg(long, short, help = help!("Only start the builds; nothing is deployed", "Lance seulement les builds ; rien n’est déployé"))]
    pub detach: bool,
    #[arg(long, value_name = "REMOTE", help = help!("The Git remote to build from", "Le dépôt distant Git à construire"))]
    pub remote: Option<String>,
    #[command(flatten)]
    pub timeout: Timeout,
}

#[derive(Debug, Args)]
#[command(about = help!("Deploy a service", "Déploie un service"))]
pub struct Deploy {
    #[command(flatten)]
    pub service: ServiceName,
    #[arg(long, value_name = "BUILD", help = help!("Deploy this build [default: the newest that succeeded]", "Déploie ce build [défaut : le dernier réussi]"))]
    pub build: Option<String>,
    #[arg(long, value_name = "IMAGE", conflicts_with = "build", help = help!("Deploy an image of another registry", "Déploie une image d’un autre registre"))]
    pub image: Option<String>,
    #[arg(long, help = help!("Show what would change, and change nothing", "Montre ce qui changerait, sans rien changer"))]
    pub dry_run: bool,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
#[command(about = help!("Deploy an earlier release again", "Revient à une révision antérieure"))]
pub struct Rollback {
    #[command(flatten)]
    pub service: ServiceName,
    #[arg(long, value_name = "REVISION", help = help!("The release's revision [default: the one before]", "La révision [défaut : la précédente]"))]
    pub to: Option<u32>,
    #[arg(long, help = help!("List the releases, and change nothing", "Liste les révisions, sans rien changer"))]
    pub list: bool,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
#[command(about = help!("Deploy a service's release in another project", "Déploie dans un autre projet ce qui tourne"))]
pub struct Promote {
    #[arg(value_name = "SERVICE", help = help!("The service whose release is promoted", "Le service à promouvoir"))]
    pub service: String,
    #[arg(long, value_name = "PROJECT[/SERVICE]", help = help!("Where to deploy it", "Où le déployer"))]
    pub to: String,
    #[arg(long, help = help!("Show what would change, and change nothing", "Montre ce qui changerait, sans rien changer"))]
    pub dry_run: bool,
    #[command(flatten)]
    pub wait: Wait,
}
