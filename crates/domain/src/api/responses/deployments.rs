//! Lists of deployments, and responses about one deployment.

use crate::{
    DeploymentId, Timestamp,
    deployments::{DeploymentView, RevisionView},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A page of a project's deployments, newest first, without their pods and conditions.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeploymentPage {
    pub deployments: Vec<DeploymentView>,
    /// Number of all deployments, including deleted ones.
    pub total: u32,
    pub limit: u32,
    pub offset: u32,
}

/// The releases that can be rolled back to, newest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Revisions {
    pub revisions: Vec<RevisionView>,
}

/// The manifests that were applied to the cluster.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Manifests<'a> {
    pub deployment_id: DeploymentId,
    pub revision: u32,
    /// The project's namespace in the cluster.
    pub namespace: &'a str,
    /// YAML by kind of object; several objects of a kind are documents of one text. Values of secrets
    /// are hidden.
    #[cfg_attr(feature = "schema", schema(value_type = BTreeMap<String, String>))]
    pub manifests: BTreeMap<&'static str, String>,
}

/// Events of the cluster, newest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ClusterEvents {
    pub events: Vec<ClusterEvent>,
}

/// An event of the cluster.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ClusterEvent {
    pub at: Option<Timestamp>,
    /// Kubernetes' type: `Normal` or `Warning`.
    pub r#type: String,
    /// Kubernetes' reason, such as `BackOff`.
    pub reason: String,
    pub message: String,
    /// The object of the event, as `KIND NAME`.
    pub object: String,
    /// How often it occurred.
    pub count: u32,
}

/// A line of a pod's log in a stream.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PodLine<'a> {
    pub pod: &'a str,
    /// `null` for a message about the pod that is not from its log.
    pub at: Option<Timestamp>,
    pub line: &'a str,
    /// Why there is no log. The line is then a message that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub reason: Option<NoLogReason>,
}

/// Why a pod has no log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = NoLog))]
pub enum NoLogReason {
    /// The container has not started, or has no previous instance.
    NotYet,
    /// The pod no longer exists.
    Gone,
    /// The cluster does not provide the log now.
    Withheld,
}

/// The effects that a deployment would have. Nothing was changed.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DryRun<'a> {
    /// Always true.
    pub dry_run: bool,
    /// The project's namespace in the cluster.
    pub namespace: &'a str,
    /// The namespace of the dry run. A project has none of its own before its first deployment.
    pub tried_in: &'a str,
    /// A note if the dry run was in another namespace than the project's.
    pub note: Option<String>,
    /// True if no object was rejected.
    pub accepted: bool,
    pub access_url: Option<String>,
    /// Changes of variables and secrets, by name. Values of secrets are hidden.
    pub variables: Vec<FieldChange>,
    pub objects: Vec<ObjectVerdict>,
    /// Warnings about the configuration, and from the cluster.
    pub warnings: Vec<String>,
    /// YAML by kind of object; several objects of a kind are documents of one text. Values of secrets
    /// are hidden.
    #[cfg_attr(feature = "schema", schema(value_type = BTreeMap<String, String>))]
    pub manifests: BTreeMap<&'static str, String>,
}

/// The effect of a deployment on an object of the cluster.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ObjectVerdict {
    pub kind: &'static str,
    pub name: String,
    pub verdict: DryRunVerdict,
    /// The field of the request to change, if the object is rejected because of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub field: Option<String>,
    /// Why it is rejected or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub detail: Option<String>,
    /// The fields that would change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub difference: Vec<FieldChange>,
}

/// The effect of a deployment on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Verdict))]
pub enum DryRunVerdict {
    Create,
    Change,
    Unchanged,
    Remove,
    Refused,
    /// The dry run of this object failed.
    Unknown,
}

/// A field that changes. Values of secrets are hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldChange {
    /// `spec.template.spec.containers[app].image`
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}
