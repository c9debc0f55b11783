//! What is wrong with a deployment or a pod, for programs.

use crate::text::display_serde_name;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
    PodFailed,
    NotReady,
    Quota,
    PodSecurity,
    Limits,
    FailedCreate,
}

display_serde_name!(ErrorCode);
