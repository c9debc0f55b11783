//! What is saved to deploy a service with: its configuration, which completes a request to deploy.

use super::{
    Health, NewDeployment, PlatformLimits, ServiceConfiguration, ServiceKind, Spec, request,
};
use crate::{
    BuildId, Timestamp, UnknownFields, fields::Fields, name::ServiceName, problem::Problem,
    projects::Project, whole_seconds,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The fields of a request to deploy that are not saved.
pub(crate) const NOT_SAVED: [&str; 8] = [
    "project_id",
    "project_name",
    "username",
    "service_name",
    "build_id",
    "image_name",
    "release_of",
    "secrets",
];

/// A name that is not used.
const UNNAMED: &str = "service";

const ADDRESS_FIELDS: [&str; 3] = ["custom_domain", "custom_path", "enable_https"];
const SCALING_FIELDS: [&str; 3] = ["min_replicas", "max_replicas", "target_cpu_percent"];
const HEALTH_FIELDS: [&str; 8] = [
    "liveness_check_path",
    "readiness_check_path",
    "health_check_port",
    "liveness_initial_delay",
    "readiness_initial_delay",
    "health_check_period",
    "health_check_timeout",
    "health_check_failure_threshold",
];

/// The record of what is saved to deploy a service with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedConfiguration {
    /// `None` after it was removed: the record stays, because the name of its service has a number.
    pub spec: Option<Spec>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl SavedConfiguration {
    /// The record after a configuration was saved. `previous` is the record before.
    #[must_use]
    pub fn with_spec(previous: Option<Self>, spec: Spec, now: Timestamp) -> Self {
        let unknown_fields =
            previous.as_ref().map(|previous| previous.unknown_fields.clone()).unwrap_or_default();
        let saved = previous.and_then(|previous| Some((previous.spec?, previous.created_at)));
        let (spec_unknown_fields, created_at) = match saved {
            Some((saved, created_at)) => (saved.unknown_fields, created_at),
            None => (UnknownFields::default(), now),
        };
        let spec = Spec { unknown_fields: spec_unknown_fields, ..spec };
        Self { spec: Some(spec), created_at, updated_at: now, unknown_fields }
    }
}

/// Reads what is to be saved, with the checks of a request to deploy.
///
/// `service`: `None` if its name is invalid, which then is an error of `fields`. `current` is as in
/// [`super::DeploymentRequest::new`]; `secrets` are the names of the service's saved secrets.
///
/// # Errors
/// All invalid fields.
pub fn read_configuration<'a>(
    fields: Fields,
    project: &Project,
    service: Option<ServiceName>,
    limits: &PlatformLimits,
    current: Option<&Spec>,
    secrets: impl IntoIterator<Item = &'a String>,
) -> Result<Spec, Problem> {
    let names = (json!(project.id), json!(project.name), json!(project.owner));
    read(fields, names, service, limits, current, secrets)
}

/// As [`read_configuration`], for a platform that allows everything: what is known of a configuration without one.
///
/// # Errors
/// All invalid fields.
pub(crate) fn check_configuration(fields: Fields, service: ServiceName) -> Result<Spec, Problem> {
    let limits = PlatformLimits {
        max_replicas: u32::MAX,
        apps_domain: "apps.example.org".parse().ok(),
        has_path_routing: true,
        has_https: true,
        ..PlatformLimits::default()
    };
    let names = (json!(1), json!(UNNAMED), json!(UNNAMED));
    read(fields, names, Some(service), &limits, None, [])
}

/// `(project_id, project_name, username)` are known, but a request to deploy requires them.
fn read<'a>(
    mut fields: Fields,
    (project_id, project_name, username): (Value, Value, Value),
    service: Option<ServiceName>,
    limits: &PlatformLimits,
    current: Option<&Spec>,
    secrets: impl IntoIterator<Item = &'a String>,
) -> Result<Spec, Problem> {
    for field in NOT_SAVED {
        fields.refuse(field);
    }
    fields.add_absent("project_id", project_id);
    fields.add_absent("project_name", project_name);
    fields.add_absent("username", username);
    fields.add_absent("service_name", json!(UNNAMED));
    request::check_service_name(&mut fields, service.as_ref(), "service");
    let request = NewDeployment::read(&mut fields);
    if let Some(variables) = &request.env_vars {
        for name in secrets.into_iter().filter(|name| variables.contains_key(*name)) {
            let detail = "is among the saved secrets too; remove one of the two";
            fields.add_error(&format!("env_vars.{name}"), detail);
        }
    }
    let spec = request::check_spec(request, &mut fields, service, limits, current);
    fields.finish(spec)
}

/// What a deployment of a service is made of, unless a request says otherwise.
pub struct SavedDeployment<'a> {
    pub project: &'a Project,
    pub service: &'a ServiceName,
    pub configuration: &'a Spec,
    /// The names of its saved secrets.
    pub secrets: Vec<&'a String>,
}

