//! `nokube stop`, `start`, `restart`, `scale`, `resume`.

use super::{
    configuration::{
        Configuration,
        fields::{Scale as Pods, change_scale},
    },
    deployed,
    rollback::note_pause,
};
use crate::{
    Error, Outcome, Result,
    api::{Received, deployments::DeploymentCreated, segment},
    args::{
        ServiceName,
        lifecycle::{Restart, Resume, Scale, Start, Stop, Wait},
    },
    context::Context,
    text,
};

pub async fn stop(context: &Context, args: Stop) -> Result<Outcome> {
    let created = act(context, &args.service, "stop").await?;
    if context.output.is_json() {
        context.output.json(&created.json);
        return Ok(Outcome::Done);
    }
    let service = &created.service_name;
    context.output.note(&text!(
        "{service} is stopped. Start it: nokube start {service}",
        "{service} est arrêté. Pour le démarrer : nokube start {service}"
    ));
    note_pause(context, service).await?;
    Ok(Outcome::Done)
}

pub async fn start(context: &Context, args: Start) -> Result<Outcome> {
    run(context, &args.service, "start", &args.wait).await
}

pub async fn restart(context: &Context, args: Restart) -> Result<Outcome> {
    let service = args.service.service.as_deref().unwrap_or_default();
    let restarted = run(context, &args.service, "restart", &args.wait).await;
    restarted.map_err(|error| match error.reason() {
        Some("deployment_stopped") => error.next(text!(
            "Start it: nokube start {service}",
            "Démarrez-le : nokube start {service}"
        )),
        _ => error,
    })
}

pub async fn resume(context: &Context, args: Resume) -> Result<Outcome> {
    run(context, &args.service, "resume", &args.wait).await
}

pub async fn scale(context: &Context, args: Scale) -> Result<Outcome> {
    let pods = match (args.replicas, args.min, args.max) {
        (Some(0), ..) => {
            let service = &args.service;
            return Err(Error::usage(text!(
                "A service has at least one pod. Stop it: nokube stop {service}",
                "Un service a au moins une instance. Arrêtez-le : nokube stop {service}"
            )));
        }
        (Some(replicas), ..) => Pods::Fixed(replicas),
        (None, Some(min), Some(max)) => Pods::Automatic { min, max },
        (None, ..) => {
            return Err(Error::usage(text!(
                "Give a number, or --min and --max.",
                "Donnez un nombre, ou --min et --max."
            )));
        }
    };
    let configuration = Configuration::load(context, Some(&args.service)).await?;
    let mut fields = configuration.fields();
    change_scale(&mut fields, pods);
    let changed = configuration.save(fields, &args.redeploy).await?;
    Ok(changed.print(context, &configuration.service))
}

async fn run(
    context: &Context,
    service: &ServiceName,
    action: &str,
    wait: &Wait,
) -> Result<Outcome> {
    let created = act(context, service, action).await?;
    Ok(deployed::follow(context, created, wait).await?.print(&context.output))
}

/// `POST …/deployments/{deployment}/{action}`.
async fn act(
    context: &Context,
    service: &ServiceName,
    action: &str,
) -> Result<Received<DeploymentCreated>> {
    let service = context.service(service.service.as_deref()).await?;
    let deployment = context.deployment_id(&service).await?;
    let path = format!("/api/v1/deployments/{}/{action}", segment(&deployment));
    context.client().await?.post(path).receive().await
}
