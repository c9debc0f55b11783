//! A service: its build, its deployment with pods and issues, its address, and what a push does.

use super::{automation, pods, project};
use crate::{
    Outcome, Result,
    api::{
        Received,
        deployments::Deployment,
        services::{LastBuild, Service},
    },
    context::Context,
    follow::{build::short, issues, statuses::build_status},
    output::{Output, Style, Table, clean, table::Cell, time::ago},
    text,
};
use serde_json::json;

pub async fn run(context: &Context, name: &str) -> Result<Outcome> {
    let service = context.service_named(name).await?;
    let deployment = match &service.deployment_id {
        Some(id) => Some(context.client().await?.deployment(id).await?),
        None => None,
    };
    let output = &context.output;
    if output.is_json() {
        let deployment = deployment.map(|received| received.json);
        output.json(&json!({ "service": service.json, "deployment": deployment }));
        return Ok(Outcome::Done);
    }
    let deployment = deployment.map(|received| received.typed);
    output.table(&fields(&service, deployment.as_ref()));
    if let Some(deployment) = &deployment {
        print_pods(output, deployment);
        print_issues(output, deployment);
    }
    print_automation(output, &service);
    Ok(Outcome::Done)
}

fn fields(service: &Service, deployment: Option<&Deployment>) -> Table {
    let mut table = Table::of_fields();
    table.field(text!("service", "service"), service.name.as_str());
    match deployment {
        None => table.field(text!("status", "état"), project::not_deployed()),
        Some(deployment) => add_deployment(&mut table, deployment),
    }
    if let Some(build) = &service.last_build {
        let line = Cell::status(build_line(build), build.status.as_str());
        table.field(text!("newest build", "dernier build"), line);
    }
    if let Some(source) = &service.source {
        let branch =
            source.branch.as_deref().map(|branch| format!(" ({branch})")).unwrap_or_default();
        table.field(text!("source", "source"), format!("{}{branch}", source.repository_url));
    }
    table
}

fn add_deployment(table: &mut Table, deployment: &Deployment) {
    table.field(text!("status", "état"), project::status(deployment));
    table.field(text!("ready", "prêtes"), project::ready(deployment));
    if let Some(address) = &deployment.access_url {
        let note = match deployment.reachable.as_deref() {
            Some("no") => text!(" (not reachable)", " (pas joignable)"),
            Some("unknown") => text!(
                " (the cluster does not say whether it is reachable)",
                " (le cluster ne dit pas si elle est joignable)"
            ),
            _ => String::new(),
        };
        table.field(text!("address", "adresse"), format!("{address}{note}"));
    }
    table.field(text!("release", "révision"), release_line(deployment));
    table.field(text!("image", "image"), deployment.image_name.as_str());
}

fn release_line(deployment: &Deployment) -> String {
    let (release, ago) = (deployment.release, ago(deployment.updated_at));
    match deployment.automatic {
        true => text!("{release}, {ago}, automatic", "{release}, {ago}, automatique"),
        false => format!("{release}, {ago}"),
    }
}

fn build_line(build: &LastBuild) -> String {
    let (status, ago, commit) =
        (build_status(&build.status), ago(build.created_at), short(&build.commit_sha));
    let subject =
        build.commit.as_ref().map(|commit| format!(" {}", commit.subject)).unwrap_or_default();
    format!("{status}, {ago}: {} {commit}{subject} ({})", build.branch, build.build_id)
}

fn print_pods(output: &Output, deployment: &Deployment) {
    if !deployment.pods.is_empty() {
        output.print("");
        output.table(&pods::table(&deployment.pods));
    }
}

/// What is wrong, and what to do.
fn print_issues(output: &Output, deployment: &Deployment) {
    for issue in &deployment.issues {
        output.print("");
        for (index, line) in issues::lines(issue).iter().enumerate() {
            let style = if index == 0 { Style::Warning } else { Style::Plain };
            output.print(&output.styled_result(style, line));
        }
    }
    for fault in &deployment.errors {
        output.print(&issues::fault(fault));
    }
    for warning in &deployment.warnings {
        output.print(&output.styled_result(Style::Warning, &clean(warning)));
    }
}

fn print_automation(output: &Output, service: &Received<Service>) {
    let lines = automation::with_faults(service);
    if !lines.is_empty() {
        output.print("");
    }
    for (style, line) in lines {
        output.print(&output.styled_result(style, &clean(&line)));
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::follow::deployment::tests::deployment;
    use serde_json::Value;

    /// A service with these fields besides the usual ones.
    pub fn service(fields: Value) -> Service {
        let mut service = json!({
            "project_id": 1, "name": "shop", "source": null, "build_on_push": false, "watch_paths": [],
            "automatic_builds": null, "deploy_on_build": false, "automatic_deployments": null, "previews": "off",
            "preview_base_branches": [], "preview_secrets": [], "last_build": null, "deployment_id": null,
            "created_at": null, "updated_at": null,
        });
        service.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(service).unwrap()
    }

    #[test]
    fn an_address_says_whether_it_is_reachable() {
        let shown = |reachable: &str| {
            let deployment =
                deployment(json!({ "reachable": reachable, "access_url": "http://x.test" }));
            fields(&service(json!({})), Some(&deployment)).render(false)
        };
        assert!(shown("yes").contains("http://x.test\n"));
        assert!(shown("no").contains("http://x.test (not reachable)\n"));
        assert!(shown("unknown").contains("http://x.test (the cluster does not say"));
    }

    #[test]
    fn a_service_that_was_only_built_has_its_build() {
        let build = json!({
            "build_id": "b1", "status": "failed", "branch": "main", "commit_sha": "1f0d2c9b1f0d2c9b",
            "created_at": jiff::Timestamp::now(), "trigger": "manual", "waiting_for_capacity": false,
            "superseded": false, "commit": { "sha": "1f0d2c9b1f0d2c9b", "subject": "Add a cart", "author": null },
        });
        let table = fields(&service(json!({ "last_build": build })), None).render(false);
        let expected = "service       shop\n\
                        status        not deployed\n\
                        newest build  failed, just now: main 1f0d2c9 Add a cart (b1)\n";
        assert_eq!(table, expected);
    }
}
