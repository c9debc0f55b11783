//! The services of a project in a table.

use crate::{
    Outcome, Result,
    api::{
        Received,
        deployments::Deployment,
        services::{LastBuild, Service},
    },
    context::Context,
    follow::{
        issues,
        statuses::{build_status, deployment_status},
    },
    output::{Output, Style, Table, table::Cell, time::ago},
    text,
};
use serde_json::json;
use std::collections::BTreeMap;

type Deployments = BTreeMap<String, Received<Deployment>>;

pub async fn run(context: &Context) -> Result<Outcome> {
    let (client, project) = (context.client().await?, context.project().await?);
    let path = format!("/api/v1/projects/{}", project.id);
    let (services, deployments) = (format!("{path}/services"), format!("{path}/deployments"));
    let (services, deployments) = futures::try_join!(
        client.all(&services, "services"),
        client.all(&deployments, "deployments"),
    )?;
    let output = &context.output;
    if output.is_json() {
        output.json(&json!({ "services": services, "deployments": deployments }));
        return Ok(Outcome::Done);
    }
    let services = services.into_iter().map(Received::of).collect::<Result<Vec<_>>>()?;
    let by_id = |json| {
        let deployment: Received<Deployment> = Received::of(json)?;
        Ok((deployment.deployment_id.clone(), deployment))
    };
    let deployments = deployments.into_iter().map(by_id).collect::<Result<Deployments>>()?;
    print(output, &project.full_name(), &services, &deployments);
    Ok(Outcome::Done)
}

fn print(
    output: &Output,
    project: &str,
    services: &[Received<Service>],
    deployments: &Deployments,
) {
    if services.is_empty() {
        output.note(&text!(
            "{project} has no service. Add one: `nokube init` and `nokube up` in its repository",
            "{project} n’a aucun service. Ajoutez-en un : `nokube init` et `nokube up` dans son dépôt"
        ));
        return;
    }
    output.table(&table(services, deployments));
    let wrong = services.iter().filter_map(|service| {
        let issue = deployment_of(service, deployments)?.issues.first()?;
        Some((&service.name, issues::message(issue)))
    });
    for (service, message) in wrong {
        output.note(&output.styled(Style::Warning, &format!("{service}: {message}")));
        output.note(&text!(
            "  More: nokube status {service}",
            "  En savoir plus : nokube status {service}"
        ));
    }
}

fn deployment_of<'a>(service: &Service, deployments: &'a Deployments) -> Option<&'a Deployment> {
    deployments.get(service.deployment_id.as_ref()?).map(|received| &received.typed)
}

fn table(services: &[Received<Service>], deployments: &Deployments) -> Table {
    let mut table = Table::new([
        text!("service", "service"),
        text!("status", "état"),
        text!("ready", "prêtes"),
        text!("build", "build"),
        text!("address", "adresse"),
    ]);
    for service in services {
        let deployment = deployment_of(service, deployments);
        table.row([
            service.name.as_str().into(),
            deployment.map_or_else(not_deployed, status),
            deployment.map(ready).unwrap_or_default().into(),
            service.last_build.as_ref().map(build).unwrap_or_default(),
            deployment.and_then(|deployment| deployment.access_url.as_deref()).unwrap_or("").into(),
        ]);
    }
    table
}

pub fn not_deployed() -> Cell {
    Cell::styled(text!("not deployed", "pas déployé"), Style::Faint)
}

pub fn status(deployment: &Deployment) -> Cell {
    let status = &deployment.status;
    Cell::status(deployment_status(status), status.as_str())
}

pub fn ready(deployment: &Deployment) -> String {
    format!("{}/{}", deployment.replicas_ready, deployment.replicas_total)
}

fn build(build: &LastBuild) -> Cell {
    let (status, ago) = (build_status(&build.status), ago(build.created_at));
    Cell::status(format!("{status}, {ago}"), build.status.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::status::service::tests::service;
    use crate::follow::deployment::tests::deployment;

    #[test]
    fn services_that_are_not_deployed_are_listed_too() {
        let received = |service: Service| Received { typed: service, json: json!({}) };
        let services = [
            received(service(json!({ "name": "shop", "deployment_id": "d1" }))),
            received(service(json!({ "name": "worker" }))),
        ];
        let running = deployment(
            json!({ "status": "running", "replicas_ready": 2, "access_url": "http://x.test" }),
        );
        let deployments = [("d1".into(), Received { typed: running, json: json!({}) })].into();
        let expected = "SERVICE  STATUS        READY  BUILD  ADDRESS\n\
                        shop     running       2/2           http://x.test\n\
                        worker   not deployed\n";
        assert_eq!(table(&services, &deployments).render(false), expected);
    }
}
