//! What the platform has of a service: what is saved of it, and what runs.

use crate::{
    Error, Exit, Result,
    api::{
        Client, Received,
        releases::{Revision, Revisions, SavedConfiguration, SavedSecrets},
        segment,
        services::Service,
    },
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What the configuration of a release has besides the fields that can be saved.
const NOT_SAVED: [&str; 4] = ["service_name", "image_name", "build_id", "secrets"];

/// Fields as the API shows them.
pub type Fields = Map<String, Value>;

#[derive(Debug, Default)]
pub struct Saved {
    /// `None` if the platform does not know the service.
    pub service: Option<Received<Service>>,
    /// What it is deployed with.
    pub configuration: Option<Fields>,
    /// The names of its saved secrets.
    pub secrets: BTreeSet<String>,
    /// What runs.
    pub release: Option<Release>,
}

/// The release that is deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    pub configuration: Fields,
    /// The names of its secrets.
    pub secrets: BTreeSet<String>,
    pub image_name: String,
    /// The build that has made its image.
    pub build_id: Option<String>,
    /// It comes from another deployment: its build is of another project.
    pub is_promoted: bool,
}

impl Saved {
    /// Reads it.
    ///
    /// # Errors
    /// The platform does not answer, or the person may not read it.
    pub async fn load(client: &Client, project: u64, service: &str) -> Result<Self> {
        let path = format!("/api/v1/projects/{project}/services/{}", segment(service));
        let (configuration, secrets) = (format!("{path}/deployment"), format!("{path}/secrets"));
        let (service, configuration, secrets) = futures::join!(
            client.get(path.as_str()).receive::<Service>(),
            client.get(configuration).receive::<SavedConfiguration>(),
            client.get(secrets).receive::<SavedSecrets>(),
        );
        let service = if_found(service)?;
        let configuration = if_found(configuration)?.map(|saved| saved.typed.configuration);
        let secrets = if_found(secrets)?.map(|saved| saved.typed.names).unwrap_or_default();
        let deployment = service.as_ref().and_then(|service| service.deployment_id.as_deref());
        let release = match deployment {
            Some(deployment) => release_of(client, deployment).await?,
            None => None,
        };
        Ok(Self { service, configuration, secrets: secrets.into_iter().collect(), release })
    }

    /// Its branch says what is saved of it (`use_config_file`).
    pub fn follows_branch(&self) -> bool {
        let service = self.service.as_ref();
        service
            .is_some_and(|service| service.json.get("use_config_file") == Some(&Value::Bool(true)))
    }

    /// What it is deployed with, or was deployed with last.
    pub fn last_configuration(&self) -> Option<&Fields> {
        let release = self.release.as_ref().map(|release| &release.configuration);
        self.configuration.as_ref().or(release)
    }

    /// The names of the secrets of what runs.
    pub fn released_secrets(&self) -> BTreeSet<String> {
        self.release.as_ref().map(|release| release.secrets.clone()).unwrap_or_default()
    }
}

async fn release_of(client: &Client, deployment: &str) -> Result<Option<Release>> {
    let path = format!("/api/v1/deployments/{}/revisions", segment(deployment));
    let revisions = if_found(client.get(path).receive::<Revisions>().await)?;
    let current = revisions.and_then(|read| read.typed.revisions.into_iter().find(|it| it.current));
    Ok(current.map(Release::of))
}

impl Release {
    /// A release as the API shows it.
    pub fn of(revision: Revision) -> Self {
        let Revision { mut configuration, image_name, build_id, promoted_from, .. } = revision;
        let secrets = configuration.get("secrets").and_then(Value::as_object);
        let secrets = secrets.into_iter().flat_map(|secrets| secrets.keys().cloned()).collect();
        configuration.retain(|field, _| !NOT_SAVED.contains(&field.as_str()));
        let is_promoted = promoted_from.is_some();
        Self { configuration, secrets, image_name, build_id, is_promoted }
    }
}

/// `None` if there is no such thing.
fn if_found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error { exit: Exit::NotFound, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_configuration_of_a_release_can_be_saved() {
        let configuration = json!({
            "service_name": "shop", "image_name": "x", "build_id": null, "replicas": 2, "secrets": {"API_KEY": null},
        });
        let revision = json!({
            "revision": 3, "by": "alice", "created_at": "2026-01-01T00:00:00Z", "current": true, "automatic": false,
            "promoted_from": null, "image_name": "x", "image_digest": null, "build_id": null,
            "configuration": configuration,
        });
        let release = Release::of(serde_json::from_value(revision).unwrap());
        assert_eq!(Value::Object(release.configuration), json!({"replicas": 2}));
        assert_eq!(release.secrets, BTreeSet::from(["API_KEY".to_owned()]));
    }
}
