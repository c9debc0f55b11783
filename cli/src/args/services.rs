//! `services`, `env`, `secrets`, `previews`.

use super::{OnOff, ServiceName, lifecycle::Redeploy};
use crate::help;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(about = help!("List services, and change what is saved of them", "Liste les services, et change ce qui en est enregistré"))]
pub struct Services {
    #[command(subcommand)]
    pub command: Option<ServicesCommand>,
}

#[derive(Debug, Subcommand)]
pub enum ServicesCommand {
    #[command(about = help!("Show a service", "Affiche un service"))]
    Show {
        #[command(flatten)]
        service: ServiceName,
    },
    #[command(about = help!("Save what a service is built from, and its automation", "Enregistre la source d’un service, et ses automatismes"))]
    Set(Box<SetService>),
    #[command(about = help!("Remove what is saved of a service; builds and deployment stay", "Supprime ce qui est enregistré d’un service ; builds et déploiement restent"))]
    Remove {
        #[arg(value_name = "SERVICE", help = help!("The service", "Le service"))]
        service: String,
    },
}

#[derive(Debug, Args)]
pub struct SetService {
    #[command(flatten)]
    pub service: ServiceName,
    #[arg(long, value_name = "URL", help = help!("The Git repository", "Le dépôt Git"))]
    pub repository: Option<String>,
    #[arg(long, value_name = "BRANCH", help = help!("The branch; '' for the repository's default branch", "La branche ; '' pour la branche par défaut du dépôt"))]
    pub branch: Option<String>,
    #[arg(long, value_name = "DIR", help = help!("The directory to build, relative to the repository", "Le dossier à construire, relatif au dépôt"))]
    pub context: Option<String>,
    #[arg(long, value_name = "PATH", help = help!("Build with this Dockerfile of the repository", "Construit avec ce Dockerfile du dépôt"))]
    pub dockerfile: Option<String>,
    #[arg(long, conflicts_with = "dockerfile", help = help!("Build from source, without a Dockerfile", "Construit depuis le code, sans Dockerfile"))]
    pub buildpacks: bool,
    #[arg(long = "build-arg", value_name = "NAME=VALUE", help = help!("All build arguments, which stay readable in the image; '' for none", "Tous les arguments de build, qui restent lisibles dans l’image ; '' pour aucun"))]
    pub build_args: Vec<String>,
    #[arg(long, value_name = "on|off", help = help!("Fetch Git submodules", "Récupère les sous-modules Git"))]
    pub submodules: Option<OnOff>,
    #[arg(long, value_name = "on|off", help = help!("Fetch the files of Git LFS", "Récupère les fichiers de Git LFS"))]
    pub lfs: Option<OnOff>,
    #[arg(long, value_name = "on|off", help = help!("Build on push", "Construit à chaque push"))]
    pub build_on_push: Option<OnOff>,
    #[arg(long, value_name = "on|off", help = help!("Deploy what a push has built", "Déploie ce qu’un push a construit"))]
    pub deploy_on_build: Option<OnOff>,
    #[arg(long, value_name = "off|build|deploy", value_parser = ["off", "build", "deploy"], help = help!("Previews of pull requests", "Prévisualisations des pull requests"))]
    pub previews: Option<String>,
    #[arg(long, value_name = "on|off", help = help!("Take build and deployment from nokube.toml in the branch", "Prend build et déploiement dans nokube.toml, sur la branche"))]
    pub config_file: Option<OnOff>,
    #[arg(long = "watch-path", value_name = "GLOB", help = help!("Only changes of these files build it on push; '' for its own directory", "Seuls les changements de ces fichiers le construisent à chaque push ; '' pour son propre dossier"))]
    pub watch_paths: Vec<String>,
    #[arg(long = "preview-base-branch", value_name = "BRANCH", help = help!("Only pull requests into these branches have previews; '' for the service's branch", "Seules les pull requests vers ces branches ont une prévisualisation ; '' pour la branche du service"))]
    pub preview_base_branches: Vec<String>,
    #[arg(long = "preview-env", value_name = "NAME=VALUE", help = help!("All variables of previews; '' for none", "Toutes les variables des prévisualisations ; '' pour aucune"))]
    pub preview_env: Vec<String>,
    #[arg(long = "preview-secret", value_name = "NAME", help = help!("The saved secrets that previews get, and so everybody who can push a branch; '' for none", "Les secrets enregistrés donnés aux prévisualisations, et donc à qui peut pousser une branche ; '' pour aucun"))]
    pub preview_secrets: Vec<String>,
}