impl SavedDeployment<'_> {
    /// Adds to `fields` what makes them a request to deploy the image of `build`: what is saved, and what follows from
    /// the project. Fields that were sent win, be they `null`. Saved fields that have no effect with those that were
    /// sent are left out.
    ///
    /// Without any field before, it is the request of a deployment that nobody asked for in particular.
    pub fn complete(&self, fields: &mut Fields, build: BuildId) {
        self.add_to(fields);
        fields.add_absent("build_id", json!(build));
    }

    /// As [`Self::complete`], without an image.
    pub(super) fn add_to(&self, fields: &mut Fields) {
        let Self { project, service, configuration, secrets } = self;
        let saved = match json!(ServiceConfiguration::new(configuration)) {
            Value::Object(saved) => saved,
            _ => Map::new(),
        };
        let left_out = left_out(fields, &saved, configuration);
        for (field, value) in saved {
            // Absent and `null` are the same in a request.
            if !value.is_null() && !left_out.contains(&field.as_str()) {
                fields.add_absent(&field, value);
            }
        }
        let secrets = secrets.iter().map(|name| ((*name).clone(), Value::Null));
        fields.add_absent("secrets", Value::Object(secrets.collect()));
        fields.add_absent("project_id", json!(project.id));
        fields.add_absent("project_name", json!(project.name));
        fields.add_absent("username", json!(project.owner));
        fields.add_absent("service_name", json!(service));
    }
}

/// The saved fields that are not added to those that were sent.
fn left_out(
    fields: &Fields,
    saved: &Map<String, Value>,
    configuration: &Spec,
) -> Vec<&'static str> {
    // `None` if what was sent is what is saved.
    let changed = |field: &str| {
        let sent = fields.sent(field)?;
        (saved.get(field) != Some(sent)).then_some(sent)
    };
    let is_given = |field: &str| {
        fields.sent(field).is_some_and(|sent| !sent.is_null() && sent.as_str() != Some(""))
    };
    let mut left_out = Vec::new();
    let is_worker = changed("service_type").is_some_and(|kind| kind == "worker");
    if is_worker {
        left_out.push("exposure_type");
        left_out.extend(HEALTH_FIELDS);
    }
    if is_worker || changed("exposure_type").is_some_and(|kind| kind == "none") {
        left_out.push("service_port");
        left_out.extend(ADDRESS_FIELDS);
    }
    if changed("exposure_type").is_some_and(|kind| kind == "internal") {
        left_out.extend(ADDRESS_FIELDS);
    }
    // An address is a domain or a path.
    if is_given("custom_domain") {
        left_out.push("custom_path");
    }
    if is_given("custom_path") {
        left_out.push("custom_domain");
    }
    if changed("enable_autoscaling").is_some_and(|sent| sent != true) {
        left_out.extend(SCALING_FIELDS);
    }
    if changed("health_check_enabled").is_some_and(|sent| sent == false) {
        left_out.extend(HEALTH_FIELDS);
    }
    if fields.has("storage_size") && !is_given("storage_size") {
        left_out.push("storage_path");
    }
    // These are the defaults, which follow other fields. A worker has no default port to check.
    let is_default = |health: &Health| health.port == configuration.container_port;
    if configuration.kind != ServiceKind::Worker
        && configuration.health.as_ref().is_some_and(is_default)
    {
        left_out.push("health_check_port");
    }
    if configuration.display_name == configuration.service.as_str() {
        left_out.push("display_name");
    }
    left_out
}

/// What is saved to deploy a service with, as the API shows it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SavedConfiguration))]
pub struct SavedConfigurationView {
    /// Complete, with the defaults of what was not sent.
    pub configuration: ServiceConfiguration,
    /// When a configuration was saved first.
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl SavedConfigurationView {
    /// `None` if nothing is saved.
    pub fn new(record: &SavedConfiguration) -> Option<Self> {
        Some(Self::of_spec(record.spec.as_ref()?, record.created_at, record.updated_at))
    }

    /// A configuration that was first known at `created_at`.
    pub fn of_spec(spec: &Spec, created_at: Timestamp, updated_at: Timestamp) -> Self {
        Self {
            configuration: ServiceConfiguration::new(spec),
            created_at: whole_seconds(created_at),
            updated_at: whole_seconds(updated_at),
        }
    }
}

/// The body of a request to save a configuration.
#[cfg(feature = "schema")]
pub struct NewConfiguration;

#[cfg(feature = "schema")]
mod schema {
    use super::{NOT_SAVED, NewConfiguration, NewDeployment};
    use crate::schema::{FieldSchema, Schemas, object};
    use std::borrow::Cow;
    use utoipa::{PartialSchema, ToSchema};

    impl PartialSchema for NewConfiguration {
        fn schema() -> FieldSchema {
            let fields = NewDeployment::descriptions().into_iter();
            let docs = [
                "How a service is deployed: the fields of a request to deploy, but those for the image and the \
                 secrets. An omitted field has its default.",
            ];
            object(&docs, fields.filter(|field| !NOT_SAVED.contains(&field.name)).collect())
        }
    }

    impl ToSchema for NewConfiguration {
        fn name() -> Cow<'static, str> {
            "NewConfiguration".into()
        }

        fn schemas(schemas: &mut Schemas) {
            NewDeployment::schemas(schemas);
        }
    }
}
