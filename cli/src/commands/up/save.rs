//! Saves what nokube.toml says of services, after it was checked that nothing is missing.

use super::plan::{Plan, Save};
use crate::{
    Error, Exit, Result,
    api::{Client, segment},
    commands::deploy::saved::Fields,
    context::Context,
    follow::difference::{Line, of_change},
    output::Style,
    text,
};
use nokube_domain::config_file::FieldChange;
use serde_json::{Value, json};

/// # Errors
/// Secrets are missing, or would be lost: nothing is built then.
pub fn check<'a>(plans: impl IntoIterator<Item = &'a Plan>) -> Result<()> {
    let (mut lines, mut next) = (Vec::new(), Vec::new());
    for Plan { name, secrets, .. } in plans {
        if !secrets.missing.is_empty() {
            let names = secrets.missing.join(" ");
            lines.push(text!(
                "{name} needs secrets that are not saved: {names}",
                "{name} a besoin de secrets qui ne sont pas enregistrés : {names}"
            ));
            next.push(text!(
                "Save them: nokube secrets set --service {name} {names}",
                "Enregistrez-les : nokube secrets set --service {name} {names}"
            ));
        }
        if !secrets.unnamed.is_empty() {
            let names = secrets.unnamed.join(", ");
            lines.push(text!(
                "{name} runs with secrets that nokube.toml does not name, and would lose them: {names}",
                "{name} tourne avec des secrets que nokube.toml ne nomme pas, et les perdrait : {names}"
            ));
            next.push(text!(
                "Name them in secrets of [services.{name}.deployment]; they keep their values.",
                "Nommez-les dans secrets de [services.{name}.deployment] ; ils gardent leurs valeurs."
            ));
        }
    }
    match lines.is_empty() {
        true => Ok(()),
        false => Err(Error { next, ..Error::new(Exit::Rejected, lines.join("\n")) }),
    }
}

/// Asks whether services are to be built from another repository than now.
///
/// # Errors
/// The person says no, or cannot be asked.
pub fn confirm(context: &Context, plans: &[Plan], repository: &str) -> Result<()> {
    for Plan { name, other_repository, .. } in plans {
        let Some(other) = other_repository else { continue };
        context.output.confirm(&text!(
            "{name} is built from {other}. Build it from {repository} from now on?",
            "{name} est construit à partir de {other}. Le construire désormais à partir de {repository} ?"
        ))?;
    }
    Ok(())
}

/// Saves what differs of a service.
///
/// # Errors
/// The platform rejects it.
pub async fn save(client: &Client, project: u64, plan: &Plan) -> Result<()> {
    let path = format!("/api/v1/projects/{project}/services/{}", segment(plan.name.as_str()));
    if let Some(Save { is_new, fields, .. }) = &plan.source {
        let request = if *is_new { client.put(path.as_str()) } else { client.patch(path.as_str()) };
        request.json(fields)?.send().await.map_err(wrong_repository)?;
    }
    if let Some(Save { fields, .. }) = &plan.configuration {
        client.put(format!("{path}/deployment")).json(fields)?.send().await?;
    }
    Ok(())
}

/// The platform cannot build from this repository: something about the folder has to change.
fn wrong_repository(error: Error) -> Error {
    match error.is_about("repository_url") {
        true => Error { exit: Exit::RepositoryNotReady, ..error }.next(text!(
            "The repository is that of the remote; --remote NAME chooses another one.",
            "Le dépôt est celui du dépôt distant ; --remote NOM en choisit un autre."
        )),
        false => error,
    }
}

/// What is saved of a service, for `--json`.
pub fn document(plan: &Plan) -> Fields {
    let saved = |save: &Option<Save>| {
        let save = save.as_ref()?;
        let change =
            |it: &FieldChange| json!({"field": it.field, "before": it.before, "after": it.after});
        let changes: Vec<_> = save.changes.iter().map(change).collect();
        Some(json!({"new": save.is_new, "changes": changes}))
    };
    let mut document = Fields::new();
    document.insert("service".into(), json!(plan.name.as_str()));
    document.insert("source".into(), json!(saved(&plan.source)));
    document.insert("configuration".into(), json!(saved(&plan.configuration)));
    document
}

/// What is saved of a service, as lines.
pub fn lines(plan: &Plan) -> Vec<Line> {
    let name = &plan.name;
    let mut lines = Vec::new();
    if plan.follows_branch {
        lines.push(Line::new(
            Style::Faint,
            text!(
                "{name} takes nokube.toml from its branch itself; nothing is saved from here.",
                "{name} prend nokube.toml dans sa branche ; rien n’est enregistré d’ici."
            ),
        ));
    }
    let parts = [
        (&plan.source, text!("{name}: what it is built from", "{name} : de quoi il est construit")),
        (
            &plan.configuration,
            text!("{name}: how it is deployed", "{name} : comment il est déployé"),
        ),
    ];
    for (save, title) in parts {
        let Some(save) = save else { continue };
        lines.push(Line::new(Style::Strong, title));
        lines.extend(save.changes.iter().flat_map(change_lines));
    }
    lines
}

fn change_lines(change: &FieldChange) -> Vec<Line> {
    let shown = |value: &Option<Value>| match value {
        Some(Value::String(text)) => Some(text.clone()),
        Some(value) => Some(value.to_string()),
        None => None,
    };
    let (before, after) = (shown(&change.before), shown(&change.after));
    of_change(&crate::api::dry_run::FieldChange { field: change.field.clone(), before, after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::up::plan::Secrets;

    fn plan(secrets: Secrets) -> Plan {
        Plan {
            name: "shop".parse().unwrap(),
            source: None,
            configuration: None,
            follows_branch: false,
            other_repository: None,
            is_deployed: true,
            secrets,
        }
    }

    #[test]
    fn missing_secrets_are_refused_with_the_command_that_sets_them() {
        let missing = vec!["API_KEY".to_owned(), "TOKEN".to_owned()];
        let error = check(&[plan(Secrets { missing, ..Secrets::default() })]).unwrap_err();
        assert_eq!(error.exit, Exit::Rejected);
        assert_eq!(error.next, ["Save them: nokube secrets set --service shop API_KEY TOKEN"]);
        assert!(check(&[plan(Secrets::default())]).is_ok());
    }

    #[test]
    fn what_is_saved_is_shown_as_a_difference() {
        let changes = vec![
            FieldChange { field: "replicas".into(), before: Some(json!(1)), after: Some(json!(2)) },
            FieldChange {
                field: "env_vars.COLOUR".into(),
                before: None,
                after: Some(json!("red")),
            },
        ];
        let fields = serde_json::Map::new();
        let configuration = Some(Save { is_new: false, fields, changes });
        let lines = lines(&Plan { configuration, ..plan(Secrets::default()) });
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        let expected = [
            "shop: how it is deployed",
            "    - replicas: 1",
            "    + replicas: 2",
            "    + env_vars.COLOUR: red",
        ];
        assert_eq!(texts, expected);
    }
}
