//! `nokube services show`: what is saved of a service.

use crate::{
    Outcome, Result,
    api::{
        Received,
        services::{Service, ServiceSource},
    },
    commands::status::automation,
    context::Context,
    output::{Output, Table, clean},
    text,
};
use serde_json::Value;

pub async fn run(context: &Context, service: Option<&str>) -> Result<Outcome> {
    let name = context.service(service).await?;
    let service = context.service_named(&name).await?;
    match context.output.is_json() {
        true => context.output.json(&service.json),
        false => print(&context.output, &service),
    }
    Ok(Outcome::Done)
}

pub fn print(output: &Output, service: &Received<Service>) {
    output.table(&table(service));
    for (style, line) in automation::with_faults(service) {
        output.print(&output.styled_result(style, &clean(&line)));
    }
}

fn table(service: &Received<Service>) -> Table {
    let mut table = Table::of_fields();
    table.field(text!("service", "service"), service.name.as_str());
    match &service.source {
        Some(source) => add_source(&mut table, source),
        None => table.field(text!("repository", "dépôt"), super::not_saved()),
    }
    table.field("build-on-push", on_off(service.build_on_push));
    table.field("deploy-on-build", on_off(service.deploy_on_build));
    table.field("previews", service.previews.as_str());
    // An older platform does not have it.
    if let Some(uses_file) = service.json.get("use_config_file").and_then(Value::as_bool) {
        table.field("config-file", on_off(uses_file));
    }
    if !service.watch_paths.is_empty() {
        table.field("watch-path", service.watch_paths.join(", "));
    }
    table
}

fn add_source(table: &mut Table, source: &ServiceSource) {
    table.field(text!("repository", "dépôt"), source.repository_url.as_str());
    let branch = source.branch.clone();
    table.field(
        text!("branch", "branche"),
        branch.unwrap_or_else(|| text!("the default one", "celle par défaut")),
    );
    table.field(text!("directory", "dossier"), source.context.as_str());
    let builder = match (source.has_dockerfile, &source.dockerfile_path) {
        (_, Some(path)) => path.clone(),
        (true, None) => text!("Dockerfile", "Dockerfile"),
        (false, None) => text!("buildpacks", "buildpacks"),
    };
    table.field(text!("built with", "construit avec"), builder);
}

/// A switch, with the words of its option.
fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
