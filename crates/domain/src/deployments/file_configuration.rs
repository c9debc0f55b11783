//! The configuration that the file of a repository has of a service.

use super::{Address, Exposure, Host, PlatformLimits, Spec, read_configuration};
use crate::{
    config_file::FileService, fields::Fields, name::ServiceName, problem::Problem,
    projects::Project,
};
use serde_json::{Map, json};
use std::collections::BTreeSet;

/// A service whose configuration comes from the file of its repository.
pub struct FileConfiguration<'a> {
    pub project: &'a Project,
    pub service: &'a ServiceName,
    pub file: &'a FileService,
    /// What is saved to deploy it with, and the configuration of its current release. Of the first one that has a custom
    /// domain it is kept: a file cannot have one.
    pub saved: Option<&'a Spec>,
    pub current: Option<&'a Spec>,
}

impl FileConfiguration<'_> {
    /// `None` if the file has none. `secrets` are the names of the service's saved secrets: those that the file names
    /// must be among them. Without `secrets` they are not checked.
    ///
    /// # Errors
    /// All fields that cannot be deployed.
    pub fn read(
        &self,
        limits: &PlatformLimits,
        secrets: Option<&BTreeSet<String>>,
    ) -> Result<Option<Spec>, Problem> {
        let Self { project, service, file, saved, current } = self;
        if file.deployment.is_none() {
            return Ok(None);
        }
        let mut fields = Fields::from_map(Map::new());
        if let Some(domain) = [saved, current].into_iter().flatten().find_map(|spec| domain(spec)) {
            fields.add_absent("custom_domain", json!(domain));
        }
        file.apply_to_configuration(&mut fields);
        let is_missing = |name: &&String| secrets.is_some_and(|saved| !saved.contains(*name));
        for name in file.secrets.iter().filter(is_missing) {
            let detail = "is named in nokube.toml and has no saved value; save one";
            fields.add_error(&format!("secrets.{name}"), detail);
        }
        let (service, secrets) = (Some((*service).clone()), secrets.into_iter().flatten());
        read_configuration(fields, project, service, limits, *current, secrets).map(Some)
    }
}

fn domain(spec: &Spec) -> Option<&Host> {
    match &spec.exposure {
        Exposure::External { address: Address::Domain(domain), .. } => Some(domain),
        Exposure::External { .. } | Exposure::Internal | Exposure::None => None,
    }
}
