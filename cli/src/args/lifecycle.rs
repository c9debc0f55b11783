//! `stop`, `start`, `restart`, `scale`, `resume`, `delete`.

use super::{ServiceName, values::Timeout};
use crate::help;
use clap::Args;

/// Whether a command waits for what it has changed.
#[derive(Clone, Debug, Args)]
pub struct Wait {
    #[arg(long, short, help = help!("Do not wait until it runs", "N’attend pas qu’il fonctionne"))]
    pub detach: bool,
    #[command(flatten)]
    pub timeout: Timeout,
}

/// Whether a command deploys what it has saved.
#[derive(Debug, Args)]
pub struct Redeploy {
    #[arg(long, help = help!("Only save it, do not deploy", "L’enregistre seulement, sans déployer"))]
    pub no_deploy: bool,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
#[command(about = help!("Stop a service: scale it to zero", "Arrête un service : aucun réplica"))]
pub struct Stop {
    #[command(flatten)]
    pub service: ServiceName,
}

#[derive(Debug, Args)]
#[command(about = help!("Start a stopped service", "Démarre un service arrêté"))]
pub struct Start {
    #[command(flatten)]
    pub service: ServiceName,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
#[command(about = help!("Replace a service's pods, one by one", "Remplace les instances d’un service, une par une"))]
pub struct Restart {
    #[command(flatten)]
    pub service: ServiceName,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
#[command(about = help!("Change how many replicas a service has", "Change le nombre de réplicas d’un service"))]
pub struct Scale {
    #[arg(value_name = "SERVICE", help = help!("The service", "Le service"))]
    pub service: String,
    #[arg(
        value_name = "REPLICAS", required_unless_present_any = ["min", "max"], conflicts_with_all = ["min", "max"],
        help = help!("A fixed number of replicas", "Un nombre fixe de réplicas"),
    )]
    pub replicas: Option<u32>,
    #[arg(long, value_name = "N", requires = "max", help = help!("Scale automatically, from N replicas", "Mise à l’échelle automatique, à partir de N réplicas"))]
    pub min: Option<u32>,
    #[arg(long, value_name = "N", requires = "min", help = help!("Scale automatically, to N replicas", "Mise à l’échelle automatique, jusqu’à N réplicas"))]
    pub max: Option<u32>,
    #[command(flatten)]
    pub redeploy: Redeploy,
}

#[derive(Debug, Args)]
#[command(about = help!(
    "Deploy automatically again, after a rollback or a stop has paused that",
    "Reprend le déploiement automatique, suspendu par un retour arrière ou un arrêt",
))]
pub struct Resume {
    #[command(flatten)]
    pub service: ServiceName,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
#[command(about = help!("Delete a service's deployment", "Supprime le déploiement d’un service"))]
pub struct Delete {
    #[arg(value_name = "SERVICE", help = help!("The service", "Le service"))]
    pub service: String,
    #[arg(long, help = help!("Also delete its volume, with its data", "Supprime aussi son volume, avec ses données"))]
    pub volumes: bool,
}
