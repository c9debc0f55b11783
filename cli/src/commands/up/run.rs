//! Builds a service, and deploys the build.

use super::plan::Plan;
use crate::{
    Exit, Outcome, Result,
    api::{Received, builds::Build},
    commands::{
        build::start,
        deploy::request::{of_saved, send},
    },
    context::Context,
    follow::{Follow, build::short},
    git::Checkout,
    output::Style,
    text,
};
use serde_json::{Value, json};
use std::{cell::RefCell, time::Duration};

/// What services have in common.
pub struct Run<'a> {
    pub context: &'a Context,
    pub follow: Follow<'a>,
    pub project: u64,
    pub checkout: Checkout,
    pub timeout: Duration,
    pub detach: bool,
    /// What goes on at the platform at the moment.
    pub under_way: RefCell<Vec<UnderWay>>,
}

/// What goes on at the platform, also without this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnderWay {
    Build { service: String, id: String },
    Deployment { service: String },
}

/// What became of a service.
#[derive(Clone, Debug)]
pub struct Ended {
    pub service: String,
    pub outcome: Outcome,
    pub build_id: String,
    pub deployment_id: Option<String>,
    pub status: String,
    pub address: Option<String>,
}

impl Run<'_> {
    /// Builds and deploys a service.
    ///
    /// # Errors
    /// The platform rejects something, or does not answer for a while.
    pub async fn service(&self, plan: &Plan) -> Result<Ended> {
        let service = plan.name.as_str();
        let build_id = self.start_build(service).await?;
        let mut ended = Ended {
            service: service.to_owned(),
            outcome: Outcome::Done,
            build_id: build_id.clone(),
            deployment_id: None,
            status: "pending".to_owned(),
            address: None,
        };
        if self.detach {
            return Ok(ended);
        }
        let build = self.follow.build(service, &build_id).await?;
        self.ends(&UnderWay::Build { service: service.to_owned(), id: build_id });
        ended.outcome = self.follow.report_build(service, &build).await;
        ended.status = build.status.as_str().to_owned();
        if ended.outcome != Outcome::Done {
            return Ok(ended);
        }
        self.check_commit(service, &build);
        if !plan.is_deployed {
            self.follow.board.note(&text!(
                "{service} is not deployed: nokube.toml has no [services.{service}.deployment].",
                "{service} n’est pas déployé : nokube.toml n’a pas de [services.{service}.deployment]."
            ));
            return Ok(ended);
        }
        self.deploy(plan, &build, &mut ended).await?;
        Ok(ended)
    }

    async fn start_build(&self, service: &str) -> Result<String> {
        self.follow.board.set(service, &text!("the build is requested", "le build est demandé"));
        let mut body = start::of_service(self.project, service);
        body.insert("branch".into(), json!(self.checkout.branch));
        let client = self.context.client().await?;
        let key = start::random_key()?;
        let started = start::request(client, "/api/v1/builds", &Value::Object(body), &key).await?;
        self.follow.board.event("build_started", service, "build", &started.json);
        let id = started.build_id.clone();
        self.begins(UnderWay::Build { service: service.to_owned(), id: id.clone() });
        Ok(id)
    }

    async fn deploy(&self, plan: &Plan, build: &Build, ended: &mut Ended) -> Result<()> {
        let service = plan.name.as_str();
        self.follow
            .board
            .set(service, &text!("the deployment is requested", "le déploiement est demandé"));
        let body = of_saved(self.project, service, plan.secrets.sent.as_ref());
        let created = send(self.context.client().await?, &body).await?;
        self.follow.board.event("deployment_started", service, "deployment", &created.json);
        let under_way = UnderWay::Deployment { service: service.to_owned() };
        self.begins(under_way.clone());
        let id = &created.deployment_id;
        let followed = self.follow.deployment(service, id, self.timeout).await?;
        self.ends(&under_way);
        ended.outcome = self.follow.report_deployment(service, &followed, self.timeout).await;
        let deployment = &followed.deployment;
        if deployment.build_id.as_deref() != Some(build.build_id.as_str()) {
            let message = text!(
                "{service}: a newer build is deployed, and not the one of this command.",
                "{service} : un build plus récent est déployé, et non celui de cette commande."
            );
            self.follow.board.styled_note(Style::Warning, &message);
        }
        ended.deployment_id = Some(id.clone());
        ended.status = deployment.status.as_str().to_owned();
        ended.address = deployment.access_url.clone();
        Ok(())
    }

    /// Somebody may have pushed between the look at the remote and the build.
    fn check_commit(&self, service: &str, build: &Received<Build>) {
        let Some(expected) = &self.checkout.commit else { return };
        if *expected == build.commit_sha {
            return;
        }
        let (built, expected) = (short(&build.commit_sha), short(expected));
        let message = text!(
            "{service}: commit {built} was built, and not {expected}: that is what the platform found at the branch.",
            "{service} : c’est le commit {built} qui a été construit, et non {expected} : c’est ce que la plateforme a trouvé dans la branche."
        );
        self.follow.board.styled_note(Style::Warning, &message);
    }

    fn begins(&self, what: UnderWay) {
        self.under_way.borrow_mut().push(what);
    }

    fn ends(&self, what: &UnderWay) {
        self.under_way.borrow_mut().retain(|under_way| under_way != what);
    }
}

