//! `POST /api/v1/deploy` and `POST /api/v1/deployments/{deployment}/rollback`

use nokube_domain::{
    BuildId, ProjectId,
    deployments::{Bytes, Cpu, ExposureType, ImageRef, ServiceKind, UrlPath},
    name::{ProjectName, ServiceName},
};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A request to deploy a service: the image and the complete configuration of the service.
#[derive(ToSchema)]
pub struct NewDeployment {
    pub project_id: ProjectId,
    pub project_name: ProjectName,
    /// Your login or the login of the project's owner.
    #[schema(max_length = 39)]
    pub username: String,
    /// A DNS label that begins with a letter. It becomes part of the service's address.
    pub service_name: ServiceName,
    /// The build whose image to deploy, by its digest.
    pub build_id: Option<BuildId>,
    /// The image to deploy; required if `build_id` is omitted. An image in the platform's own registry must
    /// be from a build of the project.
    pub image_name: Option<ImageRef>,
    /// A name for display. Defaults to the name of the service.
    #[schema(max_length = 100)]
    pub display_name: Option<String>,
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// A `worker` receives no requests.
    #[schema(default = "web")]
    pub service_type: Option<ServiceKind>,
    /// From where the service can be reached. Always `none` for a worker.
    #[schema(default = "external")]
    pub exposure_type: Option<ExposureType>,
    /// A custom domain. The platform's administrator configures which domains are allowed.
    #[schema(max_length = 253)]
    pub custom_domain: Option<String>,
    /// A path on the project's host, instead of a host for the service.
    pub custom_path: Option<UrlPath>,
    #[schema(default = false)]
    pub enable_https: Option<bool>,
    /// The port that the program listens on. The program receives it as the variable `PORT`.
    #[schema(default = 3000, minimum = 1, maximum = 65535)]
    pub container_port: Option<u16>,
    /// The port on which the project's other services reach this one.
    #[schema(default = 8000, minimum = 1, maximum = 65535)]
    pub service_port: Option<u16>,
    /// The number of pods. Must be 1 for a service with storage.
    #[schema(default = 2, minimum = 1)]
    pub replicas: Option<u32>,
    /// CPU request of each pod.
    #[schema(default = "100m")]
    pub cpu_request: Option<Cpu>,
    /// CPU limit of each pod.
    #[schema(default = "500m")]
    pub cpu_limit: Option<Cpu>,
    /// Memory request of each pod.
    #[schema(default = "128Mi")]
    pub memory_request: Option<Bytes>,
    /// Memory limit of each pod. A container that exceeds it is killed.
    #[schema(default = "512Mi")]
    pub memory_limit: Option<Bytes>,
    /// Environment variables.
    #[schema(default = json!({}))]
    pub env_vars: Option<BTreeMap<String, String>>,
    /// Secret environment variables. Their values are stored only in a Secret in the cluster. `null` keeps
    /// the current value of a secret.
    #[schema(default = json!({}))]
    pub secrets: Option<BTreeMap<String, Option<String>>>,
    #[schema(default = true)]
    pub health_check_enabled: Option<bool>,
    /// The path of the liveness probe; a container that fails it is restarted. Without a path, the probe
    /// checks that the port is open.
    pub liveness_check_path: Option<UrlPath>,
    /// The path of the readiness probe; a pod that fails it receives no requests. Without a path, the probe
    /// checks that the port is open.
    pub readiness_check_path: Option<UrlPath>,
    /// Defaults to `container_port`.
    #[schema(minimum = 1, maximum = 65535)]
    pub health_check_port: Option<u16>,
    /// Seconds.
    #[schema(default = 30, minimum = 0, maximum = 3600)]
    pub liveness_initial_delay: Option<u32>,
    /// Seconds.
    #[schema(default = 5, minimum = 0, maximum = 3600)]
    pub readiness_initial_delay: Option<u32>,
    /// Seconds between two probes.
    #[schema(default = 10, minimum = 1, maximum = 3600)]
    pub health_check_period: Option<u32>,
    /// Timeout of a probe in seconds.
    #[schema(default = 5, minimum = 1, maximum = 300)]
    pub health_check_timeout: Option<u32>,
    /// Number of consecutive failed probes after which the container counts as failed.
    #[schema(default = 3, minimum = 1, maximum = 100)]
    pub health_check_failure_threshold: Option<u32>,
    /// The size of a persistent volume. It can be increased, but not decreased.
    pub storage_size: Option<Bytes>,
    /// The path at which the volume is mounted.
    #[schema(max_length = 200)]
    pub storage_path: Option<String>,
    /// Whether the number of pods follows the CPU load (HorizontalPodAutoscaler).
    #[schema(default = false)]
    pub enable_autoscaling: Option<bool>,
    #[schema(default = 1, minimum = 1)]
    pub min_replicas: Option<u32>,
    #[schema(default = 10, minimum = 1)]
    pub max_replicas: Option<u32>,
    /// Target CPU utilization in percent of the CPU request.
    #[schema(default = 70, minimum = 1, maximum = 100)]
    pub target_cpu_percent: Option<u32>,
}

/// A request to roll back to an earlier release.
#[derive(ToSchema)]
pub struct Rollback {
    /// One of the retained releases. Defaults to the newest one that differs from the current release.
    #[schema(minimum = 1)]
    pub revision: Option<u32>,
}
