//! `login`, `logout`, `whoami`, `platforms`, `tokens`.

use crate::help;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(about = help!("Sign in to a platform", "Se connecte à une plateforme"))]
pub struct Login {
    #[arg(
        value_name = "URL",
        help = help!(
            "The platform's address, such as https://nokube.example.com; without it, that of --platform or the default one",
            "L’adresse de la plateforme, comme https://nokube.example.com ; sans elle, celle de --platform ou celle par défaut",
        ),
    )]
    pub url: Option<String>,
    #[arg(long, help = help!("Name the platform, for --platform [default: its host]", "Nomme la plateforme, pour --platform [défaut : son hôte]"))]
    pub name: Option<String>,
    #[arg(
        long,
        help = help!(
            "Sign in with a code that you enter in any browser (device flow)",
            "Se connecte avec un code à saisir dans n’importe quel navigateur (device flow)",
        ),
    )]
    pub device: bool,
    #[arg(
        long, conflicts_with = "device",
        help = help!("Print the address in place of opening a browser", "Affiche l’adresse au lieu d’ouvrir un navigateur"),
    )]
    pub no_browser: bool,
}

#[derive(Debug, Args)]
#[command(about = help!("Sign out: revoke this computer's token and forget it", "Se déconnecte : révoque le jeton de cet ordinateur et l’oublie"))]
pub struct Logout {}

#[derive(Debug, Args)]
#[command(about = help!("Show who is signed in, and where", "Affiche qui est connecté, et où"))]
pub struct Whoami {}

#[derive(Debug, Args)]
#[command(about = help!("List the platforms that this computer knows", "Liste les plateformes connues de cet ordinateur"))]
pub struct Platforms {
    #[command(subcommand)]
    pub command: Option<PlatformsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum PlatformsCommand {
    #[command(about = help!("Make a platform the default one", "Choisit la plateforme par défaut"))]
    Use {
        #[arg(value_name = "NAME", help = help!("The platform's name", "Le nom de la plateforme"))]
        name: String,
    },
    #[command(about = help!(
        "Sign out of a platform and forget its address",
        "Se déconnecte d’une plateforme et oublie son adresse",
    ))]
    Remove {
        #[arg(value_name = "NAME", help = help!("The platform's name", "Le nom de la plateforme"))]
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(about = help!("List, create and revoke API tokens", "Liste, crée et révoque des jetons d’API"))]
pub struct Tokens {
    #[command(subcommand)]
    pub command: Option<TokensCommand>,
}

#[derive(Debug, Subcommand)]
pub enum TokensCommand {
    #[command(about = help!(
        "Create a token for another program, such as CI; it is printed once",
        "Crée un jeton pour un autre programme, comme une CI ; il est affiché une seule fois",
    ))]
    Create(CreateToken),
    #[command(about = help!("Revoke a token", "Révoque un jeton"))]
    Revoke {
        #[arg(value_name = "ID", help = help!("The token's number in `nokube tokens`", "Le numéro du jeton dans `nokube tokens`"))]
        id: u32,
    },
}

#[derive(Debug, Args)]
pub struct CreateToken {
    #[arg(value_name = "NAME", help = help!("What the token is for", "À quoi sert le jeton"))]
    pub name: String,
    #[arg(
        long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',',
        help = help!(
            "What the token may do: read, build, deploy, projects; for administrators also metrics, reconcile",
            "Ce que le jeton permet : read, build, deploy, projects ; pour les administrateurs aussi metrics, reconcile",
        ),
    )]
    pub scopes: Vec<String>,
    #[arg(
        long, value_name = "DAYS",
        help = help!("How many days it is valid [default: 90]", "Combien de jours il est valide [défaut : 90]"),
    )]
    pub days: Option<u32>,
}
