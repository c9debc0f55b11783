//! `nokube build show`.

use crate::{
    Outcome, Result,
    api::{Received, builds::Build, segment},
    context::Context,
    follow::{
        build::{failure, phase, short},
        statuses::{step_name, step_status},
    },
    output::{
        Style, Table,
        table::Cell,
        time::{ago, duration},
    },
    text,
};

pub async fn run(context: &Context, build_id: &str) -> Result<Outcome> {
    let path = format!("/api/v1/builds/{}", segment(build_id));
    let build: Received<Build> = context.client().await?.get(path).receive().await?;
    if context.output.is_json() {
        context.output.json(&build.json);
        return Ok(Outcome::Done);
    }
    context.output.table(&fields(&build));
    if !build.steps.is_empty() {
        context.output.print("");
        context.output.table(&steps(&build));
    }
    Ok(Outcome::Done)
}

fn fields(build: &Build) -> Table {
    let mut table = Table::of_fields();
    let subject = build.commit.as_ref().map(|commit| commit.subject.as_str()).unwrap_or_default();
    table.field(text!("build", "build"), build.build_id.as_str());
    table.field(text!("service", "service"), build.service_name.as_str());
    table.field(text!("status", "état"), Cell::status(phase(build), build.status.as_str()));
    for line in failure(build) {
        table.field("", Cell::styled(line, Style::Bad));
    }
    table.field(text!("repository", "dépôt"), build.repository.as_str());
    table.field(text!("branch", "branche"), build.branch.as_str());
    table.field(text!("commit", "commit"), format!("{} {subject}", short(&build.commit_sha)));
    if build.attempt > 1 {
        table.field(text!("attempt", "tentative"), build.attempt.to_string());
    }
    table.field(text!("requested", "demandé"), ago(build.created_at));
    table.field(text!("image", "image"), build.image_full_name.as_str());
    if let Some(digest) = &build.image_digest {
        table.field(text!("digest", "empreinte"), digest.as_str());
    }
    for warning in &build.warnings {
        table.field(
            text!("warning", "avertissement"),
            Cell::styled(warning.message.as_str(), Style::Warning),
        );
    }
    table
}

fn steps(build: &Build) -> Table {
    let mut table =
        Table::new([text!("step", "étape"), text!("status", "état"), text!("duration", "durée")]);
    for step in build.steps.iter().filter(|step| step.status != "skipped") {
        let seconds = step
            .started_at
            .zip(step.completed_at)
            .map(|(start, end)| end.as_second() - start.as_second());
        table.row([
            step_name(&step.name).into(),
            Cell::status(step_status(step), &step.status),
            seconds.map(duration).unwrap_or_default().into(),
        ]);
    }
    table
}
