//! `status`, `logs`, `events`, `open`.

use super::{OnlyService, ServiceName, values::duration};
use crate::help;
use clap::Args;
use std::time::Duration;

#[derive(Debug, Args)]
#[command(about = help!("Show how services run", "Affiche l’état des services"))]
pub struct Status {
    #[command(flatten)]
    pub service: OnlyService,
}

#[derive(Debug, Args)]
#[command(about = help!("Print a service's log", "Affiche les logs d’un service"))]
pub struct Logs {
    #[command(flatten)]
    pub service: ServiceName,
    #[arg(long, short, help = help!("Follow it", "Les suit"))]
    pub follow: bool,
    #[arg(long, value_name = "BUILD", conflicts_with_all = ["pod", "since", "tail", "previous"], help = help!("The log of this build", "Les logs de ce build"))]
    pub build: Option<String>,
    #[arg(long, value_name = "POD", help = help!("Only this pod", "Seulement cette instance"))]
    pub pod: Option<String>,
    #[arg(long, value_name = "TIME", value_parser = duration, help = help!("Only lines that are not older, such as 90s, 5m, 2h", "Seulement les lignes qui ne sont pas plus anciennes, comme 90s, 5m, 2h"))]
    pub since: Option<Duration>,
    #[arg(long, value_name = "LINES", help = help!("Only the last lines of each pod [default: 200]", "Seulement les dernières lignes de chaque instance [défaut : 200]"))]
    pub tail: Option<u32>,
    #[arg(long, conflicts_with = "follow", help = help!("Of the containers before their last restart", "Des conteneurs avant leur dernier redémarrage"))]
    pub previous: bool,
}

#[derive(Debug, Args)]
#[command(about = help!("List the Kubernetes events of a service", "Liste les événements Kubernetes d’un service"))]
pub struct Events {
    #[command(flatten)]
    pub service: ServiceName,
}

#[derive(Debug, Args)]
#[command(about = help!("Open a service's address in a browser", "Ouvre l’adresse d’un service dans un navigateur"))]
pub struct Open {
    #[command(flatten)]
    pub service: ServiceName,
    #[arg(long, help = help!("Only print the address", "Affiche seulement l’adresse"))]
    pub print: bool,
}
