//! A release as the API shows it, with its configuration in the form of a request.

use super::{
    Address, Bytes, Cause, Cpu, Exposure, Host, ImageRef, PromotedFrom, Release, Revision,
    ServiceKind, Spec, UrlPath, checks::DEFAULT_SERVICE_PORT,
};
use crate::{
    BuildId, Timestamp,
    image::Digest,
    name::{Login, ServiceName},
    whole_seconds,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A release that can be rolled back to: an image with its complete configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Revision))]
pub struct RevisionView {
    /// Its number; `rollback` accepts it.
    pub revision: u32,
    pub by: Login,
    pub created_at: Timestamp,
    pub cause: Cause,
    /// True for the release that is deployed now.
    pub current: bool,
    /// Whether it was deployed automatically: it is a build of a push.
    pub automatic: bool,
    /// Where the same release was deployed when somebody promoted it; `null` if it was not promoted.
    pub promoted_from: Option<PromotedFrom>,
    pub image_name: ImageRef,
    /// The digest of the image; `null` for an image that is given by a tag only.
    pub image_digest: Option<Digest>,
    /// The build of this platform that made the image, if any.
    pub build_id: Option<BuildId>,
    pub configuration: Configuration,
}

impl RevisionView {
    pub fn new(revision: &Revision, release: &Release, current: u32) -> Self {
        Self {
            revision: release.number,
            by: release.by.clone(),
            created_at: whole_seconds(release.at),
            cause: revision.cause,
            current: release.number == current,
            automatic: release.automatic,
            promoted_from: release.promoted_from.clone(),
            image_name: release.image.name.clone(),
            image_digest: release.image.digest.clone(),
            build_id: release.image.build,
            configuration: configuration(release),
        }
    }
}

/// Who can send requests to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum ExposureType {
    /// Nobody.
    None,
    /// The project's other services, at `http://SERVICE-service:PORT`.
    Internal,
    /// Everybody on the Internet.
    External,
}

/// How a service is deployed: the fields of a request but those for the image and the secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServiceConfiguration {
    /// Empty: the image's entrypoint.
    pub command: Vec<String>,
    /// Empty: the image's own arguments, or none with `command`.
    pub args: Vec<String>,
    pub display_name: String,
    pub description: Option<String>,
    pub service_type: ServiceKind,
    pub exposure_type: ExposureType,
    pub custom_domain: Option<Host>,
    pub custom_path: Option<UrlPath>,
    pub enable_https: bool,
    pub container_port: u16,
    pub service_port: u16,
    /// The number of pods; the least with autoscaling.
    pub replicas: u32,
    pub cpu_request: Cpu,
    pub cpu_limit: Cpu,
    pub memory_request: Bytes,
    pub memory_limit: Bytes,
    pub env_vars: BTreeMap<String, String>,
    pub storage_size: Option<Bytes>,
    pub storage_path: Option<String>,
    pub enable_autoscaling: bool,
    /// This and the next two are present only with autoscaling.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub min_replicas: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub max_replicas: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub target_cpu_percent: Option<u32>,
    pub health_check_enabled: bool,
    pub liveness_check_path: Option<UrlPath>,
    pub readiness_check_path: Option<UrlPath>,
    /// This and the following are present only with health checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub health_check_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub liveness_initial_delay: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub readiness_initial_delay: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub health_check_period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub health_check_timeout: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub health_check_failure_threshold: Option<u32>,
}

/// A release in the form of the request that reproduces it. With `project_id`, `project_name` and
/// `username` it is a complete request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Configuration {
    pub service_name: ServiceName,
    pub image_name: ImageRef,
    pub build_id: Option<BuildId>,
    /// The names of its secrets. The values are stored only in the cluster; `null` keeps them.
    pub secrets: BTreeMap<String, Option<String>>,
    #[serde(flatten)]
    pub service: ServiceConfiguration,
}

/// The configuration of a release.
pub fn configuration(release: &Release) -> Configuration {
    Configuration {
        service_name: release.spec.service.clone(),
        image_name: release.image.name.clone(),
        build_id: release.image.build,
        secrets: release.secrets.iter().map(|name| (name.clone(), None)).collect(),
        service: ServiceConfiguration::new(&release.spec),
    }
}

