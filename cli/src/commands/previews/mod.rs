//! `nokube previews`.

use crate::{
    Error, Outcome, Result,
    api::{
        Received,
        previews::{NewApproval, Preview, PreviewList},
        segment,
    },
    args::services::{Previews, PreviewsCommand},
    context::Context,
    follow::build::short,
    output::{Style, Table, clean, table::Cell},
    text,
};

pub async fn run(context: &Context, args: Previews) -> Result<Outcome> {
    let service = context.service(args.service.service.as_deref()).await?;
    let project = context.project().await?.id;
    let path = format!("/api/v1/projects/{project}/services/{}/previews", segment(&service));
    match args.command {
        None => list(context, &path, &service).await,
        Some(PreviewsCommand::Approve { number, commit }) => {
            approve(context, &path, number, commit).await
        }
    }
}

async fn list(context: &Context, path: &str, service: &str) -> Result<Outcome> {
    let list: Received<PreviewList> = context.client().await?.get(path).receive().await?;
    let output = &context.output;
    if output.is_json() {
        output.json(&list.json);
        return Ok(Outcome::Done);
    }
    if list.waiting_for_approval {
        output.note(&text!(
            "GitHub does not show the pull requests yet: the repository's owner has to accept the App's new permission.",
            "GitHub ne montre pas encore les pull requests : le propriétaire du dépôt doit accepter la nouvelle permission de l’application."
        ));
    }
    if list.previews.is_empty() {
        output.note(&text!(
            "{service} has no previews. They are switched on by: nokube services set {service} --previews deploy",
            "{service} n’a pas de prévisualisations. Pour les activer : nokube services set {service} --previews deploy"
        ));
        return Ok(Outcome::Done);
    }
    output.table(&table(&list.previews));
    if let Some(preview) = list.previews.iter().find(|preview| needs_approval(preview)) {
        let number = preview.pull_request;
        output.note(&text!(
            "Read the changes of a fork before you approve them: nokube previews {service} approve {number}",
            "Lisez les changements d’un fork avant de les approuver : nokube previews {service} approve {number}"
        ));
    }
    Ok(Outcome::Done)
}

fn needs_approval(preview: &Preview) -> bool {
    preview.problem.as_deref() == Some("approval_required")
}

fn table(previews: &[Preview]) -> Table {
    let mut table = Table::new([
        "#".into(),
        text!("title", "titre"),
        text!("branch", "branche"),
        text!("commit", "commit"),
        text!("state", "état"),
        text!("address", "adresse"),
    ]);
    for preview in previews {
        let commit = preview.commit.as_ref().map(|commit| short(&commit.sha));
        table.row([
            preview.pull_request.to_string().into(),
            preview.title.as_str().into(),
            format!("{} → {}", preview.head_branch, preview.base_branch).into(),
            commit.unwrap_or_default().into(),
            state(preview),
            preview.url.as_deref().unwrap_or_default().into(),
        ]);
    }
    table
}

/// The state, and why there is no preview. A problem of a newer platform is shown as it is.
fn state(preview: &Preview) -> Cell {
    let state = match preview.state.as_str() {
        "waiting_for_capacity" => text!("waits for capacity", "attend une place libre"),
        "building" => text!("building", "build en cours"),
        "build_failed" => text!("build failed", "build échoué"),
        "built" => text!("built", "construite"),
        "deploying" => text!("deploying", "déploiement en cours"),
        "running" => text!("running", "en service"),
        "failed" => text!("failed", "en échec"),
        "stopped" => text!("stopped", "arrêtée"),
        "not_affected" => text!("not affected", "rien à construire"),
        "skipped" => text!("skipped", "sautée"),
        "waiting" => text!("waiting", "en attente"),
        "ended" => text!("ended", "terminée"),
        other => other.to_owned(),
    };
    let problem = preview.problem.as_deref().map(|problem| match problem {
        "approval_required" => text!("approval required", "approbation nécessaire"),
        "draft" => text!("draft", "brouillon"),
        "too_many_previews" => text!("too many previews", "trop de prévisualisations"),
        "closed" => text!("closed", "fermée"),
        "expired" => text!("expired", "expirée"),
        "base_branch_not_chosen" => text!("base branch not chosen", "branche de base non choisie"),
        other => other.to_owned(),
    });
    let style = match preview.state.as_str() {
        "build_failed" | "failed" => Style::Bad,
        _ if needs_approval(preview) => Style::Warning,
        state => Style::of_status(state),
    };
    let text = problem.map_or_else(|| state.clone(), |problem| format!("{state}: {problem}"));
    Cell::styled(text, style)
}

