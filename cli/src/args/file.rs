//! `init`, `import`.

use crate::help;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(about = help!(
    "Write a nokube.toml for this repository",
    "Écrit un nokube.toml pour ce dépôt",
))]
pub struct Init {
    #[command(flatten)]
    pub target: Target,
}

/// Where a nokube.toml is written to.
#[derive(Debug, Args)]
pub struct Target {
    #[arg(long, help = help!("Overwrite an existing nokube.toml", "Remplace un nokube.toml existant"))]
    pub force: bool,
    #[arg(long, value_name = "FILE", help = help!(
        "The file to write, or - for standard output; by default nokube.toml in the root of the repository",
        "Le fichier à écrire, ou - pour la sortie standard ; par défaut nokube.toml à la racine du dépôt",
    ))]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(about = help!(
    "Write a nokube.toml from another file",
    "Écrit un nokube.toml à partir d’un autre fichier",
))]
pub struct Import {
    #[command(subcommand)]
    pub command: ImportCommand,
}

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    #[command(about = help!("Import a Compose file", "Importe un fichier Compose"))]
    Compose {
        #[arg(value_name = "FILE", help = help!(
            "The Compose file, or - for standard input",
            "Le fichier Compose, ou - pour l’entrée standard",
        ))]
        file: PathBuf,
        #[command(flatten)]
        target: Target,
    },
}
