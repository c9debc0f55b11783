//! Which service a command is for.

use super::Context;
use crate::{
    Error, Result,
    api::{Received, segment, services::Service, typed},
    text,
};

impl Context {
    /// The given service, else the only one of nokube.toml, else the only one of the project, else the answer to a
    /// question.
    pub async fn service(&self, given: Option<&str>) -> Result<String> {
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        let mut names = self.config_file()?.map(|file| file.services).unwrap_or_default();
        if names.is_empty() {
            names = self.services().await?.iter().map(|service| service.name.clone()).collect();
        }
        match names.as_slice() {
            [] => Err(Error::not_found(text!(
                "The project has no service.",
                "Le projet n’a aucun service."
            ))
            .next(text!(
                "Add one: `nokube init` and `nokube up` in its repository",
                "Ajoutez-en un : `nokube init` et `nokube up` dans son dépôt"
            ))),
            [only] => Ok(only.clone()),
            several => self.choose_service(several),
        }
    }

    fn choose_service(&self, names: &[String]) -> Result<String> {
        let question = text!("Which service?", "Quel service ?");
        if let Some(chosen) = self.output.choose(&question, names, String::clone)? {
            return Ok(chosen.clone());
        }
        let names = names.join(", ");
        Err(Error::usage(text!(
            "Which service? There are {names}.",
            "Quel service ? Il y a {names}."
        )))
    }

    /// The services of the project.
    pub async fn services(&self) -> Result<Vec<Service>> {
        let path = format!("/api/v1/projects/{}/services", self.project().await?.id);
        typed(self.client().await?.all(&path, "services").await?)
    }

    /// A service of the project, by name.
    pub async fn service_named(&self, name: &str) -> Result<Received<Service>> {
        let path =
            format!("/api/v1/projects/{}/services/{}", self.project().await?.id, segment(name));
        self.client().await?.get(path).receive().await
    }

    /// The id of a service's deployment.
    pub async fn deployment_id(&self, service: &str) -> Result<String> {
        let found = self.service_named(service).await?;
        found.typed.deployment_id.ok_or_else(|| {
            Error::not_found(text!("{service} is not deployed.", "{service} n’est pas déployé."))
                .next(text!(
                    "Deploy it: nokube deploy {service}",
                    "Déployez-le : nokube deploy {service}"
                ))
        })
    }
}
