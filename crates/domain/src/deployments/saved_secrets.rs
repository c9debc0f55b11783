//! The saved secrets of a service. Their values are in the cluster only; the record has their names.

use super::{
    request::check_service_name,
    variables::{self, MAX_TOTAL_BYTES, SecretChange, SecretValue},
};
use crate::{
    Timestamp, UnknownFields, fields::Fields, name::ServiceName, problem::Problem, request,
    whole_seconds,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

request! {
    /// A change of the saved secrets of a service. Those that are not named stay.
    pub struct NewSecrets {
        /// Values by name, as `secrets` of a request to deploy. `null` removes a secret.
        secrets: BTreeMap<String, SecretChange>, required;
    }
}

pub type SecretChanges = BTreeMap<String, SecretChange>;

impl NewSecrets {
    /// Checks the names and values. `service`: `None` if its name is invalid, which then is an error of `fields`.
    /// `variables` are the names of the service's saved variables.
    ///
    /// # Errors
    /// All invalid fields. No text of an error contains a value.
    pub fn check<'a>(
        self,
        mut fields: Fields,
        service: Option<ServiceName>,
        variables: impl IntoIterator<Item = &'a String>,
    ) -> Result<(ServiceName, SecretChanges), Problem> {
        check_service_name(&mut fields, service.as_ref(), "service");
        if let Some(secrets) = &self.secrets {
            let entries = secrets.iter().map(|(name, change)| (name, change.text()));
            variables::check_entries(&mut fields, "secrets", entries);
            let sets = |name: &String| matches!(secrets.get(name), Some(SecretChange::Set(_)));
            for name in variables.into_iter().filter(|name| sets(name)) {
                let detail = "is among the saved env_vars too; remove one of the two";
                fields.add_error(&format!("secrets.{name}"), detail);
            }
        }
        fields.finish(service.zip(self.secrets))
    }
}

/// The secrets after a change.
///
/// # Errors
/// Together they are too large.
pub fn with_changes(
    mut secrets: BTreeMap<String, SecretValue>,
    changes: &SecretChanges,
) -> Result<BTreeMap<String, SecretValue>, Problem> {
    for (name, change) in changes {
        match change {
            SecretChange::Remove => secrets.remove(name),
            SecretChange::Set(value) => secrets.insert(name.clone(), value.clone()),
        };
    }
    let total: usize = secrets.iter().map(|(name, value)| name.len() + value.reveal().len()).sum();
    if total > MAX_TOTAL_BYTES {
        let max = MAX_TOTAL_BYTES / 1024;
        let detail = format!("must have at most {max} KiB together with those that are saved");
        return Err(Problem::invalid_field("secrets", detail));
    }
    Ok(secrets)
}

/// The record of a service's saved secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSecrets {
    /// Of each secret whose value may be in the cluster.
    pub names: BTreeSet<String>,
    /// `None` if none was ever saved.
    pub updated_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl SavedSecrets {
    #[must_use]
    pub fn with_names(&self, names: BTreeSet<String>, now: Timestamp) -> Self {
        Self { names, updated_at: Some(now), unknown_fields: self.unknown_fields.clone() }
    }
}

/// The saved secrets of a service, as the API shows them.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SavedSecrets))]
pub struct SavedSecretsView {
    /// Their values are never shown.
    pub names: BTreeSet<String>,
    /// When they were changed last; `null` if none was ever saved.
    pub updated_at: Option<Timestamp>,
}

impl From<SavedSecrets> for SavedSecretsView {
    fn from(SavedSecrets { names, updated_at, .. }: SavedSecrets) -> Self {
        Self { names, updated_at: updated_at.map(whole_seconds) }
    }
}
