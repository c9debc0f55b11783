//! How a change of what is saved is deployed: with the image that runs, be it the newest build or not.

use crate::{
    api::projects::Project,
    commands::deploy::saved::{Fields, Release},
    text,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Changes of secrets: a value, or `None` for one that is removed.
pub type Secrets = BTreeMap<String, Option<String>>;

/// Why a change is saved only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDeployed {
    /// The person says so.
    NotWanted,
    NeverDeployed,
    /// A deployment would start it.
    Stopped,
}

impl NotDeployed {
    pub fn code(self) -> &'static str {
        match self {
            Self::NotWanted => "not_wanted",
            Self::NeverDeployed => "never_deployed",
            Self::Stopped => "stopped",
        }
    }

    pub fn message(self, service: &str) -> String {
        match self {
            Self::NotWanted => text!(
                "Saved, and not deployed. What runs is as before until: nokube deploy {service}",
                "Enregistré, sans déployer. Ce qui tourne ne change pas avant : nokube deploy {service}"
            ),
            Self::NeverDeployed => text!(
                "Saved. {service} is not deployed yet: nokube deploy {service}",
                "Enregistré. {service} n’est pas encore déployé : nokube deploy {service}"
            ),
            Self::Stopped => text!(
                "Saved. {service} is stopped, and was not deployed: nokube deploy {service} starts it with the change",
                "Enregistré. {service} est arrêté et n’a pas été déployé : nokube deploy {service} le démarre avec ce changement"
            ),
        }
    }
}

/// What is deployed.
pub struct Plan<'a> {
    pub project: &'a Project,
    pub service: &'a str,
    pub configuration: &'a Fields,
    /// The names of the saved secrets.
    pub saved_secrets: &'a BTreeSet<String>,
    pub release: &'a Release,
    /// The newest build of the service that has succeeded.
    pub newest_build: Option<&'a str>,
    /// What this command has changed.
    pub changed_secrets: &'a Secrets,
}

impl Plan<'_> {
    /// Whether what is saved can be deployed as it is: then the platform takes all from there.
    fn is_newest_build(&self) -> bool {
        self.newest_build.is_some() && self.release.build_id.as_deref() == self.newest_build
    }

    /// The request to deploy. With another image than the newest build, the platform takes nothing from what is saved.
    pub fn request(&self) -> Map<String, Value> {
        let mut request = match self.is_newest_build() {
            true => Map::new(),
            false => self.complete(),
        };
        request.insert("project_id".into(), json!(self.project.id));
        request.insert("service_name".into(), json!(self.service));
        request.insert("secrets".into(), self.secrets());
        request
    }

    fn complete(&self) -> Map<String, Value> {
        let mut request = self.configuration.clone();
        request.insert("project_name".into(), json!(self.project.name));
        request.insert("username".into(), json!(self.project.owner));
        let image = match &self.release.build_id {
            Some(build) => ("build_id", build),
            None => ("image_name", &self.release.image_name),
        };
        request.insert(image.0.into(), json!(image.1));
        request
    }

    /// The secrets of the next release: those that the current one has, whose values are kept, and what has changed. A
    /// saved one that is not deployed yet comes along if the platform takes it from there.
    fn secrets(&self) -> Value {
        let names = self.release.secrets.iter();
        let saved = self.saved_secrets.iter().filter(|_| self.is_newest_build());
        let mut secrets: Map<_, _> =
            names.chain(saved).map(|name| (name.clone(), Value::Null)).collect();
        for (name, value) in self.changed_secrets {
            match value {
                None => secrets.remove(name),
                // It was saved before.
                Some(_) if self.is_newest_build() => secrets.insert(name.clone(), Value::Null),
                Some(value) => secrets.insert(name.clone(), json!(value)),
            };
        }
        Value::Object(secrets)
    }

    /// The saved secrets that this deployment leaves out.
    pub fn left_out(&self) -> Vec<&str> {
        if self.is_newest_build() {
            return Vec::new();
        }
        let is_left_out = |name: &&String| {
            !self.release.secrets.contains(*name) && !self.changed_secrets.contains_key(*name)
        };
        self.saved_secrets.iter().filter(is_left_out).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn project() -> Project {
        let project = json!({
            "id": 7, "name": "shop", "owner": "alice", "description": null, "role": "owner",
            "created_at": "2026-01-01T00:00:00Z",
        });
        serde_json::from_value(project).unwrap()
    }

    fn release(build: Option<&str>) -> Release {
        Release {
            secrets: names(&["KEPT", "OLD"]),
            image_name: "docker.io/nginx:1.29".into(),
            build_id: build.map(str::to_owned),
            ..Release::default()
        }
    }

    fn check(build: Option<&str>, newest: Option<&str>, expected: Value, left_out: &[&str]) {
        let configuration = fields(json!({ "replicas": 2, "env_vars": { "A": "1" } }));
        let changed_secrets =
            [("NEW".to_owned(), Some("value".to_owned())), ("OLD".to_owned(), None)].into();
        let (project, release) = (project(), release(build));
        let plan = Plan {
            project: &project,
            service: "web",
            configuration: &configuration,
            saved_secrets: &names(&["KEPT", "NEW", "LATER"]),
            release: &release,
            newest_build: newest,
            changed_secrets: &changed_secrets,
        };
        assert_eq!(Value::Object(plan.request()), expected);
        assert_eq!(plan.left_out(), left_out);
    }

    #[test]
    fn with_the_newest_build_what_is_saved_is_deployed() {
        let expected = json!({
            "project_id": 7, "service_name": "web", "secrets": { "KEPT": null, "NEW": null, "LATER": null },
        });
        check(Some("b2"), Some("b2"), expected, &[]);
    }

    #[test]
    fn a_service_that_was_rolled_back_keeps_its_build() {
        let expected = json!({
            "project_id": 7, "project_name": "shop", "username": "alice", "service_name": "web", "build_id": "b1",
            "replicas": 2, "env_vars": { "A": "1" }, "secrets": { "KEPT": null, "NEW": "value" },
        });
        check(Some("b1"), Some("b2"), expected, &["LATER"]);
    }

    #[test]
    fn an_image_of_another_registry_stays() {
        let expected = json!({
            "project_id": 7, "project_name": "shop", "username": "alice", "service_name": "web",
            "image_name": "docker.io/nginx:1.29", "replicas": 2, "env_vars": { "A": "1" },
            "secrets": { "KEPT": null, "NEW": "value" },
        });
        check(None, Some("b2"), expected.clone(), &["LATER"]);
        check(None, None, expected, &["LATER"]);
    }
}
