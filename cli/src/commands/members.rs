//! `nokube members`.

use crate::{
    Outcome, Result,
    api::{
        projects::{MemberRole, Members as Listed},
        segment,
    },
    args::projects::{Members, MembersCommand},
    context::Context,
    output::{Style, Table, table::Cell, time},
    text,
};
use serde_json::json;

pub async fn run(context: &Context, args: Members) -> Result<Outcome> {
    match args.command {
        None => list(context).await?,
        Some(MembersCommand::Add { user, role }) => add(context, &user, role).await?,
        Some(MembersCommand::Remove { user }) => remove(context, &user).await?,
    }
    Ok(Outcome::Done)
}

async fn list(context: &Context) -> Result<()> {
    let project = context.project().await?.id;
    let request = context.client().await?.get(format!("/api/v1/projects/{project}/members"));
    let listed = request.receive::<Listed>().await?;
    if context.output.is_json() {
        context.output.json(&listed.json);
        return Ok(());
    }
    let mut table =
        Table::new([text!("user", "utilisateur"), text!("role", "rôle"), String::new()]);
    for member in &listed.members {
        let issuer = member.issuer.clone().unwrap_or_default();
        table.row([member.username.as_str().into(), member.role.as_str().into(), issuer.into()]);
    }
    for invitation in &listed.invitations {
        let expires = time::ago(invitation.expires_at);
        let note = text!("invited, expires {expires}", "invité, expire {expires}");
        let note = Cell::styled(note, Style::Faint);
        table.row([invitation.username.as_str().into(), invitation.role.as_str().into(), note]);
    }
    context.output.table(&table);
    Ok(())
}

async fn add(context: &Context, user: &str, role: String) -> Result<()> {
    let project = context.project().await?;
    let name = project.full_name();
    let path = format!("/api/v1/projects/{}/members/{}", project.id, segment(user));
    let body = MemberRole { role: role.clone() };
    let answer = context.client().await?.put(path).json(&body)?.send().await?;
    if context.output.is_json() {
        context.output.json(&answer.json()?);
        return Ok(());
    }
    context.output.print(&if answer.status == reqwest::StatusCode::CREATED {
        text!(
            "{user} is invited to {name} as {role}. The invitation is open for a week.",
            "{user} est invité au projet {name} comme {role}. L’invitation est ouverte une semaine."
        )
    } else {
        text!("{user} is {role} in {name}.", "{user} est {role} dans {name}.")
    });
    Ok(())
}

async fn remove(context: &Context, user: &str) -> Result<()> {
    let project = context.project().await?;
    let name = project.full_name();
    context.output.confirm(&text!("Remove {user} from {name}?", "Retirer {user} de {name} ?"))?;
    let path = format!("/api/v1/projects/{}/members/{}", project.id, segment(user));
    context.client().await?.delete(path).send().await?;
    if context.output.is_json() {
        context.output.json(&json!({ "username": user, "removed": true }));
    } else {
        context
            .output
            .print(&text!("{user} is removed from {name}.", "{user} est retiré de {name}."));
    }
    Ok(())
}
