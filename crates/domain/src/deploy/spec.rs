//! The whole configuration of a service, as a user chose it: every field has been checked.

use super::{Bytes, Cpu, Host, UrlPath};
use crate::name::ServiceName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a service is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ServiceType))]
pub enum ServiceKind {
    Web,
    Api,
    /// Takes no requests.
    Worker,
}

/// Where an external service is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// A host of its own under the platform's apps domain.
    OwnHost,
    /// A path of its project's host under the apps domain.
    Path(UrlPath),
    /// A domain of the user's.
    Domain(Host),
}

/// Who may reach a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    None,
    Internal,
    External { at: At, https: bool },
}

/// What a container is promised, and the most that it may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share<T> {
    pub request: T,
    pub limit: T,
}

/// How a check is made: `GET` a path, or open a connection when there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub path: Option<UrlPath>,
    /// Seconds after the start of the container.
    pub delay: u32,
}

/// How it is told whether a service is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub port: u16,
    pub liveness: Check,
    pub readiness: Check,
    /// Seconds between two checks.
    pub period: u32,
    /// Seconds that an answer may take.
    pub timeout: u32,
    /// Checks in a row that must fail.
    pub failures: u32,
}

/// Storage that outlives pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    pub size: Bytes,
    /// Where the container sees it.
    pub path: String,
}

/// More pods under load, fewer without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaling {
    pub min: u32,
    pub max: u32,
    /// Of the CPU request, in percent.
    pub target_cpu: u32,
}

/// A service's whole configuration, but for its image and the values of its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub service: ServiceName,
    pub display_name: String,
    pub description: Option<String>,
    pub kind: ServiceKind,
    pub exposure: Exposure,
    pub container_port: u16,
    pub service_port: u16,
    pub replicas: u32,
    pub cpu: Share<Cpu>,
    pub memory: Share<Bytes>,
    pub variables: BTreeMap<String, String>,
    pub health: Option<Health>,
    pub volume: Option<Volume>,
    pub scaling: Option<Scaling>,
}

impl Spec {
    /// The fewest pods that are wanted while it runs.
    pub fn fewest(&self) -> u32 {
        self.scaling.as_ref().map_or(self.replicas, |scaling| scaling.min)
    }
}
