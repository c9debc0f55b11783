//! What a command does after the platform has accepted a deployment: it waits until that runs, and says how it ended.

use crate::{
    Exit, Outcome, Result,
    api::{Received, deployments::DeploymentCreated},
    args::lifecycle::Wait,
    context::Context,
    follow::Follow,
    interrupt::until_lost,
    output::{Output, Style, clean},
    text,
};
use serde_json::Value;

/// How a deployment ended, or how it began if nobody waits for it.
pub struct Deployed {
    pub outcome: Outcome,
    /// The deployment, as it was received.
    pub document: Value,
    pub address: Option<String>,
}

impl Deployed {
    /// Prints the result of a command that has done nothing else.
    pub fn print(self, output: &Output) -> Outcome {
        if output.is_json() {
            output.json(&self.document);
        } else if let (Some(address), Outcome::Done) = (&self.address, self.outcome) {
            output.print(&clean(address));
        }
        self.outcome
    }
}

/// Waits until a deployment runs, unless `wait` says otherwise.
///
/// # Errors
/// It cannot be read, or the person ends the program.
pub async fn follow(
    context: &Context,
    created: Received<DeploymentCreated>,
    wait: &Wait,
) -> Result<Deployed> {
    let DeploymentCreated { service_name, deployment_id, revision, .. } = &created.typed;
    if wait.detach {
        return Ok(detached(&context.output, &created));
    }
    let timeout = wait.timeout.timeout;
    let work = async {
        let follow = Follow::new(context, 1, false).await?;
        let phase = text!("revision {revision} is deployed", "la révision {revision} est déployée");
        follow.board.set(service_name, &phase);
        let followed = follow.deployment(service_name, deployment_id, timeout).await?;
        let outcome = follow.report_deployment(service_name, &followed, timeout).await;
        let deployment = followed.deployment;
        let address = deployment.access_url.clone();
        Ok(Deployed { outcome, document: deployment.json, address })
    };
    let goes_on = || {
        text!(
            "{service_name} goes on being deployed. Look again: nokube status {service_name}",
            "Le déploiement de {service_name} continue. Pour voir la suite : nokube status {service_name}"
        )
    };
    until_lost(work, goes_on).await
}

fn detached(output: &Output, created: &Received<DeploymentCreated>) -> Deployed {
    let DeploymentCreated { service_name, status, revision, error_message, warnings, .. } =
        &created.typed;
    for warning in warnings {
        output.note(&output.styled(Style::Warning, &clean(warning)));
    }
    if let Some(message) = error_message {
        output.note(&output.styled(Style::Bad, &clean(message)));
    }
    output.note(&text!(
        "Revision {revision} of {service_name} is deployed. Look at it: nokube status {service_name}",
        "La révision {revision} de {service_name} est en cours de déploiement. Pour la suivre : nokube status {service_name}"
    ));
    let outcome = match status.is_failed() {
        true => Outcome::Failed(Exit::DeploymentFailed),
        false => Outcome::Done,
    };
    Deployed { outcome, document: created.json.clone(), address: created.access_url.clone() }
}
