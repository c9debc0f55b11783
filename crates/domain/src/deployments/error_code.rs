//! What is wrong with a deployment or a pod, for programs.

use crate::text::display_serde_name;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DeploymentErrorCode))]
pub enum ErrorCode {
    /// The cluster rejected some of its objects.
    Refused,
    ClusterUnreachable,
    /// Not everything has been applied yet.
    Interrupted,
    /// Somebody removed it from the cluster.
    Removed,
    ImagePull,
    ImageName,
    ContainerConfig,
    /// There is no program to run, or it is not in the image.
    StartCommand,
    Crash,
    OutOfMemory,
    Unschedulable,
    /// A volume cannot be made, attached or mounted.
    Volume,
    PodFailed,
    /// A node ended the pod because it was short of a resource, or the pod used too much of one.
    Evicted,
    /// The pod's node does not respond or shuts down.
    NodeLost,
    /// The node cannot do its part: its disk is full, its network or container runtime fails.
    NodeError,
    /// The program does not pass its startup, readiness or liveness check.
    NotReady,
    Quota,
    PodSecurity,
    Limits,
    /// A policy of the cluster rejects the pods.
    AdmissionDenied,
    /// A webhook that has to approve the pods does not respond.
    AdmissionUnavailable,
    FailedCreate,
    /// The Gateway, its listener or the IngressClass does not exist or is not ready.
    GatewayNotReady,
    /// A Gateway or a controller does not accept the Ingress or HTTPRoute.
    RouteRejected,
    CertificateNotReady,
    /// The operator has changed which hosts services get since it was applied.
    AddressChanged,
    /// Somebody else changed fields of its objects.
    ChangedByOthers,
}

display_serde_name!(ErrorCode);

impl ErrorCode {
    /// Whether it says why pods do not receive requests. The others are about the address, or about changes by
    /// others: pods run in spite of them.
    pub fn is_about_pods(self) -> bool {
        !matches!(
            self,
            Self::GatewayNotReady
                | Self::RouteRejected
                | Self::CertificateNotReady
                | Self::AddressChanged
                | Self::ChangedByOthers
                | Self::Removed
        )
    }
}
