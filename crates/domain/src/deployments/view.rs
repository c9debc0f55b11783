//! A deployment as the API shows it.

use super::{AutomationPause, Issue, ObjectError, PromotedFrom, Reachable, Status};
use crate::{BuildId, DeploymentId, ProjectId, Timestamp, image::Digest, previews::PreviewOf};
use serde::{Deserialize, Serialize};

/// A pod: one running instance of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Pod))]
pub struct PodView {
    pub name: String,
    /// Kubernetes' phase: `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// True if it receives requests.
    pub ready: bool,
    /// True if it belongs to the newest revision; false if it is being replaced.
    pub current: bool,
    pub restarts: u32,
    /// Kubernetes' reason, such as `CrashLoopBackOff`.
    pub reason: Option<String>,
    /// The error, for programs; values as in the deployment's `error_code`.
    pub code: Option<String>,
    /// What is wrong and what to do, for people.
    pub message: Option<String>,
    pub started_at: Option<Timestamp>,
    /// All that is wrong with it, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
}

/// A condition of the Deployment, as Kubernetes reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Condition))]
pub struct ConditionView {
    pub r#type: String,
    pub status: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub reason: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub message: String,
}

fn null_as_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The service and the pull request of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PreviewOfService {
    pub service_name: String,
    /// Its number.
    pub pull_request: u32,
}

impl From<PreviewOf> for PreviewOfService {
    fn from(PreviewOf { service, pull_request }: PreviewOf) -> Self {
        Self { service_name: service.to_string(), pull_request }
    }
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Deployment))]
pub struct DeploymentView {
    pub deployment_id: DeploymentId,
    pub project_id: ProjectId,
    /// Of a preview the name of its objects in the cluster.
    pub service_name: String,
    /// Of what it is a preview; `null` if it is a service itself.
    pub preview: Option<PreviewOfService>,
    pub display_name: String,
    pub status: Status,
    pub image_name: String,
    /// The digest of the image, once it is known.
    pub image_digest: Option<Digest>,
    /// The build of this platform that made the image, if any.
    pub build_id: Option<BuildId>,
    /// Number of pods that receive requests.
    pub replicas_ready: u32,
    /// Desired number of pods.
    pub replicas_total: u32,
    pub created_at: Timestamp,
    /// When the newest revision was created.
    pub updated_at: Timestamp,
    /// When the cluster last answered: some seconds ago at most, unless it is unreachable.
    pub observed_at: Option<Timestamp>,
    /// The code of the first issue: `refused`, `cluster_unreachable`, `interrupted`, `removed`, or the error of
    /// its pods, such as `crash`, `out_of_memory` or `image_pull`.
    pub error_code: Option<String>,
    /// The first issue for people: what is wrong and what to do.
    pub error_message: Option<String>,
    /// All that is wrong, the worst first.
    pub issues: Vec<Issue>,
    /// The URL of the service.
    pub access_url: Option<String>,
    /// Whether requests arrive at `access_url`, as the Service, the Ingress or HTTPRoute, the Gateway and the
    /// certificate say of themselves; it is not tried. `unknown` if they do not say or may not be read. An internal
    /// service is judged by its Service only. `null` if there is no URL, or the deployment is stopped.
    pub reachable: Option<Reachable>,
    /// Number of the newest revision.
    pub revision: u32,
    /// Number of the revision that introduced the current image and configuration.
    pub release: u32,
    /// Whether that release was deployed automatically: it is a build of a push.
    pub automatic: bool,
    /// Where the same release was deployed when somebody promoted it; `null` if it was not promoted.
    pub promoted_from: Option<PromotedFrom>,
    /// Since when no build is deployed automatically, and why; `null` if nobody has paused that.
    pub automation_paused: Option<AutomationPause>,
    /// At most 100; of more, those with issues come first.
    pub pods: Vec<PodView>,
    pub conditions: Vec<ConditionView>,
    /// The objects that the cluster rejected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ObjectError>,
    /// Warnings about the configuration, and from the cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl DeploymentView {
    /// Without the time of the observation: two views that differ only in that are the same to a client.
    pub fn without_observation_time(&self) -> Self {
        Self { observed_at: None, ..self.clone() }
    }
}

/// The response to a deployment request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeploymentCreated {
    pub deployment_id: DeploymentId,
    pub project_id: ProjectId,
    pub service_name: String,
    pub status: Status,
    pub image_name: String,
    pub created_at: Timestamp,
    /// The objects in the cluster, each as `KIND NAME`.
    pub manifests_generated: Vec<String>,
    pub access_url: Option<String>,
    pub revision: u32,
    /// Why it was not applied to the cluster, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub error_message: Option<String>,
    /// The objects that the cluster rejected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ObjectError>,
    /// Warnings about the configuration, and from the cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}
