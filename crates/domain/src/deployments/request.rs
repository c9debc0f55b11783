//! The request of `POST /api/v1/deploy`, and what is made of it.

use super::{
    checks::{self, DEFAULT_MIN_REPLICAS, DEFAULT_SERVICE_PORT, DEFAULT_TARGET_CPU, PodCount},
    command::{self, Words},
    configuration::ExposureType,
    exposure,
    health::{
        self, DEFAULT_FAILURES, DEFAULT_LIVENESS_DELAY, DEFAULT_PERIOD, DEFAULT_READINESS_DELAY,
        DEFAULT_TIMEOUT,
    },
    host::UrlPath,
    image::ImageSource,
    image_ref::ImageRef,
    limits::PlatformLimits,
    quantity::{Bytes, Cpu},
    resources,
    spec::{ServiceKind, Spec},
    variables::{self, SecretInput},
};
#[cfg(feature = "schema")]
use crate::schema::reference;
use crate::{
    BuildId, DeploymentId, ProjectId, UnknownFields,
    access::Caller,
    field_types::{Int, PlainText, Port, parse_variant, text_fields},
    fields::Fields,
    name::{ProjectName, ServiceName},
    problem::Problem,
    projects::Project,
    request,
};
use serde_json::json;
use std::{collections::BTreeMap, num::NonZeroU32};

request! {
    /// A request to deploy a service: the image and the complete configuration of the service.
    pub struct NewDeployment {
        project_id: ProjectId, required;
        /// Required, unless the request is completed with what is saved of the service.
        project_name: ProjectName, completed;
        /// Your login or the login of the project's owner. Required, unless the request is completed with what is saved
        /// of the service.
        #[schema(max_length = 63_usize)]
        username: String, completed;
        /// A DNS label that begins with a letter. It becomes part of the service's address.
        service_name: ServiceName, required;
        /// The build whose image to deploy, by its digest.
        build_id: BuildId;
        /// The image to deploy. Without it and `build_id`, the newest build of the service that has succeeded is
        /// deployed with what is saved of the service: a configuration must be saved then. An image in the platform's
        /// own registry must be from a build of the project.
        image_name: ImageRef;
        /// A deployment whose release to deploy: its image by digest, and its configuration, variables included. You must
        /// be a developer or the owner of its project too. What is sent replaces what the release has. Names, address,
        /// volume and secrets are those of the service: of what is deployed of it, or else of what is saved. A preview
        /// cannot be promoted.
        release_of: DeploymentId;
        /// The program to run and its first arguments, instead of the image's entrypoint: `command` of a Kubernetes
        /// container. Each word is an item. There is no shell: for one, give `["sh", "-c", "…"]`. Kubernetes replaces
        /// `$(NAME)` by the value of a variable, and `$$(NAME)` is `$(NAME)` itself. Without `args`, the image's own
        /// arguments are left out too.
        command: Words = json!([]);
        /// The arguments, instead of the image's own: `args` of a Kubernetes container, by the same rules. An image that
        /// was made by buildpacks has an entrypoint that sets `PATH` and the like, and runs the program in `args`.
        args: Words = json!([]);
        /// A name for display. Defaults to the name of the service.
        display_name: PlainText<100>, empty_is_absent;
        description: PlainText<2000>, empty_is_absent;
        /// A `worker` receives no requests.
        service_type: ServiceKind = "web";
        /// From where the service can be reached. Always `none` for a worker.
        #[schema(default = "external")]
        exposure_type: ExposureType;
        /// A custom domain. The platform's administrator configures which domains are allowed.
        #[schema(max_length = 253_usize)]
        custom_domain: String, empty_is_absent;
        /// A path on the project's host, instead of a host for the service.
        custom_path: UrlPath, empty_is_absent;
        enable_https: bool = false;
        /// The port that the program listens on. The program receives it as the variable `PORT`.
        container_port: Port = 3000;
        /// The port on which the project's other services reach this one.
        service_port: Port = DEFAULT_SERVICE_PORT;
        /// The number of pods. Must be 1 for a service with storage. With autoscaling, the autoscaler decides the
        /// number, and this must be from `min_replicas` to `max_replicas`.
        #[schema(default = 2)]
        replicas: PodCount;
        /// CPU request of each pod, at least `1m`. The default is the limit if that is less.
        #[schema(default = "100m")]
        cpu_request: Cpu;
        /// CPU limit of each pod, at least `10m`.
        cpu_limit: Cpu = "500m";
        /// Memory request of each pod, at least `1Mi`. The default is the limit if that is less.
        #[schema(default = "128Mi")]
        memory_request: Bytes;
        /// Memory limit of each pod, at least `16Mi`. A container that exceeds it is killed.
        memory_limit: Bytes = "512Mi";
        /// Environment variables. A name consists of letters, digits, `_`, `-` and `.`, and does not begin with a digit.
        env_vars: BTreeMap<String, String> = json!({});
        /// Secret environment variables. Their values are stored only in a Secret in the cluster. `null` keeps
        /// the current value of a secret.
        secrets: BTreeMap<String, SecretInput> = json!({});
        /// A worker is checked only if the request has a port or a path for it. Without checks, the other fields of them
        /// are omitted.
        health_check_enabled: bool = true;
        /// The path of the liveness probe; a container that fails it is restarted. Without a path, the probe
        /// checks that the port is open.
        liveness_check_path: UrlPath, empty_is_absent;
        /// The path of the readiness probe; a pod that fails it receives no requests. Without a path, the probe
        /// checks that the port is open.
        readiness_check_path: UrlPath, empty_is_absent;
        /// Defaults to `container_port`.
        health_check_port: Port;
        /// Seconds.
        liveness_initial_delay: Int<0, 3600> = DEFAULT_LIVENESS_DELAY;
        /// Seconds.
        readiness_initial_delay: Int<0, 3600> = DEFAULT_READINESS_DELAY;
        /// Seconds between two probes.
        health_check_period: Int<1, 3600> = DEFAULT_PERIOD;
        /// Timeout of a probe in seconds.
        health_check_timeout: Int<1, 300> = DEFAULT_TIMEOUT;
        /// Number of consecutive failed probes after which the container counts as failed.
        health_check_failure_threshold: Int<1, 100> = DEFAULT_FAILURES;
        /// The size of a persistent volume, at least `16Mi`. It can be increased, but not decreased.
        storage_size: Bytes, empty_is_absent;
        /// The path at which the volume is mounted.
        #[schema(max_length = 200_usize)]
        storage_path: String, empty_is_absent;
        /// Whether the number of pods follows the CPU load (HorizontalPodAutoscaler).
        enable_autoscaling: bool = false;
        min_replicas: PodCount = DEFAULT_MIN_REPLICAS;
        #[schema(default = 10)]
        max_replicas: PodCount;
        /// Target CPU utilization in percent of the CPU request.
        target_cpu_percent: Int<1, 100> = DEFAULT_TARGET_CPU;
    }
}

