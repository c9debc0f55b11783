//! `nokube up`: saves what nokube.toml says of services, builds what is pushed, and deploys it.

mod dry_run;
mod file;
pub mod plan;
mod project;
mod run;
mod save;

use crate::{
    Error, Exit, Outcome, Result,
    args::deploy::Up,
    commands::deploy::saved::Saved,
    context::{Context, find_config_file},
    follow::{Follow, statuses},
    git::{self, Checkout},
    interrupt::until_interrupted,
    output::{Table, clean, table::Cell},
    text,
};
use futures::future::{join_all, try_join_all};
use nokube_domain::{config_file::FileService, name::ServiceName};
use plan::Plan;
use run::{Ended, Run, goes_on};
use serde_json::json;
use std::{cell::RefCell, env};

pub async fn run(context: &Context, args: Up) -> Result<Outcome> {
    let folder = env::current_dir().map_err(|error| Error::failed(error.to_string()))?;
    let Some(path) = find_config_file(&folder) else {
        git::check_repository(&folder).await?;
        return Err(file::missing());
    };
    let folder = path.parent().unwrap_or(&folder);
    // Its faults are told before git is asked.
    let here = if args.pushed { None } else { Some(file::read(&path)?) };
    let checkout = git::inspect(folder, args.remote.as_deref(), args.pushed).await?;
    let config = match here {
        Some(config) => config,
        None => file::read_pushed(&path, &checkout, &context.output).await?,
    };
    let services = file::select(&config, &args.services)?;
    let in_file = config.project.as_ref().map(|name| name.as_str());
    let project = project::find_or_create(context, in_file, &checkout, args.dry_run).await?;
    let id = project.as_ref().map(|project| project.id);
    let plans = plans(context, id, &checkout, services).await?;
    let (Some(project), false) = (&project, args.dry_run) else {
        return dry_run::run(context, project.as_ref(), &checkout, &plans).await;
    };
    let plans: Vec<_> = plans.into_iter().map(|(plan, _)| plan).collect();
    save_all(context, project.id, &checkout, &plans).await?;
    let run = Run {
        context,
        follow: Follow::new(context, plans.len(), true).await?,
        project: project.id,
        checkout,
        timeout: args.timeout.timeout,
        detach: args.detach,
        under_way: RefCell::default(),
    };
    let results = until_interrupted(
        async { Ok(join_all(plans.iter().map(|plan| one(&run, plan))).await) },
        || goes_on(&run.under_way.borrow()),
    )
    .await?;
    finish(run, results)
}

async fn one(run: &Run<'_>, plan: &Plan) -> Result<Ended> {
    run.service(plan).await.map_err(|error| error.of_service(plan.name.as_str()))
}

/// What is to be done with each service, and what is saved of it. Without a project nothing is.
async fn plans(
    context: &Context,
    project: Option<u64>,
    checkout: &Checkout,
    services: Vec<(&ServiceName, &FileService)>,
) -> Result<Vec<(Plan, Saved)>> {
    let client = context.client().await?;
    try_join_all(services.into_iter().map(async |(name, service)| {
        let saved = match project {
            Some(project) => Saved::load(client, project, name.as_str()).await?,
            None => Saved::default(),
        };
        Ok((Plan::new(name, service, checkout, &saved), saved))
    }))
    .await
}

/// Saves what differs. Nothing is saved if something is missing.
async fn save_all(
    context: &Context,
    project: u64,
    checkout: &Checkout,
    plans: &[Plan],
) -> Result<()> {
    save::check(plans)?;
    save::confirm(context, plans, &checkout.repository.url())?;
    let client = context.client().await?;
    for plan in plans {
        let saved = save::save(client, project, plan).await;
        saved.map_err(|error| error.of_service(plan.name.as_str()))?;
        match context.output.is_json() {
            true => {
                context.output.json_line(&json!({"type": "saved", "saved": save::document(plan)}))
            }
            false => save::lines(plan).iter().for_each(|line| {
                context.output.note(&context.output.styled(line.style, &line.text));
            }),
        }
    }
    Ok(())
}

impl Error {
    /// An error about one of several services.
    fn of_service(self, service: &str) -> Self {
        Self { message: format!("{service}: {}", self.message), ..self }
    }
}

/// Prints what became of the services. Of several errors the last one is returned, the others are printed.
fn finish(run: Run<'_>, results: Vec<Result<Ended>>) -> Result<Outcome> {
    let Run { context, follow, detach, under_way, .. } = run;
    drop(follow);
    let (mut ended, mut failed) = (Vec::new(), None);
    for result in results {
        match result {
            Ok(one) => ended.push(one),
            Err(error) => {
                if let Some(earlier) = failed.replace(error) {
                    context.output.error(&earlier);
                }
            }
        }
    }
    print(context, &ended, detach);
    match failed {
        Some(error) if error.exit == Exit::Unavailable => {
            Err(error.next(goes_on(&under_way.borrow())))
        }
        Some(error) => Err(error),
        None => {
            if detach {
                context.output.note(&goes_on(&under_way.borrow()));
            }
            Ok(run::outcome(&ended))
        }
    }
}

fn print(context: &Context, ended: &[Ended], detach: bool) {
    let output = &context.output;
    if output.is_json() {
        let services: Vec<_> = ended.iter().map(document).collect();
        output.json_line(&json!({"type": "result", "services": services}));
        return;
    }
    if ended.is_empty() {
        return;
    }
    let third = if detach { text!("build", "build") } else { text!("address", "adresse") };
    let mut table = Table::new([text!("service", "service"), text!("status", "état"), third]);
    for Ended { service, status, build_id, address, .. } in ended {
        let third = if detach { build_id.as_str() } else { address.as_deref().unwrap_or_default() };
        let shown = Cell::status(statuses::any(status), status);
        table.row([service.as_str().into(), shown, clean(third).into()]);
    }
    output.table(&table);
}

fn document(ended: &Ended) -> serde_json::Value {
    let Ended { service, build_id, deployment_id, status, address, outcome } = ended;
    json!({
        "service": service, "build_id": build_id, "deployment_id": deployment_id, "status": status,
        "address": address, "succeeded": *outcome == Outcome::Done,
    })
}
