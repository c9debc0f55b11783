//! `nokube tokens`. API tokens may not manage tokens: the person signs in again for it.

use crate::{
    Error, Outcome, Result,
    api::{
        Client,
        tokens::{NewToken, Token, TokenCreated},
        typed,
    },
    args::account::{CreateToken, Tokens, TokensCommand},
    context::Context,
    login::account_client,
    output::{Style, Table, table::Cell, time},
    text,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub async fn run(context: &Context, args: Tokens) -> Result<Outcome> {
    let client = account_client(context).await?;
    match args.command {
        None => list(context, &client).await?,
        Some(TokensCommand::Create(args)) => create(context, &client, args).await?,
        Some(TokensCommand::Revoke { id }) => {
            client.delete(format!("/api/v1/auth/tokens/{id}")).send().await?;
            if context.output.is_json() {
                context.output.json(&json!({ "id": id, "revoked": true }));
            } else {
                context
                    .output
                    .print(&text!("Token {id} is revoked.", "Le jeton {id} est révoqué."));
            }
        }
    }
    Ok(Outcome::Done)
}

async fn list(context: &Context, client: &Client) -> Result<()> {
    let all: Vec<Value> = client.all("/api/v1/auth/tokens", "tokens").await?;
    if context.output.is_json() {
        context.output.json(&json!({ "tokens": all }));
        return Ok(());
    }
    let mut table = Table::new([
        text!("id", "id"),
        text!("name", "nom"),
        text!("scopes", "droits"),
        text!("last used", "dernier usage"),
        text!("state", "état"),
    ]);
    let now = Timestamp::now();
    for token in typed::<Token>(all)? {
        let state = state(&token, now);
        let last_used = token.last_used_on.unwrap_or_default();
        let (name, scopes) = (token.name, token.scopes.join(", "));
        table.row([
            token.id.to_string().into(),
            name.into(),
            scopes.into(),
            last_used.into(),
            state,
        ]);
    }
    if table.is_empty() {
        context.output.note(&text!("You have no API token.", "Vous n’avez aucun jeton d’API."));
        return Ok(());
    }
    context.output.table(&table);
    Ok(())
}

fn state(token: &Token, now: Timestamp) -> Cell {
    let until = time::date(token.expires_at);
    if token.revoked_at.is_some() {
        Cell::styled(text!("revoked", "révoqué"), Style::Faint)
    } else if token.expires_at <= now {
        Cell::styled(text!("expired", "expiré"), Style::Faint)
    } else {
        text!("valid until {until}", "valide jusqu’au {until}").into()
    }
}

async fn create(context: &Context, client: &Client, args: CreateToken) -> Result<()> {
    let expires_at = args.days.map(in_days).transpose()?;
    let new = NewToken { name: args.name, scopes: args.scopes, expires_at };
    let created = client.post("/api/v1/auth/tokens").json(&new)?.receive::<TokenCreated>().await?;
    let output = &context.output;
    if output.is_json() {
        output.json(&created.json);
        return Ok(());
    }
    let until = time::date(created.expires_at);
    output.note(&text!(
        "The token is shown only now. It is valid until {until}.",
        "Le jeton n’est affiché que maintenant. Il est valide jusqu’au {until}."
    ));
    output.print(&created.token);
    Ok(())
}

fn in_days(days: u32) -> Result<Timestamp> {
    Timestamp::now()
        .checked_add(SignedDuration::from_hours(24 * i64::from(days)))
        .map_err(|_| Error::usage(text!("{days} days are too many.", "{days} jours, c’est trop.")))
}
