//! `nokube invitations`.

use crate::{
    Error, Outcome, Result,
    api::{
        Received,
        projects::{ReceivedInvitation, ReceivedInvitations},
    },
    args::projects::{Invitations, InvitationsCommand},
    context::Context,
    output::{Table, time},
    text,
};
use serde_json::json;

const PATH: &str = "/api/v1/invitations";

pub async fn run(context: &Context, args: Invitations) -> Result<Outcome> {
    let client = context.client().await?;
    let received: Received<ReceivedInvitations> = client.get(PATH).receive().await?;
    let (named, accept) = match args.command {
        None => {
            list(context, &received);
            return Ok(Outcome::Done);
        }
        Some(InvitationsCommand::Accept { project }) => (project, true),
        Some(InvitationsCommand::Decline { project }) => (project, false),
    };
    let invitation = find(&received.invitations, &named)?;
    let path = format!("{PATH}/{}", invitation.project_id);
    if accept {
        client.post(format!("{path}/accept")).send().await?;
    } else {
        client.delete(path).send().await?;
    }
    let (name, role) = (invitation.full_name(), &invitation.role);
    if context.output.is_json() {
        context.output.json(&json!({ "project_id": invitation.project_id, "accepted": accept }));
    } else if accept {
        context.output.print(&text!("You are {role} in {name}.", "Vous êtes {role} dans {name}."));
    } else {
        let text = text!(
            "The invitation to {name} is declined.",
            "L’invitation au projet {name} est refusée."
        );
        context.output.print(&text);
    }
    Ok(Outcome::Done)
}

fn list(context: &Context, received: &Received<ReceivedInvitations>) {
    let output = &context.output;
    if output.is_json() {
        output.json(&received.json);
        return;
    }
    if received.invitations.is_empty() {
        output.note(&text!("You have no invitation.", "Vous n’avez aucune invitation."));
        return;
    }
    let mut table = Table::new([
        text!("project", "projet"),
        text!("role", "rôle"),
        text!("invited by", "invité par"),
        text!("expires", "expire"),
    ]);
    for invitation in &received.invitations {
        table.row([
            invitation.full_name().into(),
            invitation.role.as_str().into(),
            invitation.invited_by.as_str().into(),
            time::ago(invitation.expires_at).into(),
        ]);
    }
    output.table(&table);
}

impl ReceivedInvitation {
    fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.project_name)
    }
}

/// An invitation by `NAME`, `OWNER/NAME` or number of its project.
fn find<'a>(invitations: &'a [ReceivedInvitation], named: &str) -> Result<&'a ReceivedInvitation> {
    let is_it = |invitation: &&ReceivedInvitation| {
        let id = invitation.project_id.to_string();
        named == id || named == invitation.project_name || named == invitation.full_name()
    };
    let found: Vec<_> = invitations.iter().filter(is_it).collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => Err(Error::not_found(text!(
            "You have no invitation to {named}.",
            "Vous n’avez pas d’invitation au projet {named}."
        ))
        .next(text!("`nokube invitations` lists them.", "`nokube invitations` les liste."))),
        several => {
            let names: Vec<_> = several.iter().map(|invitation| invitation.full_name()).collect();
            let names = names.join(", ");
            Err(Error::usage(text!("Which one? There are {names}.", "Laquelle ? Il y a {names}.")))
        }
    }
}