/// What goes on without this program, and the commands that look at it.
pub fn goes_on(under_way: &[UnderWay]) -> String {
    let mut lines = vec![match under_way {
        [] => {
            text!("Nothing is under way at the platform.", "Rien n’est en cours sur la plateforme.")
        }
        _ => text!("This goes on at the platform:", "Ceci continue sur la plateforme :"),
    }];
    lines.extend(under_way.iter().map(|what| match what {
        UnderWay::Build { service, id } => text!(
            "  {service}: nokube build show {id}, nokube build cancel {id}. It is not deployed by itself: nokube deploy {service}",
            "  {service} : nokube build show {id}, nokube build cancel {id}. Il n’est pas déployé ensuite : nokube deploy {service}"
        ),
        UnderWay::Deployment { service } => text!(
            "  {service}: nokube status {service}, nokube rollback {service}",
            "  {service} : nokube status {service}, nokube rollback {service}"
        ),
    }));
    lines.join("\n")
}

/// The exit status for all services together: the first failure decides, a failed build before a deployment.
pub fn outcome(ended: &[Ended]) -> Outcome {
    let failed = |exit| ended.iter().any(|ended| ended.outcome == Outcome::Failed(exit));
    match (failed(Exit::BuildFailed), failed(Exit::DeploymentFailed)) {
        (true, _) => Outcome::Failed(Exit::BuildFailed),
        (false, true) => Outcome::Failed(Exit::DeploymentFailed),
        (false, false) => Outcome::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(outcome: Outcome) -> Ended {
        Ended {
            service: "shop".into(),
            outcome,
            build_id: "b1".into(),
            deployment_id: None,
            status: "success".into(),
            address: None,
        }
    }

    #[test]
    fn a_failed_build_decides_before_a_failed_deployment() {
        let build = ended(Outcome::Failed(Exit::BuildFailed));
        let deployment = ended(Outcome::Failed(Exit::DeploymentFailed));
        let done = ended(Outcome::Done);
        let all = [done.clone(), deployment.clone(), build];
        assert_eq!(outcome(&all), Outcome::Failed(Exit::BuildFailed));
        assert_eq!(outcome(&[done.clone(), deployment]), Outcome::Failed(Exit::DeploymentFailed));
        assert_eq!(outcome(&[done]), Outcome::Done);
    }

    #[test]
    fn after_ctrl_c_it_is_said_what_goes_on_and_how_to_look() {
        let under_way = [
            UnderWay::Build { service: "web".into(), id: "b1".into() },
            UnderWay::Deployment { service: "api".into() },
        ];
        let text = goes_on(&under_way);
        assert!(
            text.contains("nokube build cancel b1") && text.contains("nokube deploy web"),
            "{text}"
        );
        assert!(text.contains("nokube rollback api"), "{text}");
        assert_eq!(goes_on(&[]), "Nothing is under way at the platform.");
    }
}
