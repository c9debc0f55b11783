//! The steps of the builder's workflow that say more than that they succeeded or failed. Their names are those in
//! `builder/.github/workflows/build.yml`.

use super::{BuildSpec, Conclusion, ErrorCode, JobsRecord, Phase, RunKey};
use crate::UnknownFields;
use serde::{Deserialize, Serialize};

/// The workflow checks its inputs. The platform has checked them too, so a rejection means that the workflow is older.
const CHECK_STEP: &str = "Check the request";
const FETCH_STEP: &str = "Fetch submodules and LFS files";

/// What the workflow found while it built the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BuildWarning {
    /// For programs: `submodules_not_fetched` or `lfs_not_fetched`.
    pub code: String,
    /// For people: what is missing and what to do.
    pub message: String,
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown_fields: UnknownFields,
}

/// The workflow's steps that do nothing but warn: they run only if there is something to warn about. Each with the
/// warning's code and message.
const WARNING_STEPS: [(&str, &str, &str); 2] = [
    (
        "Warn about submodules",
        "submodules_not_fetched",
        "The repository has Git submodules, which this build did not fetch: their directories are empty. If the \
         image needs them, build again with submodules (\"Fetch Git submodules\" in the form).",
    ),
    (
        "Warn about LFS files",
        "lfs_not_fetched",
        "The repository has files in Git LFS, which this build did not fetch: there are pointers in their place. \
         If the image needs them, build again with lfs (\"Fetch files in Git LFS\" in the form).",
    ),
];

/// The warnings of a run, known by the steps that ran.
pub(super) fn warnings(jobs: &JobsRecord, run: RunKey) -> Vec<BuildWarning> {
    let has_run = |name: &str| {
        jobs.of_run(run)
            .flat_map(|(_, job)| job.steps.values())
            .any(|step| step.name == name && step.phase == Phase::Ended(Conclusion::Success))
    };
    let warnings = WARNING_STEPS.into_iter().filter(|(step, ..)| has_run(step));
    let warning = |(_, code, message): (_, &str, &str)| BuildWarning {
        code: code.to_owned(),
        message: message.to_owned(),
        unknown_fields: UnknownFields::default(),
    };
    warnings.map(warning).collect()
}

/// What it means that a step failed, if its name alone does not say it.
pub(super) fn step_failure(step: &str, spec: &BuildSpec) -> Option<(ErrorCode, &'static str)> {
    match step {
        CHECK_STEP => Some((
            ErrorCode::BuilderOutdated,
            "The builder's workflow does not accept this request. Most likely it is older than the platform: the \
             platform's administrator must copy the builder's workflow again. See the log.",
        )),
        FETCH_STEP if spec.submodules => Some((
            ErrorCode::SourceIncomplete,
            "A submodule or a file in Git LFS cannot be read. A build reads its own repository and public ones, but \
             no other private repository. The log says which one it is.",
        )),
        FETCH_STEP => Some((
            ErrorCode::SourceIncomplete,
            "A file in Git LFS cannot be read. The log says which one it is.",
        )),
        _ => None,
    }
}
