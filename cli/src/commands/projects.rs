//! `nokube projects`.

use crate::{
    Outcome, Result,
    api::{
        projects::{NewProject, Project},
        typed,
    },
    args::projects::{Projects, ProjectsCommand},
    context::Context,
    output::{Table, time},
    text,
};
use serde_json::json;

pub async fn run(context: &Context, args: Projects) -> Result<Outcome> {
    match args.command {
        None => list(context).await?,
        Some(ProjectsCommand::Create { name, description }) => {
            create(context, NewProject { name, description }).await?;
        }
        Some(ProjectsCommand::Delete { name, take_down, volumes }) => {
            delete(context, &name, take_down, volumes).await?;
        }
    }
    Ok(Outcome::Done)
}

async fn list(context: &Context) -> Result<()> {
    let all = context.client().await?.all("/api/v1/projects", "projects").await?;
    if context.output.is_json() {
        context.output.json(&json!({ "projects": all }));
        return Ok(());
    }
    let mut table = Table::new([
        text!("id", "id"),
        text!("project", "projet"),
        text!("role", "rôle"),
        text!("created", "créé"),
        text!("description", "description"),
    ]);
    for project in typed::<Project>(all)? {
        let (name, description) = (project.full_name(), project.description.unwrap_or_default());
        let created = time::ago(project.created_at);
        table.row([
            project.id.to_string().into(),
            name.into(),
            project.role.into(),
            created.into(),
            description.into(),
        ]);
    }
    if table.is_empty() {
        context.output.note(&text!(
            "You have no project. Create one: nokube projects create NAME",
            "Vous n’avez aucun projet. Créez-en un : nokube projects create NOM"
        ));
        return Ok(());
    }
    context.output.table(&table);
    Ok(())
}

async fn create(context: &Context, new: NewProject) -> Result<()> {
    let client = context.client().await?;
    let created = client.post("/api/v1/projects").json(&new)?.receive::<Project>().await?;
    if context.output.is_json() {
        context.output.json(&created.json);
        return Ok(());
    }
    let (name, id) = (created.full_name(), created.id);
    context
        .output
        .print(&text!("Project {name} ({id}) is created.", "Le projet {name} ({id}) est créé."));
    Ok(())
}

async fn delete(context: &Context, name: &str, take_down: bool, volumes: bool) -> Result<()> {
    let project = context.project_named(name).await?;
    let (full_name, id) = (project.full_name(), project.id);
    context.output.confirm(&if volumes {
        text!(
            "Delete project {full_name} with its services, volumes and their data?",
            "Supprimer le projet {full_name} avec ses services, ses volumes et leurs données ?"
        )
    } else if take_down {
        text!(
            "Delete project {full_name} with its services?",
            "Supprimer le projet {full_name} avec ses services ?"
        )
    } else {
        text!("Delete project {full_name}?", "Supprimer le projet {full_name} ?")
    })?;
    let request = context.client().await?.delete(format!("/api/v1/projects/{id}"));
    let answer = request.flag("take_down", take_down).flag("volumes", volumes).send().await;
    answer.map_err(|error| match error.reason() {
        Some("project_in_use") if !take_down => error.next(text!(
            "--take-down also cancels its builds and deletes its deployments.",
            "--take-down annule aussi ses builds et supprime ses déploiements."
        )),
        _ => error,
    })?;
    if context.output.is_json() {
        context.output.json(&json!({ "id": id, "deleted": true }));
    } else {
        context.output.print(&text!(
            "Project {full_name} is deleted.",
            "Le projet {full_name} est supprimé."
        ));
    }
    Ok(())
}
