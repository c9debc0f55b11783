//! Lists of deployments, and what is said about one.

use crate::{
    DeploymentId, Timestamp,
    deploy::{DeploymentView, RevisionView},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A page of a project's deployments, newest first; they show no pods and conditions.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeploymentPage {
    pub deployments: Vec<DeploymentView>,
    /// Counts those that were deleted, too.
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

/// What the cluster was told.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Manifests<'a> {
    pub deployment_id: DeploymentId,
    pub revision: u32,
    /// The part of the cluster that is the project's.
    pub namespace: &'a str,
    /// YAML by kind of object; several of a kind are documents of one text. Values of secrets are
    /// hidden.
    #[cfg_attr(feature = "schema", schema(value_type = BTreeMap<String, String>))]
    pub manifests: BTreeMap<&'static str, String>,
}

/// What the cluster noted, newest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ClusterEvents<'a> {
    pub events: Vec<ClusterEvent<'a>>,
}

/// Something that the cluster noted.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ClusterEvent<'a> {
    pub at: Option<Timestamp>,
    /// Kubernetes' word: `Normal` or `Warning`.
    pub r#type: &'a str,
    /// Kubernetes' word, such as `BackOff`.
    pub reason: &'a str,
    pub message: &'a str,
    /// `KIND NAME` of what it is about.
    pub object: String,
    /// How often it was noted.
    pub count: u32,
}

/// A line of a pod's log, as an event of a stream.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PodLine<'a> {
    pub pod: &'a str,
    /// `null` when the line is about the pod and not of it.
    pub at: Option<Timestamp>,
    pub line: &'a str,
    /// Why there is no log, if that is what the line says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub reason: Option<NoLog>,
}

/// Why a pod has no log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum NoLog {
    /// Its program has not begun, or there is none from before.
    NotYet,
    /// The pod is gone.
    Gone,
    /// The cluster does not give it now.
    Withheld,
}

/// What a deployment would do; nothing was changed.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DryRun<'a> {
    /// Always true.
    pub dry_run: bool,
    /// The part of the cluster that is the project's.
    pub namespace: &'a str,
    /// Where it was tried: before a project's first deployment there is nothing of its own.
    pub tried_in: &'a str,
    /// Says so, if it was tried elsewhere.
    pub note: Option<String>,
    /// Was nothing refused?
    pub accepted: bool,
    pub access_url: Option<String>,
    /// How variables and secrets change, by name; values of secrets are hidden.
    pub variables: Vec<FieldChange>,
    pub objects: Vec<ObjectVerdict>,
    /// What the cluster warns of.
    pub warnings: Vec<String>,
    /// YAML by kind of object; several of a kind are documents of one text. Values of secrets are
    /// hidden.
    #[cfg_attr(feature = "schema", schema(value_type = BTreeMap<String, String>))]
    pub manifests: BTreeMap<&'static str, String>,
}

/// What would become of an object of the cluster.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ObjectVerdict {
    pub kind: &'static str,
    pub name: String,
    pub verdict: Trial,
    /// The field of the request that is to be changed, if the object is refused and it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub field: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub detail: Option<String>,
    /// What would change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub difference: Vec<FieldChange>,
}

/// What would become of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Verdict))]
pub enum Trial {
    Create,
    Change,
    Unchanged,
    Remove,
    Refused,
    /// It could not be tried.
    Unknown,
}

/// A field that changes. Secret values are hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldChange {
    /// `spec.template.spec.containers[app].image`
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}
