//! A build as the API shows it.

use super::{BuildWarning, Status, StepStatus, Trigger};
use crate::{
    BuildId, ProjectId, Timestamp, UnknownFields, image::Digest, pushes::CommitSummary,
    repository::CommitSha,
};
use serde::{Deserialize, Serialize, Serializer, ser::Error};

/// The response to a build request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildCreated {
    pub build_id: BuildId,
    pub project_id: ProjectId,
    pub status: Status,
    /// The name that the image will have.
    pub image_full_name: String,
    pub created_at: Timestamp,
    /// Estimated duration in seconds.
    pub estimated_duration: u32,
    /// The error, if the build failed immediately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub error_message: Option<String>,
}

/// A build.
// Also stored: the view of an ended build is kept in `FinalView`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Build))]
pub struct BuildView {
    pub build_id: BuildId,
    pub project_id: ProjectId,
    pub service_name: String,
    pub status: Status,
    /// The name of the image; `POST /api/v1/deploy` accepts it as `image_name`.
    pub image_full_name: String,
    /// The digest of the image, once it has been built.
    pub image_digest: Option<Digest>,
    /// `OWNER/NAME` at GitHub.
    pub repository: String,
    /// The requested branch, tag or commit.
    pub branch: String,
    /// The commit that `branch` pointed to at the time of the request. This commit is built.
    pub commit_sha: CommitSha,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    /// Seconds from start to end, or until now while the build runs.
    pub duration: Option<i64>,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// When a user or a later push requested to cancel this attempt. GitHub may finish the run before it is cancelled.
    pub cancel_requested_at: Option<Timestamp>,
    /// GitHub limits the platform's requests until then and has not accepted the build yet. The first read after
    /// that time sends it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub limited_until: Option<Timestamp>,
    /// For people: why a pending build waits, if GitHub limits the platform's requests or other builds are under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub status_detail: Option<String>,
    /// For programs: `refused`, `never_started`, `no_capacity`, `timed_out`, `startup_failure`, `action_required`,
    /// `run_deleted`, `not_run`, `builder_outdated`, `source_incomplete`, `step_failed` or `run_failed`.
    pub error_code: Option<String>,
    /// For people: what went wrong and what to do.
    pub error_message: Option<String>,
    /// What requested the build.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required = true))]
    pub trigger: Trigger,
    /// The number of the pull request that it is for. Its image is only used for the preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub pull_request: Option<u32>,
    /// The commit that is built. `null` for builds of earlier releases.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required = true))]
    pub commit: Option<CommitSummary>,
    /// The build was not sent to GitHub, because as many builds of the project's owner are under way as the platform
    /// allows at once. It is sent when one of them has ended. Only builds that a push requested wait.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required = true))]
    pub waiting_for_capacity: bool,
    /// A later push has another commit, so the platform has cancelled this attempt. GitHub may have finished it before.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required = true))]
    pub superseded: bool,
    /// Possible mistakes, also of a build that succeeded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<BuildWarning>,
    pub steps: Vec<StepView>,
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown_fields: UnknownFields,
}

impl BuildView {
    /// The stored form of a view. One that an older release has stored is stored again without the fields that it
    /// lacked; responses have them all.
    pub(super) fn serialize_stored<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_older = self.commit.is_none()
            && (self.trigger, self.waiting_for_capacity, self.superseded)
                == (Trigger::default(), false, false);
        if !is_older {
            return self.serialize(serializer);
        }
        let mut view = serde_json::to_value(self).map_err(S::Error::custom)?;
        if let Some(fields) = view.as_object_mut() {
            fields.retain(|name, _| !FIELDS_ADDED_LATER.contains(&name.as_str()));
        }
        view.serialize(serializer)
    }
}

/// Fields that views of older releases lack.
const FIELDS_ADDED_LATER: [&str; 4] = ["trigger", "commit", "waiting_for_capacity", "superseded"];

/// A step of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Step))]
pub struct StepView {
    pub number: u32,
    pub name: String,
    pub status: StepStatus,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown_fields: UnknownFields,
}
