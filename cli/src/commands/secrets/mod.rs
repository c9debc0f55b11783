//! `nokube secrets`. Values come from standard input or from a question, and are never printed.

mod input;

use super::{
    configuration::{Configuration, Secrets as Changes},
    env::file,
};
use crate::{
    Error, Outcome, Result,
    args::services::{Change, Secrets, SecretsCommand},
    context::Context,
    output::{Style, Table, table::Cell},
    text,
};
use serde_json::json;
use std::collections::BTreeSet;

pub async fn run(context: &Context, args: Secrets) -> Result<Outcome> {
    match args.command {
        SecretsCommand::List { service } => list(context, service.service.as_deref()).await,
        SecretsCommand::Set { names, from_args, change } => {
            let secrets = input::read(&context.output, &names, from_args)?;
            change_to(context, secrets, &change).await
        }
        SecretsCommand::Unset { names, change } => unset(context, names, &change).await,
        SecretsCommand::Import { file, change } => {
            change_to(context, file::read(&context.output, &file)?, &change).await
        }
    }
}

async fn change_to(context: &Context, secrets: Changes, change: &Change) -> Result<Outcome> {
    let configuration = Configuration::load(context, change.service.service.as_deref()).await?;
    let changed = configuration.save_secrets(secrets, &change.redeploy).await?;
    Ok(changed.print(context, &configuration.service))
}

async fn unset(context: &Context, names: Vec<String>, change: &Change) -> Result<Outcome> {
    let configuration = Configuration::load(context, change.service.service.as_deref()).await?;
    let known = |name: &String| {
        let deployed = configuration.saved.release.as_ref();
        configuration.saved.secrets.contains(name)
            || deployed.is_some_and(|release| release.secrets.contains(name))
    };
    let unknown: Vec<_> = names.iter().filter(|name| !known(name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        let (unknown, service) = (unknown.join(", "), &configuration.service);
        return Err(Error::not_found(text!(
            "{service} has no such secret: {unknown}",
            "{service} n’a pas ce secret : {unknown}"
        )));
    }
    let secrets = names.into_iter().map(|name| (name, None)).collect();
    let changed = configuration.save_secrets(secrets, &change.redeploy).await?;
    Ok(changed.print(context, &configuration.service))
}

async fn list(context: &Context, service: Option<&str>) -> Result<Outcome> {
    let configuration = Configuration::load(context, service).await?;
    let (saved, release) = (&configuration.saved.secrets, &configuration.saved.release);
    let deployed = release.as_ref().map(|release| &release.secrets);
    let output = &context.output;
    if output.is_json() {
        output.json(&json!({ "saved": saved, "deployed": deployed }));
        return Ok(Outcome::Done);
    }
    let table = table(saved, deployed);
    match table.is_empty() {
        true => output.note(&text!("There are no secrets.", "Il n’y a pas de secrets.")),
        false => output.table(&table),
    }
    Ok(Outcome::Done)
}

fn table(saved: &BTreeSet<String>, deployed: Option<&BTreeSet<String>>) -> Table {
    let mut table = Table::new([text!("name", "nom"), String::new()]);
    for name in saved.iter().chain(deployed.into_iter().flatten()).collect::<BTreeSet<_>>() {
        let is_deployed = deployed.is_none_or(|deployed| deployed.contains(name));
        let state = match (saved.contains(name), is_deployed) {
            (true, true) => String::new(),
            (true, false) => text!("not deployed yet", "pas encore déployé"),
            (false, _) => text!("deployed, and not saved", "déployé, mais pas enregistré"),
        };
        table.row([name.as_str().into(), Cell::styled(state, Style::Faint)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn saved_secrets_are_compared_with_what_runs() {
        let table = table(&names(&["A", "B"]), Some(&names(&["A", "C"])));
        assert_eq!(
            table.render(false),
            "NAME\nA\nB     not deployed yet\nC     deployed, and not saved\n"
        );
    }

    #[test]
    fn without_a_deployment_there_is_nothing_to_compare() {
        assert_eq!(table(&names(&["A"]), None).render(false), "NAME\nA\n");
    }
}
