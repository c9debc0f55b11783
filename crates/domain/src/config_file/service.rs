//! What a file says of a service.

use super::{
    Entry, Faults, as_table,
    names::{CUSTOM_DOMAIN, Place, SECRETS, unknown},
    section::Section,
};
use crate::{
    builds::BuildSpec,
    deployments::{check_configuration, check_entries},
    fields::Fields,
    name::ServiceName,
    problem::{FieldError, Problem},
    pushes::WatchPath,
    services::{DOCKERFILE_FIELDS, read_source},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use url::Url;

/// A name that is not used, of a service whose name is invalid.
const UNNAMED: &str = "service";

/// What a file says of a service, as the fields of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileService {
    /// Fields of what is saved to build a service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub build: BTreeMap<String, Value>,
    /// The fields of its configuration. `None`: the file says nothing about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<BTreeMap<String, Value>>,
    /// The names of secrets that must be saved before it is deployed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
}

impl FileService {
    /// Sets its fields in a request to save what a service is built from: they win. The other fields stay, but those
    /// about the Dockerfile are one choice.
    pub fn apply_to_source(&self, fields: &mut Fields) {
        let is_dockerfile = |field: &str| DOCKERFILE_FIELDS.contains(&field);
        if self.build.keys().any(|field| is_dockerfile(field)) {
            fields.retain(|field| !is_dockerfile(field));
        }
        for (field, value) in &self.build {
            fields.set(field, value.clone());
        }
    }

    /// Makes a request to save a configuration of what the file says of it, which is all of it: only the domain stays,
    /// unless it has no effect on the service. Without a configuration in the file, nothing changes.
    pub fn apply_to_configuration(&self, fields: &mut Fields) {
        let Some(deployment) = &self.deployment else { return };
        let text = |field: &str| deployment.get(field).and_then(Value::as_str);
        let is_external = text("exposure_type").is_none_or(|exposure| exposure == "external")
            && text("service_type") != Some("worker");
        let has_path = text("custom_path").is_some_and(|path| !path.is_empty());
        let keeps_domain = is_external && !has_path;
        fields.retain(|field| field == CUSTOM_DOMAIN && keeps_domain);
        for (field, value) in deployment {
            fields.set(field, value.clone());
        }
    }
}

/// Reads the table of a service. `None` if it is none.
pub(super) fn read(
    (key, value): Entry<'_, '_>,
    name: Option<&ServiceName>,
    faults: &mut Faults<'_>,
) -> Option<FileService> {
    let key_text = key.get_ref().as_ref();
    let place = Place::Service(key_text);
    let detail = "must be a table with [build] and [deployment]";
    let table = as_table(value, &place.path(), detail, faults)?;
    let name = name.cloned().or_else(|| UNNAMED.parse().ok())?;
    let mut service = FileService::default();
    for (part, value) in table {
        let part_name = part.get_ref().as_ref();
        let start = part.span().start;
        match part_name {
            "build" => {
                let place = Place::Build(key_text);
                if let Some(table) = as_table(value, &place.path(), "must be a table", faults) {
                    let section = Section::read(table, start, place, None, faults);
                    report(check_build(&section, name.clone()), &section, faults);
                    service.build = section.fields.into_iter().collect();
                }
            }
            "deployment" => {
                let place = Place::Deployment(key_text);
                if let Some(table) = as_table(value, &place.path(), "must be a table", faults) {
                    read_deployment(table, start, key, name.clone(), &mut service, faults);
                }
            }
            other => faults.push(unknown(other, part.span(), place)),
        }
    }
    Some(service)
}

fn read_deployment(
    table: &DeTable<'_>,
    start: usize,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    name: ServiceName,
    service: &mut FileService,
    faults: &mut Faults<'_>,
) {
    let place = Place::Deployment(key.get_ref());
    let section = Section::read(table, start, place, Some(SECRETS), faults);
    let fields = Fields::from_map(section.fields.clone());
    let mut errors = errors_of(check_configuration(fields, name));
    // The name of a service is not a field of its configuration.
    errors.retain(|error| {
        let is_name = error.field == "service";
        if is_name {
            let field = Place::Service(key.get_ref()).path();
            faults.add(key.span().start, &field, error.detail.as_str());
        }
        !is_name
    });
    report(errors, &section, faults);
    if let Some(secrets) = table.get(SECRETS) {
        service.secrets = read_secrets(secrets, &section, faults);
    }
    service.deployment = Some(section.fields.into_iter().collect());
}

/// The errors of what a service is built from.
fn check_build(section: &Section<'_>, name: ServiceName) -> Vec<FieldError> {
    errors_of(read_build(section.fields.clone(), name))
}

/// What a service is built from, and its watch paths. The repository is not in the file.
pub(super) fn read_build(
    fields: Map<String, Value>,
    name: ServiceName,
) -> Result<(BuildSpec, Vec<WatchPath>), Problem> {
    let github = Url::parse("https://github.com").map_err(|_| Problem::invalid(Vec::new()))?;
    let mut fields = Fields::from_map(fields);
    fields.set("repository_url", json!("https://github.com/owner/name"));
    read_source(fields, name, &github)
}

fn errors_of<T>(result: Result<T, Problem>) -> Vec<FieldError> {
    result.err().map(|problem| problem.errors).unwrap_or_default()
}

fn report(errors: Vec<FieldError>, section: &Section<'_>, faults: &mut Faults<'_>) {
    for error in errors {
        section.add_error(&error.field, &error.detail, faults);
    }
}

/// Reads the names of secrets. Only names: values do not belong into a repository.
fn read_secrets(
    value: &Spanned<DeValue<'_>>,
    section: &Section<'_>,
    faults: &mut Faults<'_>,
) -> Vec<String> {
    let field = section.place.path_of(SECRETS);
    let DeValue::Array(items) = value.get_ref() else {
        let detail = "must be a list of names, such as [\"API_KEY\"]; their values are set with nokube secrets set";
        faults.add(value.span().start, &field, detail);
        return Vec::new();
    };
    let variables = section.fields.get("env_vars").and_then(Value::as_object);
    let mut names = Vec::new();
    let mut known = BTreeSet::new();
    for item in items.iter() {
        let Some(name) = item.get_ref().as_str() else {
            faults.add(item.span().start, &field, "must be a list of names");
            continue;
        };
        let mut errors = Fields::from_map(Map::new());
        check_entries(&mut errors, SECRETS, std::iter::once((&name.to_owned(), None)));
        let mut details: Vec<_> =
            errors_of(errors.finish(Some(()))).into_iter().map(|error| error.detail).collect();
        if variables.is_some_and(|variables| variables.contains_key(name)) {
            details.push("is among env_vars too; leave one of the two out".to_owned());
        }
        if !known.insert(name) {
            details.push("is listed twice".to_owned());
        }
        for detail in details {
            faults.add(item.span().start, &format!("{field}.{name}"), detail);
        }
        names.push(name.to_owned());
    }
    names
}
