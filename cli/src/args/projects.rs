//! `projects`, `members`, `invitations`.

use crate::help;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(about = help!("List, create and delete projects", "Liste, crée et supprime des projets"))]
pub struct Projects {
    #[command(subcommand)]
    pub command: Option<ProjectsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum ProjectsCommand {
    #[command(about = help!("Create a project", "Crée un projet"))]
    Create {
        #[arg(value_name = "NAME", help = help!("Lower-case letters, digits and hyphens", "Minuscules, chiffres et traits d’union"))]
        name: String,
        #[arg(long, value_name = "TEXT", help = help!("What it is for", "À quoi il sert"))]
        description: Option<String>,
    },
    #[command(about = help!("Delete a project", "Supprime un projet"))]
    Delete {
        #[arg(value_name = "NAME", help = help!("NAME, OWNER/NAME or its number", "NOM, PROPRIÉTAIRE/NOM ou son numéro"))]
        name: String,
        #[arg(long, help = help!(
            "Also cancel its builds and delete its deployments",
            "Annule aussi ses builds et supprime ses déploiements",
        ))]
        take_down: bool,
        #[arg(long, requires = "take_down", help = help!(
            "Also delete the volumes, with their data",
            "Supprime aussi les volumes, avec leurs données",
        ))]
        volumes: bool,
    },
}

#[derive(Debug, Args)]
#[command(about = help!("List, invite and remove members of a project", "Liste, invite et retire des membres d’un projet"))]
pub struct Members {
    #[command(subcommand)]
    pub command: Option<MembersCommand>,
}

#[derive(Debug, Subcommand)]
pub enum MembersCommand {
    #[command(about = help!(
        "Invite somebody, or change a member's role",
        "Invite quelqu’un, ou change le rôle d’un membre",
    ))]
    Add {
        #[arg(value_name = "USER", help = help!("The login at GitHub", "L’identifiant GitHub"))]
        user: String,
        #[arg(value_name = "ROLE", value_parser = ["viewer", "developer"], help = help!("The role", "Le rôle"))]
        role: String,
    },
    #[command(about = help!(
        "Remove a member, or withdraw an invitation",
        "Retire un membre, ou une invitation",
    ))]
    Remove {
        #[arg(value_name = "USER", help = help!("The login at GitHub", "L’identifiant GitHub"))]
        user: String,
    },
}

#[derive(Debug, Args)]
#[command(about = help!("List your invitations to projects, accept or decline one", "Liste vos invitations, en accepte ou en refuse une"))]
pub struct Invitations {
    #[command(subcommand)]
    pub command: Option<InvitationsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum InvitationsCommand {
    #[command(about = help!("Accept an invitation", "Accepte une invitation"))]
    Accept {
        #[arg(value_name = "PROJECT", help = help!("NAME, OWNER/NAME or its number", "NOM, PROPRIÉTAIRE/NOM ou son numéro"))]
        project: String,
    },
    #[command(about = help!("Decline an invitation", "Refuse une invitation"))]
    Decline {
        #[arg(value_name = "PROJECT", help = help!("NAME, OWNER/NAME or its number", "NOM, PROPRIÉTAIRE/NOM ou son numéro"))]
        project: String,
    },
}
