//! `nokube build list`.

use crate::{
    Outcome, Result,
    api::{
        Received,
        builds::{Build, BuildPage},
    },
    context::Context,
    follow::{build::short, statuses::build_status},
    output::{Table, table::Cell, time::ago},
    text,
};
use serde_json::{Value, json};

/// The largest page, and how many of them are looked through for the builds of one service.
const PAGE: u32 = 200;
const PAGES: u32 = 10;

pub async fn run(
    context: &Context,
    service: Option<&str>,
    status: Option<&str>,
    limit: u32,
) -> Result<Outcome> {
    let builds = find(context, service, status, limit.max(1)).await?;
    if context.output.is_json() {
        let builds: Vec<_> = builds.into_iter().map(|build| build.json).collect();
        context.output.json(&json!({ "builds": builds }));
        return Ok(Outcome::Done);
    }
    if builds.is_empty() {
        context.output.note(&text!("There is no build.", "Il n’y a aucun build."));
        return Ok(Outcome::Done);
    }
    context.output.table(&table(&builds));
    Ok(Outcome::Done)
}

/// The newest builds of the project, or of one of its services.
async fn find(
    context: &Context,
    service: Option<&str>,
    status: Option<&str>,
    limit: u32,
) -> Result<Vec<Received<Build>>> {
    let client = context.client().await?;
    let path = format!("/api/v1/projects/{}/builds", context.project().await?.id);
    let page = if service.is_some() { PAGE } else { limit.min(PAGE) };
    let is_wanted = |build: &Received<Build>| service.is_none_or(|it| build.service_name == it);
    let (limit, mut found, mut next) = (limit as usize, Vec::new(), None);
    for _ in 0..PAGES {
        let request = client.get(path.as_str()).query("limit", page);
        let request =
            request.optional_query("status", status).optional_query("next", next.as_ref());
        let mut page: Received<BuildPage> = request.receive().await?;
        next = page.typed.next.take();
        found.extend(builds_of(page).filter(is_wanted));
        if next.is_none() || found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

fn builds_of(page: Received<BuildPage>) -> impl Iterator<Item = Received<Build>> {
    let Received { typed, mut json } = page;
    let builds = json.get_mut("builds").and_then(Value::as_array_mut);
    let received = builds.map(std::mem::take).unwrap_or_default();
    typed.builds.into_iter().zip(received).map(|(typed, json)| Received { typed, json })
}

fn table(builds: &[Received<Build>]) -> Table {
    let mut table = Table::new([
        text!("build", "build"),
        text!("service", "service"),
        text!("status", "état"),
        text!("branch", "branche"),
        text!("commit", "commit"),
        text!("requested", "demandé"),
    ]);
    for build in builds {
        let status = Cell::status(build_status(&build.status), build.status.as_str());
        let subject = build.commit.as_ref().map(|commit| commit.subject.as_str());
        table.row([
            build.build_id.as_str().into(),
            build.service_name.as_str().into(),
            status,
            build.branch.as_str().into(),
            format!("{} {}", short(&build.commit_sha), subject.unwrap_or_default()).into(),
            ago(build.created_at).into(),
        ]);
    }
    table
}