/// The service as an option, for commands whose positional arguments are something else.
#[derive(Clone, Debug, Default, Args)]
pub struct ServiceOption {
    #[arg(
        long, short, value_name = "SERVICE",
        help = help!("The service; optional if there is only one", "Le service ; facultatif s’il n’y en a qu’un"),
    )]
    pub service: Option<String>,
}

#[derive(Debug, Args)]
#[command(about = help!("List and change a service's environment variables", "Liste et change les variables d’environnement d’un service"))]
pub struct Env {
    #[command(subcommand)]
    pub command: EnvCommand,
}

#[derive(Debug, Subcommand)]
pub enum EnvCommand {
    #[command(about = help!("List the variables", "Liste les variables"))]
    List {
        #[command(flatten)]
        service: ServiceOption,
    },
    #[command(about = help!("Set variables", "Définit des variables"))]
    Set {
        #[arg(value_name = "NAME=VALUE", required = true, help = help!("Variables with their values", "Variables et leurs valeurs"))]
        variables: Vec<String>,
        #[command(flatten)]
        change: Change,
    },
    #[command(about = help!("Remove variables", "Supprime des variables"))]
    Unset {
        #[arg(value_name = "NAME", required = true, help = help!("Names of variables", "Noms de variables"))]
        names: Vec<String>,
        #[command(flatten)]
        change: Change,
    },
    #[command(about = help!("Set the variables of a .env file", "Définit les variables d’un fichier .env"))]
    Import {
        #[arg(value_name = "FILE", help = help!("The file; - is standard input", "Le fichier ; - est l’entrée standard"))]
        file: PathBuf,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    pub service: ServiceOption,
    #[command(flatten)]
    pub redeploy: Redeploy,
}

#[derive(Debug, Args)]
#[command(about = help!("List and change a service's secrets", "Liste et change les secrets d’un service"))]
pub struct Secrets {
    #[command(subcommand)]
    pub command: SecretsCommand,
}

#[derive(Debug, Subcommand)]
pub enum SecretsCommand {
    #[command(about = help!("List the names; the values cannot be read", "Liste les noms ; les valeurs ne sont pas lisibles"))]
    List {
        #[command(flatten)]
        service: ServiceOption,
    },
    #[command(about = help!(
        "Set secrets; the value is read from standard input, or asked for without echo",
        "Définit des secrets ; la valeur est lue sur l’entrée standard, ou demandée sans écho",
    ))]
    Set {
        #[arg(value_name = "NAME", required = true, help = help!("Names of secrets", "Noms de secrets"))]
        names: Vec<String>,
        #[arg(long, help = help!(
            "Take NAME=VALUE from the arguments, which other programs of this computer can read",
            "Prend NOM=VALEUR dans les arguments, que d’autres programmes de cet ordinateur peuvent lire",
        ))]
        from_args: bool,
        #[command(flatten)]
        change: Change,
    },
    #[command(about = help!("Remove secrets", "Supprime des secrets"))]
    Unset {
        #[arg(value_name = "NAME", required = true, help = help!("Names of secrets", "Noms de secrets"))]
        names: Vec<String>,
        #[command(flatten)]
        change: Change,
    },
    #[command(about = help!("Set the secrets of a .env file", "Définit les secrets d’un fichier .env"))]
    Import {
        #[arg(value_name = "FILE", help = help!("The file; - is standard input", "Le fichier ; - est l’entrée standard"))]
        file: PathBuf,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Args)]
#[command(
    about = help!("List the previews of pull requests, approve one", "Liste les prévisualisations des pull requests, en approuve une"),
    subcommand_precedence_over_arg = true,
)]
pub struct Previews {
    #[command(flatten)]
    pub service: ServiceName,
    #[command(subcommand)]
    pub command: Option<PreviewsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum PreviewsCommand {
    #[command(about = help!("Approve the newest commit of a fork's pull request: it is built", "Approuve le dernier commit d’une pull request de fork : il est construit"))]
    Approve {
        #[arg(value_name = "PULL_REQUEST", help = help!("The pull request's number", "Le numéro de la pull request"))]
        number: u32,
        #[arg(long, value_name = "SHA", help = help!("The commit that you have read [default: the newest, after a question]", "Le commit que vous avez lu [défaut : le dernier, après une question]"))]
        commit: Option<String>,
    },
}
