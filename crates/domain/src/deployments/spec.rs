//! The validated configuration of a service.

use super::{Bytes, Cpu, Host, UrlPath};
use crate::{UnknownFields, name::ServiceName, previews::PreviewOf, text::display_serde_name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ServiceType))]
pub enum ServiceKind {
    Web,
    Api,
    /// Receives no requests.
    Worker,
}

display_serde_name!(ServiceKind);

/// The address of an external service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// Its own host below the platform's apps domain.
    OwnHost,
    /// A path on its project's host below the apps domain.
    Path(UrlPath),
    /// A custom domain.
    Domain(Host),
}

/// Who can send requests to a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    None,
    Internal,
    External {
        #[serde(rename = "at")]
        address: Address,
        https: bool,
    },
}

/// The resource request and limit of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceRequirements<T> {
    pub request: T,
    pub limit: T,
}

/// A health check: a GET request for `path`, or a TCP connection if there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub path: Option<UrlPath>,
    /// Seconds from the start of the container to the first check.
    pub delay: u32,
}

/// The health checks of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub port: u16,
    pub liveness: Check,
    pub readiness: Check,
    /// Seconds between two checks.
    pub period: u32,
    /// Maximum seconds for a response.
    pub timeout: u32,
    /// Number of consecutive failures until the service counts as unhealthy.
    pub failures: u32,
}

/// Persistent storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    pub size: Bytes,
    /// The mount path in the container.
    pub path: String,
}

/// Autoscaling by CPU usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaling {
    pub min: u32,
    pub max: u32,
    /// Target CPU usage in percent of the CPU request.
    pub target_cpu: u32,
}

/// The configuration of a service, without its image and secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub service: ServiceName,
    pub display_name: String,
    pub description: Option<String>,
    pub kind: ServiceKind,
    /// The program, instead of the image's entrypoint unless empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The program's arguments, instead of the image's unless empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    pub exposure: Exposure,
    pub container_port: u16,
    pub service_port: u16,
    pub replicas: u32,
    pub cpu: ResourceRequirements<Cpu>,
    pub memory: ResourceRequirements<Bytes>,
    pub variables: BTreeMap<String, String>,
    pub health: Option<Health>,
    pub volume: Option<Volume>,
    pub scaling: Option<Scaling>,
    /// Of what it is a preview, which has an address of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<PreviewOf>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}

impl Spec {
    /// The minimum number of pods while it is not stopped.
    pub fn min_replicas(&self) -> u32 {
        self.scaling.as_ref().map_or(self.replicas, |scaling| scaling.min)
    }
}
