//! What `nokube up` does with a service: what it saves, and what is missing. Pure.

use crate::{
    commands::deploy::saved::{Fields, Saved},
    git::Checkout,
};
use nokube_domain::{
    config_file::{FieldChange, FileService},
    name::ServiceName,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is done with a service.
#[derive(Debug)]
pub struct Plan {
    pub name: ServiceName,
    /// What it is built from, if that has to be saved.
    pub source: Option<Save>,
    /// What it is deployed with, if that has to be saved.
    pub configuration: Option<Save>,
    /// Its branch says what is saved of it, so nothing is saved here.
    pub follows_branch: bool,
    /// It is built from another repository at the moment, at this address.
    pub other_repository: Option<String>,
    /// Something says how to deploy it.
    pub is_deployed: bool,
    pub secrets: Secrets,
}

/// A request that saves something.
#[derive(Debug, PartialEq)]
pub struct Save {
    /// Nothing was saved before.
    pub is_new: bool,
    pub fields: Fields,
    pub changes: Vec<FieldChange>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Secrets {
    /// The file names them, and they have no value.
    pub missing: Vec<String>,
    /// The running release has them. They are neither saved nor in the file, so the first deployment with a saved
    /// configuration would lose them.
    pub unnamed: Vec<String>,
    /// The names to send with a deployment, if the saved ones are not all.
    pub sent: Option<BTreeSet<String>>,
}

impl Plan {
    pub fn new(name: &ServiceName, file: &FileService, checkout: &Checkout, saved: &Saved) -> Self {
        let follows_branch = saved.follows_branch();
        let (source, other_repository) = source(name, file, checkout, saved);
        let configuration = configuration(name, file, saved);
        Self {
            name: name.clone(),
            source: source.filter(|_| !follows_branch),
            configuration: configuration.filter(|_| !follows_branch),
            follows_branch,
            other_repository: other_repository.filter(|_| !follows_branch),
            is_deployed: file.deployment.is_some() || saved.configuration.is_some(),
            secrets: secrets(file, saved),
        }
    }

    /// Nothing has to be saved.
    pub fn is_saved(&self) -> bool {
        self.source.is_none() && self.configuration.is_none()
    }
}

/// What to save of its source, and its repository if it is another one.
fn source(
    name: &ServiceName,
    file: &FileService,
    checkout: &Checkout,
    saved: &Saved,
) -> (Option<Save>, Option<String>) {
    let mut fields: Fields = file.build.clone().into_iter().collect();
    let shown = saved.service.as_ref().map(|service| &service.json);
    let Some(shown) = shown.and_then(shown_source) else {
        fields.insert("repository_url".into(), json!(checkout.repository.url()));
        fields.insert("branch".into(), json!(checkout.branch));
        let changes = added(&fields);
        return (Some(Save { is_new: true, fields, changes }), None);
    };
    let mut changes = file.source_changes(name, &shown);
    let url = shown.get("repository_url").and_then(Value::as_str).unwrap_or_default();
    let other = (!checkout.repository.is(url)).then(|| url.to_owned());
    if other.is_some() {
        let (field, after) = ("repository_url".to_owned(), json!(checkout.repository.url()));
        fields.insert(field.clone(), after.clone());
        changes.insert(0, FieldChange { field, before: Some(json!(url)), after: Some(after) });
    }
    let save = (!changes.is_empty()).then_some(Save { is_new: false, fields, changes });
    (save, other)
}

/// The source of a service with its watch paths, as the API shows them. `None` if none is saved.
fn shown_source(service: &Value) -> Option<Fields> {
    let mut source = service.get("source")?.as_object()?.clone();
    source.insert("watch_paths".into(), service.get("watch_paths").cloned().unwrap_or_default());
    Some(source)
}

fn configuration(name: &ServiceName, file: &FileService, saved: &Saved) -> Option<Save> {
    file.deployment.as_ref()?;
    let is_new = saved.configuration.is_none();
    let nothing = Fields::new();
    let before = saved.last_configuration();
    let fields = file.configuration_request(before.unwrap_or(&nothing));
    let changes = match before {
        Some(before) => file.configuration_changes(name, before),
        None => added(&fields),
    };
    (is_new || !changes.is_empty()).then_some(Save { is_new, fields, changes })
}

/// The changes that save fields where nothing was saved.
fn added(fields: &Fields) -> Vec<FieldChange> {
    let change = |(field, value): (&String, &Value)| FieldChange {
        field: field.clone(),
        before: None,
        after: Some(value.clone()),
    };
    fields.iter().map(change).collect()
}

fn secrets(file: &FileService, saved: &Saved) -> Secrets {
    let running = saved.released_secrets();
    let named: BTreeSet<_> = file.secrets.iter().cloned().collect();
    let missing =
        named.iter().filter(|name| !saved.secrets.contains(*name) && !running.contains(*name));
    let is_first = saved.configuration.is_none() && file.deployment.is_some();
    let unnamed = running
        .iter()
        .filter(|name| is_first && !saved.secrets.contains(*name) && !named.contains(*name));
    let kept: BTreeSet<_> =
        saved.secrets.iter().chain(named.intersection(&running)).cloned().collect();
    Secrets {
        missing: missing.cloned().collect(),
        unnamed: unnamed.cloned().collect(),
        sent: (kept != saved.secrets).then_some(kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::Received, commands::deploy::saved::Release, git::Address};
    use nokube_domain::config_file;

    fn checkout() -> Checkout {
        Checkout {
            repository: Address::parse("git@github.com:acme/shop.git").unwrap(),
            remote: "origin".into(),
            branch: "main".into(),
            commit: Some("abc".into()),
        }
    }

    fn plan(file: &str, saved: &Saved) -> Plan {
        let file = config_file::parse(file).unwrap();
        let (name, service) = file.services.first_key_value().unwrap();
        Plan::new(name, service, &checkout(), saved)
    }

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// A service that is built from this repository, with these fields besides.
    fn saved_service(more: Value) -> Saved {
        let mut service = json!({
            "project_id": 1, "name": "shop", "build_on_push": false, "watch_paths": [], "deploy_on_build": false,
            "previews": "off", "last_build": null, "deployment_id": null,
            "source": {
                "repository_url": "https://github.com/acme/shop", "branch": "main", "context": ".",
                "has_dockerfile": true, "dockerfile_path": "Dockerfile", "image_tag": "latest",
                "build_args": {}, "submodules": false, "lfs": false,
            },
        });
        service.as_object_mut().unwrap().extend(fields(more));
        Saved { service: Some(Received::of(service).unwrap()), ..Saved::default() }
    }

    #[test]
    fn a_new_service_is_saved_with_the_repository_and_branch_of_the_folder() {
        let plan = plan(
            "[services.shop.build]\ncontext = 'web'\n[services.shop.deployment]\nreplicas = 2",
            &Saved::default(),
        );
        let source = plan.source.unwrap();
        assert!(source.is_new);
        let expected = json!({
            "context": "web", "repository_url": "https://github.com/acme/shop", "branch": "main",
        });
        assert_eq!(Value::Object(source.fields), expected);
        let configuration = plan.configuration.unwrap();
        assert_eq!(
            (configuration.is_new, Value::Object(configuration.fields)),
            (true, json!({"replicas": 2}))
        );
        assert!(plan.is_deployed);
    }

    #[test]
    fn what_is_saved_already_is_not_saved_again() {
        let saved = saved_service(json!({}));
        let plan = plan("[services.shop.build]\nhas_dockerfile = true", &saved);
        assert!(plan.is_saved(), "{plan:?}");
        assert!(!plan.is_deployed, "nothing says how");
    }

    #[test]
    fn a_change_is_sent_alone_and_leaves_branch_and_switches() {
        let saved = saved_service(json!({"build_on_push": true, "deploy_on_build": true}));
        let source = plan("[services.shop.build]\ncontext = 'web'\nhas_dockerfile = true", &saved)
            .source
            .unwrap();
        assert!(!source.is_new);
        assert_eq!(Value::Object(source.fields), json!({"context": "web", "has_dockerfile": true}));
        let changed: Vec<_> = source.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(changed, ["context", "dockerfile_path"]);
    }

    #[test]
    fn another_repository_is_noticed() {
        let mut saved = saved_service(json!({}));
        if let Some(service) = &mut saved.service {
            service.json["source"]["repository_url"] = json!("https://github.com/acme/old");
        }
        let plan = plan("[services.shop]", &saved);
        assert_eq!(plan.other_repository.as_deref(), Some("https://github.com/acme/old"));
        let fields = plan.source.unwrap().fields;
        assert_eq!(
            Value::Object(fields),
            json!({"repository_url": "https://github.com/acme/shop"})
        );
    }

    #[test]
    fn a_service_that_follows_its_branch_is_not_changed_from_here() {
        let saved = saved_service(json!({"use_config_file": true}));
        let plan =
            plan("[services.shop.build]\ncontext = 'web'\n[services.shop.deployment]", &saved);
        assert!(plan.follows_branch && plan.is_saved() && plan.is_deployed);
    }

    #[test]
    fn the_domain_of_the_running_release_stays() {
        let configuration = fields(json!({"custom_domain": "shop.example.org", "replicas": 3}));
        let release = Release { configuration, ..Release::default() };
        let saved = Saved { release: Some(release), ..saved_service(json!({})) };
        let configuration =
            plan("[services.shop.deployment]\nreplicas = 2", &saved).configuration.unwrap();
        let expected = json!({"custom_domain": "shop.example.org", "replicas": 2});
        assert_eq!(Value::Object(configuration.fields), expected);
    }

    #[test]
    fn a_secret_of_the_file_must_have_a_value_somewhere() {
        let file = "[services.shop.deployment]\nsecrets = ['NEW', 'RUNNING', 'SAVED']";
        let release = Release { secrets: names(&["RUNNING", "OTHER"]), ..Release::default() };
        let mut saved = Saved {
            secrets: names(&["SAVED"]),
            release: Some(release),
            ..saved_service(json!({}))
        };
        let secrets = plan(file, &saved).secrets;
        assert_eq!(secrets.missing, ["NEW"]);
        assert_eq!(secrets.unnamed, ["OTHER"], "it would be lost");
        assert_eq!(secrets.sent, Some(names(&["RUNNING", "SAVED"])));

        // Afterwards what is saved is all there is.
        saved.configuration = Some(fields(json!({"replicas": 1})));
        assert_eq!(plan(file, &saved).secrets.unnamed, Vec::<String>::new());
        saved.secrets = names(&["NEW", "RUNNING", "SAVED"]);
        assert_eq!(plan(file, &saved).secrets, Secrets::default());
    }
}
