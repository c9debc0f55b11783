//! `nokube up --dry-run`: what would be saved, built and deployed.

use super::{plan::Plan, save};
use crate::{
    Exit, Outcome, Result,
    api::{Client, Received, dry_run::DryRun, projects::Project},
    commands::deploy::{
        request::{self, Image},
        saved::{Fields, Saved},
    },
    context::Context,
    follow::{build::short, difference},
    git::Checkout,
    output::Style,
    text,
};
use serde_json::{Value, json};

/// Shows it for all services.
///
/// # Errors
/// The platform rejects something, or secrets are missing.
pub async fn run(
    context: &Context,
    project: Option<&Project>,
    checkout: &Checkout,
    plans: &[(Plan, Saved)],
) -> Result<Outcome> {
    let (mut outcome, mut documents) = (Outcome::Done, Vec::new());
    for (plan, saved) in plans {
        let deployment = match project {
            Some(project) => deployment(context.client().await?, project, plan, saved).await?,
            None => None,
        };
        if deployment.as_ref().is_some_and(|deployment| !deployment.accepted) {
            outcome = Outcome::Failed(Exit::Rejected);
        }
        match context.output.is_json() {
            true => documents.push(document(plan, checkout, deployment.as_ref())),
            false => print(context, plan, checkout, deployment.as_ref()),
        }
    }
    if context.output.is_json() {
        context.output.json(&json!({"dry_run": true, "services": documents}));
    }
    save::check(plans.iter().map(|(plan, _)| plan))?;
    Ok(outcome)
}

/// The platform's dry run of the deployment, of the newest build that succeeded. `None` without such a build.
async fn deployment(
    client: &Client,
    project: &Project,
    plan: &Plan,
    saved: &Saved,
) -> Result<Option<Received<DryRun>>> {
    let service = plan.name.as_str();
    let body = match (&plan.configuration, &saved.configuration) {
        _ if !plan.is_deployed => return Ok(None),
        (save, Some(saved)) => {
            let secrets = plan.secrets.sent.as_ref();
            let mut body = request::of_saved(project.id, service, secrets);
            body.extend(save.iter().flat_map(|save| in_place_of(saved, &save.fields)));
            body
        }
        (save, None) => {
            let fields = save.as_ref().map(|save| &save.fields).or(saved.last_configuration());
            let (Some(build), Some(fields)) = (last_success(saved), fields) else {
                return Ok(None);
            };
            let (image, secrets) = (Image::Build(build), saved.released_secrets());
            request::complete(project, service, fields.clone(), image, &secrets)
        }
    };
    match request::dry_run(client, &body).await {
        // There is no build.
        Err(error) if error.is_about("build_id") => Ok(None),
        dry_run => dry_run.map(Some),
    }
}

/// The fields of a request that replaces a saved configuration for once: `null` stands for a default.
fn in_place_of(saved: &Fields, fields: &Fields) -> Fields {
    let nulls = saved.keys().map(|field| (field.clone(), Value::Null));
    nulls.chain(fields.clone()).collect()
}

fn last_success(saved: &Saved) -> Option<String> {
    let last = saved.service.as_ref()?.last_build.as_ref()?;
    last.status.is_success().then(|| last.build_id.clone())
}

fn print(
    context: &Context,
    plan: &Plan,
    checkout: &Checkout,
    deployment: Option<&Received<DryRun>>,
) {
    let output = &context.output;
    let print = |style: Style, line: &str| output.print(&output.styled_result(style, line));
    let name = &plan.name;
    for line in save::lines(plan) {
        print(line.style, &line.text);
    }
    if plan.is_saved() && !plan.follows_branch {
        print(Style::Faint, &text!("{name}: nothing to save", "{name} : rien à enregistrer"));
    }
    let (repository, branch) = (&checkout.repository, &checkout.branch);
    let commit = checkout.commit.as_deref().map(short).unwrap_or_default();
    print(
        Style::Strong,
        &text!(
            "{name}: would be built from {repository}, {branch} {commit}",
            "{name} : serait construit à partir de {repository}, {branch} {commit}"
        ),
    );
    match deployment {
        Some(dry_run) => {
            print(
                Style::Strong,
                &text!(
                    "{name}: would be deployed (with its last build, for this comparison)",
                    "{name} : serait déployé (comparé avec son dernier build)"
                ),
            );
            difference::of_dry_run(dry_run).iter().for_each(|line| print(line.style, &line.text));
        }
        None if plan.is_deployed => print(
            Style::Strong,
            &text!(
                "{name}: would be deployed. The platform can only try it once a build has succeeded.",
                "{name} : serait déployé. La plateforme ne peut l’essayer qu’après un build réussi."
            ),
        ),
        None => print(
            Style::Faint,
            &text!("{name}: would not be deployed", "{name} : ne serait pas déployé"),
        ),
    }
}

fn document(plan: &Plan, checkout: &Checkout, deployment: Option<&Received<DryRun>>) -> Fields {
    let mut document = save::document(plan);
    let build = json!({
        "repository_url": checkout.repository.url(), "branch": checkout.branch, "commit_sha": checkout.commit,
    });
    document.insert("build".into(), build);
    document.insert("deployment".into(), json!(deployment.map(|dry_run| &dry_run.json)));
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_file_does_not_say_is_tried_with_its_default() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let saved =
            object(json!({"replicas": 2, "description": "x", "custom_domain": "shop.example.org"}));
        let fields = object(json!({"replicas": 3, "custom_domain": "shop.example.org"}));
        let expected =
            json!({"replicas": 3, "description": null, "custom_domain": "shop.example.org"});
        assert_eq!(Value::Object(in_place_of(&saved, &fields)), expected);
    }
}
