//! Promotion: the very release of one deployment is deployed for another service, usually in another project.
//!
//! What makes the release comes along: its image by digest, and its configuration with its variables. What belongs to
//! the service that gets it stays there: its names, its address, its secrets, and its volume.

use super::{
    Address, ApplyOutcome, DeploymentRecord, Exposure, OutcomeRecord, Release, Revision,
    SavedDeployment, ServiceKind, Spec, Volume,
};
use crate::{fields::Fields, name::ServiceName, projects::Project};
use serde_json::Value;

/// Checks that the newest release of a deployment can be promoted. `outcome` is the newest that is known of it.
///
/// # Errors
/// Why not, as the error of a field that names the deployment.
pub fn check_promotable(
    record: &DeploymentRecord,
    revision: &Revision,
    outcome: Option<&OutcomeRecord>,
) -> Result<(), String> {
    if let Some(preview) = &record.preview {
        let number = preview.pull_request;
        return Err(format!(
            "is a preview of pull request {number}: its build is for previews only. Merge it, and deploy the \
             build of its branch"
        ));
    }
    let number = revision.number;
    let outcome = outcome.filter(|outcome| outcome.revision == number);
    match outcome.map(|outcome| &outcome.outcome) {
        Some(ApplyOutcome::Applied) => Ok(()),
        Some(ApplyOutcome::Rejected { .. }) => Err(format!(
            "does not run its newest release: the cluster rejected revision {number} of it"
        )),
        Some(ApplyOutcome::Interrupted(_)) | None => Err(format!(
            "does not run its newest release yet: revision {number} of it is still being applied"
        )),
    }
}

/// A release, and the service for which it is to be deployed.
pub struct Promotion<'a> {
    pub release: &'a Release,
    pub project: &'a Project,
    pub service: &'a ServiceName,
    /// What is deployed of the service; or else what is saved to deploy it with.
    pub own: Option<&'a Spec>,
    /// The names of the service's secrets: the saved ones; or else those of what is deployed.
    pub secrets: Vec<&'a String>,
}

impl Promotion<'_> {
    /// Adds to `fields` what makes them a request to deploy the release for the service, without its image. Fields that
    /// were sent win, as with what is saved.
    ///
    /// A secret that the release has and the service has not is an error, unless the request says which secrets there
    /// are: the program would start without it.
    pub fn complete(&self, fields: &mut Fields) {
        let Self { project, service, .. } = self;
        let (sent_secrets, variables) = (fields.sent("secrets"), fields.sent("env_vars"));
        let is_secret = |name: &String| match sent_secrets {
            Some(sent) => has_entry(sent, name),
            None => self.secrets.contains(&name),
        };
        let mut configuration = self.spec();
        configuration.variables.retain(|name, _| !is_secret(name));
        let is_variable = |name: &String| variables.is_some_and(|sent| has_entry(sent, name));
        let missing: Vec<_> = match sent_secrets {
            Some(_) => Vec::new(),
            None => {
                let names = self.release.secrets.iter();
                names.filter(|name| !is_secret(name) && !is_variable(name)).collect()
            }
        };
        for name in missing {
            let detail = format!(
                "is a secret of this release that '{service}' does not have: save it for '{service}' first, or \
                 send all secrets"
            );
            fields.add_error(&format!("secrets.{name}"), detail);
        }
        let (configuration, secrets) = (&configuration, self.secrets.clone());
        SavedDeployment { project, service, configuration, secrets }.add_to(fields);
    }

    /// The configuration of the release, with what the service has of its own.
    fn spec(&self) -> Spec {
        let Self { release, service, own, .. } = self;
        let mut spec = Spec { service: (*service).clone(), preview: None, ..release.spec.clone() };
        match own {
            Some(own) => {
                spec.display_name = own.display_name.clone();
                spec.description = own.description.clone();
            }
            None if spec.display_name == release.spec.service.as_str() => {
                spec.display_name = service.to_string();
            }
            None => {}
        }
        match own.filter(|own| own.kind != ServiceKind::Worker) {
            _ if spec.kind == ServiceKind::Worker => {}
            Some(own) => {
                spec.exposure = own.exposure.clone();
                spec.service_port = own.service_port;
            }
            None => spec.exposure = without_domain(spec.exposure),
        }
        spec.volume = volume(spec.volume, own.and_then(|own| own.volume.as_ref()));
        if spec.volume.is_some() {
            // A volume is for one pod at a time.
            (spec.replicas, spec.scaling) = (1, None);
        }
        spec
    }
}

/// Whether what was sent as a map has this entry.
fn has_entry(sent: &Value, name: &str) -> bool {
    sent.get(name).is_some()
}

/// A domain belongs to the service that has it.
fn without_domain(exposure: Exposure) -> Exposure {
    match exposure {
        Exposure::External { address: Address::Domain(_), https } => {
            Exposure::External { address: Address::OwnHost, https }
        }
        other => other,
    }
}

/// A volume has data, so that of the service stays, and does not shrink. The path is the program's.
fn volume(of_release: Option<Volume>, own: Option<&Volume>) -> Option<Volume> {
    match (of_release, own) {
        (Some(Volume { size, path }), Some(own)) => {
            Some(Volume { size: size.max(own.size.clone()), path })
        }
        (of_release, own) => of_release.or_else(|| own.cloned()),
    }
}
