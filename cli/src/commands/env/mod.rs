//! `nokube env`.

pub mod file;
mod list;

use super::configuration::{
    Configuration,
    fields::{change_variables, variables},
};
use crate::{
    Error, Outcome, Result,
    args::{
        lifecycle::Redeploy,
        services::{Change, Env, EnvCommand},
    },
    context::Context,
    text,
};
use std::collections::BTreeMap;

/// A value, or `None` for a variable that is removed.
type Changes = BTreeMap<String, Option<String>>;

pub async fn run(context: &Context, args: Env) -> Result<Outcome> {
    match args.command {
        EnvCommand::List { service } => list::run(context, service.service.as_deref()).await,
        EnvCommand::Set { variables, change } => {
            change_to(context, pairs(&variables)?, &change).await
        }
        EnvCommand::Unset { names, change } => unset(context, names, &change).await,
        EnvCommand::Import { file, change } => {
            change_to(context, file::read(&context.output, &file)?, &change).await
        }
    }
}

async fn change_to(context: &Context, changes: Changes, change: &Change) -> Result<Outcome> {
    let configuration = Configuration::load(context, change.service.service.as_deref()).await?;
    save(context, &configuration, &changes, &change.redeploy).await
}

async fn unset(context: &Context, names: Vec<String>, change: &Change) -> Result<Outcome> {
    let configuration = Configuration::load(context, change.service.service.as_deref()).await?;
    let variables = variables(&configuration.fields());
    let unknown: Vec<_> =
        names.iter().filter(|name| !variables.contains_key(*name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        let (unknown, service) = (unknown.join(", "), &configuration.service);
        return Err(Error::not_found(text!(
            "{service} has no such variable: {unknown}",
            "{service} n’a pas cette variable : {unknown}"
        )));
    }
    let changes = names.into_iter().map(|name| (name, None)).collect();
    save(context, &configuration, &changes, &change.redeploy).await
}

async fn save(
    context: &Context,
    configuration: &Configuration<'_>,
    changes: &Changes,
    redeploy: &Redeploy,
) -> Result<Outcome> {
    let mut fields = configuration.fields();
    change_variables(&mut fields, changes);
    let changed = configuration.save(fields, redeploy).await?;
    Ok(changed.print(context, &configuration.service))
}

fn pairs(arguments: &[String]) -> Result<Changes> {
    let mut changes = Changes::new();
    for argument in arguments {
        let Some((name, value)) = argument.split_once('=').filter(|(name, _)| !name.is_empty())
        else {
            return Err(Error::usage(text!(
                "{argument:?} is no NAME=VALUE",
                "{argument:?} n’est pas un NOM=VALEUR"
            )));
        };
        if changes.insert(name.to_owned(), Some(value.to_owned())).is_some() {
            return Err(Error::usage(text!("{name} is given twice", "{name} est donné deux fois")));
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_contain_an_equals_sign() {
        let changes = pairs(&["A=b=c".into(), "D=".into()]).unwrap();
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(changes, [("A".into(), value("b=c")), ("D".into(), value(""))].into());
        for wrong in [["A", "B=1"], ["=x", "B=1"], ["B=1", "B=2"]] {
            assert!(pairs(&wrong.map(str::to_owned)).is_err(), "{wrong:?}");
        }
    }
}
