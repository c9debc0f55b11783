//! Changes what is saved to deploy a service with, and deploys what runs with it. `env`, `secrets` and `scale` share this.

pub mod fields;
mod plan;

pub use plan::{NotDeployed, Secrets};

use super::{
    deploy::saved::{Fields, Saved},
    deployed::{self, Deployed},
};
use crate::{
    Error, Exit, Outcome, Result,
    api::{
        Client, Received,
        builds::{Build, BuildPage},
        deployments::DeploymentStatus,
        projects::Project,
        segment,
        services::Service,
    },
    args::lifecycle::Redeploy,
    context::Context,
    text,
};
use plan::Plan;
use serde_json::{Value, json};

/// How many pages of builds are searched for the newest one of a service.
const MAX_PAGES: usize = 5;

/// What is saved of a service, to be changed.
pub struct Configuration<'a> {
    context: &'a Context,
    client: &'a Client,
    project: &'a Project,
    pub service: String,
    pub saved: Saved,
}

/// A change that was saved.
pub struct Changed {
    pub saved: Value,
    pub deployed: Result<Deployed, NotDeployed>,
}

impl<'a> Configuration<'a> {
    pub async fn load(context: &'a Context, service: Option<&str>) -> Result<Configuration<'a>> {
        let service = context.service(service).await?;
        let (client, project) = (context.client().await?, context.project().await?);
        let saved = Saved::load(client, project.id, &service).await?;
        Ok(Self { context, client, project, service, saved })
    }

    /// What is saved; else what runs.
    pub fn fields(&self) -> Fields {
        self.saved.last_configuration().cloned().unwrap_or_default()
    }

    /// The path of what is saved: `deployment` or `secrets`.
    pub fn path(&self, what: &str) -> String {
        let (project, service) = (self.project.id, segment(&self.service));
        format!("/api/v1/projects/{project}/services/{service}/{what}")
    }

    /// Saves the configuration, and deploys it.
    pub async fn save(&self, fields: Fields, redeploy: &Redeploy) -> Result<Changed> {
        self.check_deployable(redeploy)?;
        let saved = self.client.put(self.path("deployment")).json(&fields)?.send().await;
        let saved = saved.map_err(explain)?.json()?;
        // As the platform has completed it.
        let fields = saved.get("configuration").and_then(Value::as_object).unwrap_or(&fields);
        let deployed = self.deploy(fields, &Secrets::new(), true, redeploy).await?;
        Ok(Changed { saved, deployed })
    }

    /// Saves secrets, and deploys them.
    pub async fn save_secrets(&self, secrets: Secrets, redeploy: &Redeploy) -> Result<Changed> {
        self.check_deployable(redeploy)?;
        let body = json!({ "secrets": secrets });
        let saved = self.client.put(self.path("secrets")).json(&body)?.send().await?.json()?;
        let is_saved = self.saved.configuration.is_some();
        let deployed = self.deploy(&self.fields(), &secrets, is_saved, redeploy).await?;
        Ok(Changed { saved, deployed })
    }

    /// Before anything is saved.
    fn check_deployable(&self, redeploy: &Redeploy) -> Result<()> {
        let is_promoted = self.saved.release.as_ref().is_some_and(|release| release.is_promoted);
        if redeploy.no_deploy || !is_promoted {
            return Ok(());
        }
        let service = &self.service;
        let message = text!(
            "{service} runs a release of another project, whose image cannot be deployed with another configuration.",
            "{service} fait tourner une révision d’un autre projet, dont l’image ne peut pas être déployée avec une autre configuration."
        );
        Err(Error::new(Exit::Rejected, message).next(text!(
            "Change it there and promote it again, or save the change only: --no-deploy",
            "Changez-la là-bas puis promouvez de nouveau, ou enregistrez seulement : --no-deploy"
        )))
    }

    /// Deploys what runs with another configuration. `is_saved`: the configuration is what is saved.
    async fn deploy(
        &self,
        configuration: &Fields,
        changed_secrets: &Secrets,
        is_saved: bool,
        redeploy: &Redeploy,
    ) -> Result<Result<Deployed, NotDeployed>> {
        if redeploy.no_deploy {
            return Ok(Err(NotDeployed::NotWanted));
        }
        let service = self.saved.service.as_ref();
        let deployment = service.and_then(|service| service.deployment_id.as_deref());
        let (Some(deployment), Some(release)) = (deployment, &self.saved.release) else {
            return Ok(Err(NotDeployed::NeverDeployed));
        };
        let deployment = self.client.deployment(deployment).await?;
        if deployment.status.as_str() == DeploymentStatus::STOPPED {
            return Ok(Err(NotDeployed::Stopped));
        }
        let newest_build = match service.filter(|_| is_saved) {
            Some(service) => newest_build(self.client, self.project.id, service).await?,
            None => None,
        };
        let plan = Plan {
            project: self.project,
            service: &self.service,
            configuration,
            saved_secrets: &self.saved.secrets,
            release,
            newest_build: newest_build.as_deref(),
            changed_secrets,
        };
        self.note_left_out(&plan);
        let request = self.client.post("/api/v1/deploy").json(&plan.request())?;
        let created = request.receive().await.map_err(|error| self.saved_only(error))?;
        deployed::follow(self.context, created, &redeploy.wait).await.map(Ok)
    }

    fn note_left_out(&self, plan: &Plan<'_>) {
        let (names, service) = (plan.left_out().join(", "), &self.service);
        if !names.is_empty() {
            self.context.output.note(&text!(
                "Saved secrets that are not deployed yet stay so, because the newest build does not run: {names}. \
                 `nokube deploy {service}` deploys both.",
                "Des secrets enregistrés mais pas encore déployés le restent, car ce n’est pas le dernier build qui tourne : \
                 {names}. `nokube deploy {service}` déploie les deux."
            ));
        }
    }

    fn saved_only(&self, error: Error) -> Error {
        let service = &self.service;
        error.next(text!(
            "The change is saved, and not deployed. Once this is solved: nokube deploy {service}",
            "Le changement est enregistré, mais pas déployé. Une fois cela résolu : nokube deploy {service}"
        ))
    }
}

impl Changed {
    /// Prints what was deployed, or why nothing was.
    pub fn print(self, context: &Context, service: &str) -> Outcome {
        let output = &context.output;
        let (not_deployed, deployed) = match self.deployed {
            Ok(deployed) => (None, Some(deployed)),
            Err(reason) => (Some(reason), None),
        };
        let outcome = deployed.as_ref().map_or(Outcome::Done, |deployed| deployed.outcome);
        if output.is_json() {
            let deployment = deployed.map(|deployed| deployed.document);
            let reason = not_deployed.map(NotDeployed::code);
            output.json(&json!({
                "saved": self.saved, "deployment": deployment, "not_deployed": reason,
            }));
        } else if let Some(reason) = not_deployed {
            output.note(&reason.message(service));
        }
        outcome
    }
}

/// What comes from the repository is not changed here.
fn explain(error: Error) -> Error {
    match error.reason() {
        Some("config_file") => error.next(text!(
            "Change nokube.toml and push it, or stop using it: nokube services set SERVICE --config-file off",
            "Modifiez nokube.toml et poussez-le, ou n’utilisez plus ce fichier : nokube services set SERVICE --config-file off"
        )),
        _ => error,
    }
}

/// The newest build of a service that has succeeded; `None` if it is not among the newest of the project.
pub async fn newest_build(
    client: &Client,
    project: u64,
    service: &Service,
) -> Result<Option<String>> {
    if let Some(last) = service.last_build.as_ref().filter(|last| last.status.is_success()) {
        return Ok(Some(last.build_id.clone()));
    }
    let path = format!("/api/v1/projects/{project}/builds");
    let mut next = None;
    for _ in 0..MAX_PAGES {
        let request = client.get(path.as_str()).query("status", "success").query("limit", 200);
        let page: Received<BuildPage> = request.optional_query("next", next).receive().await?;
        let is_its =
            |build: &&Build| build.service_name == service.name && build.pull_request.is_none();
        if let Some(build) = page.builds.iter().find(is_its) {
            return Ok(Some(build.build_id.clone()));
        }
        next = page.typed.next;
        if next.is_none() {
            break;
        }
    }
    Ok(None)
}
