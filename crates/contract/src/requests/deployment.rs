//! `POST /api/v1/deploy`

use nokube_domain::{
    BuildId, ProjectId,
    deploy::{Bytes, Cpu, ExposureType, ImageName, ServiceKind, UrlPath},
    name::{ProjectName, ServiceName},
};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A deployment that is asked for: which image, and the service's whole configuration.
#[derive(ToSchema)]
pub struct NewDeployment {
    pub project_id: ProjectId,
    pub project_name: ProjectName,
    /// Your own login or the project's owner's.
    #[schema(max_length = 39)]
    pub username: String,
    /// A DNS label that begins with a letter; addresses are made of it.
    pub service_name: ServiceName,
    /// Deploys this build's image, by digest.
    pub build_id: Option<BuildId>,
    /// Or this image; required without `build_id`. One of the platform's own registry must come from a
    /// build of the project.
    pub image_name: Option<ImageName>,
    /// What people call the service; without it, its name.
    #[schema(max_length = 100)]
    pub display_name: Option<String>,
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// A worker takes no requests.
    #[schema(default = "web")]
    pub service_type: Option<ServiceKind>,
    /// Who may reach it. A worker's is `none`, and need not be said.
    #[schema(default = "external")]
    pub exposure_type: Option<ExposureType>,
    /// A domain of your own, of those that the platform's administrator allows.
    #[schema(max_length = 253)]
    pub custom_domain: Option<String>,
    /// A path of the project's host instead of a host of its own.
    pub custom_path: Option<UrlPath>,
    #[schema(default = false)]
    pub enable_https: Option<bool>,
    /// Where the program listens; it is told in `PORT`.
    #[schema(default = 3000, minimum = 1, maximum = 65535)]
    pub container_port: Option<u16>,
    /// Where other services of the project reach it.
    #[schema(default = 8000, minimum = 1, maximum = 65535)]
    pub service_port: Option<u16>,
    /// How many copies of the program run. With storage 1.
    #[schema(default = 2, minimum = 1)]
    pub replicas: Option<u32>,
    /// What each copy is promised.
    #[schema(default = "100m")]
    pub cpu_request: Option<Cpu>,
    /// What each copy may take.
    #[schema(default = "500m")]
    pub cpu_limit: Option<Cpu>,
    /// What each copy is promised.
    #[schema(default = "128Mi")]
    pub memory_request: Option<Bytes>,
    /// What each copy may take; beyond it, it is ended.
    #[schema(default = "512Mi")]
    pub memory_limit: Option<Bytes>,
    /// Environment variables.
    #[schema(default = json!({}))]
    pub env_vars: Option<BTreeMap<String, String>>,
    /// Environment variables that are kept secret: in clear here, in a Secret of the cluster and nowhere
    /// else. `null` keeps the value that one has.
    #[schema(default = json!({}))]
    pub secrets: Option<BTreeMap<String, Option<String>>>,
    #[schema(default = true)]
    pub health_check_enabled: Option<bool>,
    /// Asked whether the program is alive; a copy that is not is started anew. Without it, that the port
    /// is open is enough.
    pub liveness_check_path: Option<UrlPath>,
    /// Asked whether the program is ready; a copy that is not gets no requests. Without it, that the
    /// port is open is enough.
    pub readiness_check_path: Option<UrlPath>,
    /// Without it, `container_port`.
    #[schema(minimum = 1, maximum = 65535)]
    pub health_check_port: Option<u16>,
    /// Seconds.
    #[schema(default = 30, minimum = 0, maximum = 3600)]
    pub liveness_initial_delay: Option<u32>,
    /// Seconds.
    #[schema(default = 5, minimum = 0, maximum = 3600)]
    pub readiness_initial_delay: Option<u32>,
    /// Seconds between two checks.
    #[schema(default = 10, minimum = 1, maximum = 3600)]
    pub health_check_period: Option<u32>,
    /// Seconds that an answer may take.
    #[schema(default = 5, minimum = 1, maximum = 300)]
    pub health_check_timeout: Option<u32>,
    /// Checks in a row that must fail.
    #[schema(default = 3, minimum = 1, maximum = 100)]
    pub health_check_failure_threshold: Option<u32>,
    /// A volume that outlives the program; it can grow, not shrink.
    pub storage_size: Option<Bytes>,
    /// Where the program sees it.
    #[schema(max_length = 200)]
    pub storage_path: Option<String>,
    /// More copies under load, fewer without.
    #[schema(default = false)]
    pub enable_autoscaling: Option<bool>,
    #[schema(default = 1, minimum = 1)]
    pub min_replicas: Option<u32>,
    #[schema(default = 10, minimum = 1)]
    pub max_replicas: Option<u32>,
    /// Of the CPU request, in percent.
    #[schema(default = 70, minimum = 1, maximum = 100)]
    pub target_cpu_percent: Option<u32>,
}