async fn approve(
    context: &Context,
    path: &str,
    number: u32,
    commit: Option<String>,
) -> Result<Outcome> {
    let client = context.client().await?;
    let commit_sha = match commit {
        Some(commit) => commit,
        None => {
            let list: Received<PreviewList> = client.get(path).receive().await?;
            let found = list.previews.iter().find(|it| it.pull_request == u64::from(number));
            confirmed(context, found, number)?
        }
    };
    let request =
        client.post(format!("{path}/{number}/approve")).json(&NewApproval { commit_sha })?;
    let approved: Received<Preview> = request.receive().await.map_err(explain)?;
    match context.output.is_json() {
        true => context.output.json(&approved.json),
        false => context.output.note(&text!(
            "Approved. The next commit needs another approval.",
            "Approuvé. Le prochain commit demandera une nouvelle approbation."
        )),
    }
    Ok(Outcome::Done)
}

/// The newest commit, after the person has seen which one it is.
fn confirmed(context: &Context, preview: Option<&Preview>, number: u32) -> Result<String> {
    let found = preview.and_then(|preview| Some((preview, preview.commit.as_ref()?)));
    let Some((preview, commit)) = found else {
        return Err(Error::not_found(text!(
            "There is no commit of pull request {number} to approve.",
            "Il n’y a pas de commit de la pull request {number} à approuver."
        )));
    };
    let output = &context.output;
    if !output.can_ask() {
        return Err(Error::usage(text!(
            "Say which commit you have read: --commit SHA",
            "Dites quel commit vous avez lu : --commit SHA"
        )));
    }
    output.note(&clean(&format!("#{number} {}", preview.title)));
    output.note(&clean(&format!("{} {}", short(&commit.sha), commit.subject)));
    output.note(&clean(&format!("{}/files", preview.pull_request_url)));
    if preview.is_fork {
        output.note(&output.styled(Style::Warning, &text!(
            "This code comes from a fork: its author may have no rights here. Read all its changes first.",
            "Ce code vient d’un fork : son auteur n’a peut-être aucun droit ici. Lisez d’abord tous les changements."
        )));
    }
    let short = short(&commit.sha);
    output.confirm(&text!(
        "Approve commit {short}, and no other?",
        "Approuver le commit {short}, et lui seul ?"
    ))?;
    Ok(commit.sha.clone())
}

fn explain(error: Error) -> Error {
    match error.reason() {
        Some("pull_request_changed") => {
            error.next(text!("Read it again: nokube previews", "Relisez-la : nokube previews"))
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pull_request_of_a_fork_waits_for_approval() {
        let preview = json!({
            "pull_request": 7, "title": "Add a cart", "author": "mallory", "head_branch": "cart", "base_branch": "main",
            "is_fork": true, "pull_request_url": "https://github.com/acme/shop/pull/7",
            "commit": { "sha": "1f0d2c9b1f0d", "subject": "Add a cart", "author": null }, "state": "waiting",
            "problem": "approval_required", "build_id": null, "url": null, "ends_at": null,
        });
        let previews = [serde_json::from_value(preview).unwrap()];
        let expected = "#  TITLE       BRANCH       COMMIT   STATE                       ADDRESS\n\
                        7  Add a cart  cart → main  1f0d2c9  waiting: approval required\n";
        assert_eq!(table(&previews).render(false), expected);
        assert!(needs_approval(&previews[0]));
    }
}
