//! `doctor`, `completions`, `man`, `help`.

use crate::help;
use clap::Args;
use clap_complete::Shell;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(about = help!("Check a platform, and say what is wrong and what to do", "Vérifie une plateforme, et dit ce qui ne va pas et que faire"))]
pub struct Doctor {
    #[arg(long, help = help!(
        "Check as the platform's operator, with its settings: why /ready fails, the GitHub App, lost webhooks",
        "Vérifie comme exploitant de la plateforme, avec ses réglages : pourquoi /ready échoue, l’application GitHub, les webhooks perdus",
    ))]
    pub operator: bool,
    #[arg(long, value_name = "FILE", help = help!(
        "With --operator: a file with the platform's settings [default: .env, else that of `make run`]",
        "Avec --operator : un fichier avec les réglages de la plateforme [défaut : .env, sinon celui de `make run`]",
    ))]
    pub env_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = help!(
        "With --operator: the manifest that declares the settings [default: that of this version]",
        "Avec --operator : le manifeste qui déclare les réglages [défaut : celui de cette version]",
    ))]
    pub manifest: Option<PathBuf>,
    #[arg(long, help = help!(
        "With --operator: request that GitHub sends lost webhooks again",
        "Avec --operator : demande à GitHub de renvoyer les webhooks perdus",
    ))]
    pub redeliver: bool,
}

#[derive(Debug, Args)]
#[command(about = help!("Print a script that completes commands in your shell", "Affiche un script qui complète les commandes dans votre shell"))]
pub struct Completions {
    #[arg(value_name = "SHELL", help = help!("The shell", "Le shell"))]
    pub shell: Shell,
}

#[derive(Debug, Args)]
#[command(about = help!("Print the manual page, or write all of them", "Affiche la page de manuel, ou les écrit toutes"))]
pub struct Man {
    #[arg(value_name = "DIR", help = help!("Write a page for each command into this directory", "Écrit une page pour chaque commande dans ce dossier"))]
    pub dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(about = help!("Print the help of a command", "Affiche l’aide d’une commande"))]
pub struct Help {
    #[arg(value_name = "COMMAND", help = help!("The command", "La commande"))]
    pub command: Vec<String>,
}