request! {
    /// A request to roll back to an earlier release.
    pub struct Rollback {
        /// One of the retained releases. Defaults to the one that was deployed before the current one.
        revision: NonZeroU32;
    }
}

text_fields! {
    ServiceKind, |text| parse_variant(text, "must be web, api or worker"), reference::<Self>;
    ExposureType, |text| parse_variant(text, "must be none, internal or external"), reference::<Self>;
}

/// A validated deployment request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentRequest {
    pub spec: Spec,
    pub image: ImageSource,
    pub secrets: BTreeMap<String, SecretInput>,
}

impl DeploymentRequest {
    /// Checks what concerns several fields, the names against the project, and the platform's limits.
    /// Without a project, `fields` has an error already, and only further errors are collected.
    ///
    /// `current` is the configuration of the service's current release. Its CPU, memory and storage are accepted
    /// even if they are outside of today's bounds.
    ///
    /// # Errors
    /// 403 for a `username` that is neither the caller's nor the owner's; else all invalid fields.
    pub fn new(
        request: NewDeployment,
        mut fields: Fields,
        caller: &Caller,
        project: Option<&Project>,
        limits: &PlatformLimits,
        current: Option<&Spec>,
    ) -> Result<Self, Problem> {
        checks::check_names(&mut fields, &request, caller, project)?;
        let checked = Self::check(request, &mut fields, limits, current);
        fields.finish(checked)
    }

    fn check(
        request: NewDeployment,
        f: &mut Fields,
        limits: &PlatformLimits,
        current: Option<&Spec>,
    ) -> Option<Self> {
        check_service_name(f, request.service_name.as_ref(), "service_name");
        let image = checks::image(f, &request);
        let (service, secrets) = (request.service_name.clone(), request.secrets.clone());
        let spec = check_spec(request, f, service, limits, current);
        Some(Self { spec: spec?, image: image?, secrets: secrets? })
    }
}

/// The name must also be valid for a Kubernetes Service (RFC 1035).
pub(super) fn check_service_name(f: &mut Fields, service: Option<&ServiceName>, field: &str) {
    if service.is_some_and(|name| !name.as_str().starts_with(|c: char| c.is_ascii_lowercase())) {
        let detail = "must begin with a letter: its address in the cluster is made of it";
        f.add_error(field, detail);
    }
}

/// Checks everything but the names and the image.
pub(super) fn check_spec(
    request: NewDeployment,
    f: &mut Fields,
    service: Option<ServiceName>,
    limits: &PlatformLimits,
    current: Option<&Spec>,
) -> Option<Spec> {
    let exposure = exposure::check(f, &request, limits);
    let service_port = checks::service_port(f, &request, exposure.as_ref());
    variables::check(f, &request);
    command::check(f, &request);
    let volume = resources::volume(f, &request, limits, current);
    let scaling = checks::scaling(f, &request, limits);
    let replicas = checks::replicas(f, &request, volume.as_ref(), scaling.as_ref(), limits);
    let cpu = resources::cpu(f, &request, limits, current);
    let memory = resources::memory(f, &request, limits, current);
    let health = health::check(f, &request);
    let service = service?;
    let display_name = request.display_name.map(|name| name.0);
    Some(Spec {
        display_name: display_name.unwrap_or_else(|| service.to_string()),
        service,
        description: request.description.map(|text| text.0),
        kind: request.service_type?,
        command: request.command?.0,
        args: request.args?.0,
        exposure: exposure?,
        container_port: request.container_port?.0,
        service_port: service_port?,
        replicas,
        cpu: cpu?,
        memory: memory?,
        variables: request.env_vars?,
        health,
        volume,
        scaling,
        preview: None,
        unknown_fields: UnknownFields::default(),
    })
}