impl ServiceConfiguration {
    pub fn new(spec: &Spec) -> Self {
        let (exposure_type, address, enable_https) = match &spec.exposure {
            Exposure::None => (ExposureType::None, None, false),
            Exposure::Internal => (ExposureType::Internal, None, false),
            Exposure::External { address, https } => {
                (ExposureType::External, Some(address), *https)
            }
        };
        let (scaling, health) = (spec.scaling.as_ref(), spec.health.as_ref());
        Self {
            command: spec.command.clone(),
            args: spec.args.clone(),
            display_name: spec.display_name.clone(),
            description: spec.description.clone(),
            service_type: spec.kind,
            exposure_type,
            custom_domain: match address {
                Some(Address::Domain(domain)) => Some(domain.clone()),
                _ => None,
            },
            custom_path: match address {
                Some(Address::Path(path)) => Some(path.clone()),
                _ => None,
            },
            enable_https,
            container_port: spec.container_port,
            // Older releases have values here that have no effect, which a request must not have.
            service_port: match spec.exposure {
                Exposure::None => DEFAULT_SERVICE_PORT,
                _ => spec.service_port,
            },
            replicas: spec.min_replicas(),
            cpu_request: spec.cpu.request.clone(),
            cpu_limit: spec.cpu.limit.clone(),
            memory_request: spec.memory.request.clone(),
            memory_limit: spec.memory.limit.clone(),
            env_vars: spec.variables.clone(),
            storage_size: spec.volume.as_ref().map(|volume| volume.size.clone()),
            storage_path: spec.volume.as_ref().map(|volume| volume.path.clone()),
            enable_autoscaling: scaling.is_some(),
            min_replicas: scaling.map(|scaling| scaling.min),
            max_replicas: scaling.map(|scaling| scaling.max),
            target_cpu_percent: scaling.map(|scaling| scaling.target_cpu),
            health_check_enabled: health.is_some(),
            liveness_check_path: health.and_then(|health| health.liveness.path.clone()),
            readiness_check_path: health.and_then(|health| health.readiness.path.clone()),
            health_check_port: health.map(|health| health.port),
            liveness_initial_delay: health.map(|health| health.liveness.delay),
            readiness_initial_delay: health.map(|health| health.readiness.delay),
            health_check_period: health.map(|health| health.period),
            health_check_timeout: health.map(|health| health.timeout),
            health_check_failure_threshold: health.map(|health| health.failures),
        }
    }
}

#[cfg(feature = "schema")]
mod schema {
    use super::{Configuration, ServiceConfiguration};
    use crate::{
        BuildId,
        deployments::ImageRef,
        name::ServiceName,
        schema::{FieldSchema, Schemas, nullable_string, string_map},
    };
    use std::borrow::Cow;
    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{Object, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, Type},
    };

    /// One object: with a composition of two, clients would get two types.
    impl PartialSchema for Configuration {
        fn schema() -> FieldSchema {
            let RefOr::T(Schema::Object(fields)) = ServiceConfiguration::schema() else {
                return ServiceConfiguration::schema();
            };
            let description = "A release in the form of the request that reproduces it. With `project_id`, \
                               `project_name` and `username` it is a complete request.";
            let mut secrets = string_map(nullable_string());
            if let RefOr::T(Schema::Object(object)) = &mut secrets {
                let text = "The names of its secrets. The values are stored only in the cluster; `null` keeps them.";
                object.description = Some(text.into());
            }
            let build_id = OneOfBuilder::new()
                .item(Ref::from_schema_name(BuildId::name()))
                .item(Object::with_type(Type::Null));
            ObjectBuilder::from(fields)
                .description(Some(description))
                .property("service_name", Ref::from_schema_name(ServiceName::name()))
                .required("service_name")
                .property("image_name", Ref::from_schema_name(ImageRef::name()))
                .required("image_name")
                .property("build_id", build_id)
                .required("build_id")
                .property("secrets", secrets)
                .required("secrets")
                .into()
        }
    }

    impl ToSchema for Configuration {
        fn name() -> Cow<'static, str> {
            "Configuration".into()
        }

        fn schemas(schemas: &mut Schemas) {
            ServiceConfiguration::schemas(schemas);
            for (name, schema) in [
                (ServiceName::name(), ServiceName::schema()),
                (ImageRef::name(), ImageRef::schema()),
                (BuildId::name(), BuildId::schema()),
            ] {
                schemas.push((name.into_owned(), schema));
            }
        }
    }
}
