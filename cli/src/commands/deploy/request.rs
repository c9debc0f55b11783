//! The requests that deploy a service.

use super::saved::{Fields, Saved};
use crate::{
    Error, Result,
    api::{
        Client, Received, deployments::DeploymentCreated, dry_run::DryRun, projects::Project,
        retry::while_limited,
    },
    text,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PATH: &str = "/api/v1/deploy";

/// What is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// A build, by its id.
    Build(String),
    /// An image of another registry.
    Name(String),
}

/// The request that the platform completes with what is saved, and with the newest build. `secrets`: their names, if
/// they are not those that are saved.
pub fn of_saved(project: u64, service: &str, secrets: Option<&BTreeSet<String>>) -> Fields {
    let mut body = Fields::new();
    body.insert("project_id".into(), json!(project));
    body.insert("service_name".into(), json!(service));
    if let Some(secrets) = secrets {
        body.insert("secrets".into(), kept(secrets));
    }
    body
}

/// A complete request: nothing that is saved is added to it. Secrets keep the values that they have in the release.
pub fn complete(
    project: &Project,
    service: &str,
    configuration: Fields,
    image: Image,
    secrets: &BTreeSet<String>,
) -> Fields {
    let mut body = configuration;
    let (field, value) = match image {
        Image::Build(id) => ("build_id", id),
        Image::Name(name) => ("image_name", name),
    };
    body.insert(field.into(), json!(value));
    body.insert("project_id".into(), json!(project.id));
    body.insert("project_name".into(), json!(project.name));
    body.insert("username".into(), json!(project.owner));
    body.insert("service_name".into(), json!(service));
    body.insert("secrets".into(), kept(secrets));
    body
}

/// `null` keeps a value.
fn kept(secrets: &BTreeSet<String>) -> Value {
    secrets.iter().map(|name| (name.clone(), Value::Null)).collect::<Fields>().into()
}

/// The names of the secrets of a complete request: those of the running release, but none that was removed since.
///
/// # Errors
/// Some are saved that the release does not have. Such a request cannot take their values from there.
pub fn secrets_of_release(saved: &Saved) -> Result<BTreeSet<String>> {
    let running = saved.released_secrets();
    if saved.configuration.is_none() {
        return Ok(running);
    }
    let new: Vec<_> = saved.secrets.difference(&running).cloned().collect();
    if new.is_empty() {
        return Ok(running.intersection(&saved.secrets).cloned().collect());
    }
    let names = new.join(", ");
    Err(Error::failed(text!(
        "These secrets were saved since the last deployment, and are only deployed with the newest build: {names}.",
        "Ces secrets ont été enregistrés depuis le dernier déploiement, et ne sont déployés qu’avec le dernier build : {names}."
    ))
    .next(text!("Deploy that one first: nokube deploy", "Déployez d’abord celui-là : nokube deploy")))
}

/// Sends a request to deploy.
///
/// # Errors
/// The platform rejects it, or does not answer.
pub async fn send(client: &Client, body: &Fields) -> Result<Received<DeploymentCreated>> {
    while_limited(async || client.post(PATH).json(body)?.receive().await).await
}

/// Asks what a request to deploy would do.
///
/// # Errors
/// The platform rejects it, or does not answer.
pub async fn dry_run(client: &Client, body: &Fields) -> Result<Received<DryRun>> {
    client.post(PATH).query("dry_run", true).json(body)?.receive().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::deploy::saved::Release;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn project() -> Project {
        let created_at = jiff::Timestamp::UNIX_EPOCH;
        let (name, owner, role) = ("myapp".into(), "alice".into(), "owner".into());
        Project { id: 7, name, owner, description: None, role, created_at }
    }

    #[test]
    fn what_is_saved_needs_no_more_than_the_name() {
        let body = Value::Object(of_saved(7, "shop", None));
        assert_eq!(body, json!({"project_id": 7, "service_name": "shop"}));
        let body = Value::Object(of_saved(7, "shop", Some(&names(&["A"]))));
        assert_eq!(body, json!({"project_id": 7, "service_name": "shop", "secrets": {"A": null}}));
    }

    #[test]
    fn a_complete_request_has_the_configuration_and_keeps_secrets() {
        let configuration = json!({"replicas": 2}).as_object().unwrap().clone();
        let image = Image::Build("b1".into());
        let body =
            Value::Object(complete(&project(), "shop", configuration, image, &names(&["A"])));
        let expected = json!({
            "project_id": 7, "project_name": "myapp", "username": "alice", "service_name": "shop",
            "build_id": "b1", "replicas": 2, "secrets": {"A": null},
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_secret_without_a_value_in_the_release_is_not_left_out_silently() {
        let release = Release { secrets: names(&["OLD", "A"]), ..Release::default() };
        let mut saved = Saved { release: Some(release), ..Saved::default() };
        assert_eq!(secrets_of_release(&saved).unwrap(), names(&["A", "OLD"]));
        saved.configuration = Some(Fields::new());
        saved.secrets = names(&["A"]);
        assert_eq!(secrets_of_release(&saved).unwrap(), names(&["A"]), "OLD was removed");
        saved.secrets = names(&["A", "NEW"]);
        assert!(secrets_of_release(&saved).unwrap_err().message.contains("NEW"));
    }
}
