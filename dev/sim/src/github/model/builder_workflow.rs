//! The interface of the builder repository's workflow: inputs, names and steps.
//!
//! `tests/builder_workflow.rs` checks that `builder/.github/workflows/build.yml` has these names and steps.

use serde_yaml_ng::Value;
use std::{collections::BTreeMap, sync::LazyLock};

use super::run::{Status, Step};
use crate::hash;

/// The `name:` of the workflow.
pub const WORKFLOW_NAME: &str = "NoKube build";

/// The workflow itself.
const WORKFLOW: &str = include_str!("../../../../../builder/.github/workflows/build.yml");

/// The name of each of the workflow's inputs, and whether it is required.
pub static INPUTS: LazyLock<BTreeMap<String, bool>> = LazyLock::new(|| {
    let workflow: Value = serde_yaml_ng::from_str(WORKFLOW).unwrap_or_default();
    let inputs = ["on", "workflow_dispatch", "inputs"]
        .into_iter()
        .try_fold(&workflow, |value, key| value.get(key))
        .and_then(Value::as_mapping);
    let input = |(name, input): (&Value, &Value)| {
        Some((name.as_str()?.to_owned(), input.get("required")?.as_bool()?))
    };
    inputs.into_iter().flatten().filter_map(input).collect()
});

/// The steps of the job as GitHub lists them. GitHub adds the first and the last.
pub const STEPS: [&str; 18] = [
    "Set up job",
    "Check the request",
    SOURCE_TOKEN_STEP,
    "Check out the source",
    FETCH_STEP,
    "Prepare the build",
    WARN_SUBMODULES_STEP,
    WARN_LFS_STEP,
    RESTORE_CACHE_STEP,
    SET_UP_BUILDX_STEP,
    SET_UP_BUILDPACKS_STEP,
    DOCKERFILE_BUILD_STEP,
    BUILDPACKS_BUILD_STEP,
    REPLACE_CACHE_STEP,
    SAVE_CACHE_STEP,
    "Log in to the registry",
    PUSH_STEP,
    "Complete job",
];

/// Skipped if the source repository is public.
pub const SOURCE_TOKEN_STEP: &str = "Get a token for the private source";
/// Skipped unless submodules or files in Git LFS were requested.
pub const FETCH_STEP: &str = "Fetch submodules and LFS files";
/// Skipped unless the source has submodules that were not requested.
pub const WARN_SUBMODULES_STEP: &str = "Warn about submodules";
/// Skipped unless the source has files in Git LFS that were not requested.
pub const WARN_LFS_STEP: &str = "Warn about LFS files";
/// The three cache steps are skipped in a build without a Dockerfile.
pub const RESTORE_CACHE_STEP: &str = "Restore the cache";
pub const REPLACE_CACHE_STEP: &str = "Replace the cache";
pub const SAVE_CACHE_STEP: &str = "Save the cache";
/// Skipped in a build without a Dockerfile.
pub const SET_UP_BUILDX_STEP: &str = "Set up the builder";
/// Skipped in a build without a Dockerfile.
pub const DOCKERFILE_BUILD_STEP: &str = "Build the image";
/// Skipped in a build with a Dockerfile.
pub const SET_UP_BUILDPACKS_STEP: &str = "Set up Buildpacks";
/// Skipped in a build with a Dockerfile.
pub const BUILDPACKS_BUILD_STEP: &str = "Build the image from source";
pub const PUSH_STEP: &str = "Push the image";

/// The `run-name:` of the workflow, which the API shows as `display_title`.
pub fn run_name(build_id: &str) -> String {
    format!("NoKube build {build_id}")
}

pub fn job_name(build_id: &str) -> String {
    format!("build {build_id}")
}

/// The tag that only this build pushes.
pub fn unique_tag(build_id: &str) -> String {
    format!("build-{build_id}")
}

/// The prefix of all keys of an image's build cache.
pub fn cache_prefix(image: &str) -> String {
    format!("nokube-{}-", hash::sha256(image))
}

/// Whether the job fails because of a submodule in another private repository.
pub(super) fn has_unreadable_submodule(inputs: &BTreeMap<String, String>) -> bool {
    let input = |name: &str| inputs.get(name).map_or("", String::as_str);
    input("repository").contains("private-submodule") && input("private").contains(",submodules")
}

/// The steps of a build at its start. A repository has submodules if its name contains `submodule`, and files in Git
/// LFS if it contains `lfs`. The workflow's `if:` conditions skip those that it does not need.
pub(super) fn build_steps(inputs: &BTreeMap<String, String>) -> Vec<Step> {
    let input = |name: &str| inputs.get(name).map_or("", String::as_str);
    let uses_buildpacks =
        input("dockerfile_path").is_empty() && input("dockerfile_content").is_empty();
    let mut fetched = input("private").split(',');
    let is_private = fetched.next() == Some("true");
    let fetched: Vec<&str> = fetched.filter(|option| *option != "preview").collect();
    let lacks =
        |name: &str, option: &str| input("repository").contains(name) && !fetched.contains(&option);
    let is_skipped = |name: &str| match name {
        SOURCE_TOKEN_STEP => !is_private,
        FETCH_STEP => fetched.is_empty(),
        WARN_SUBMODULES_STEP => !lacks("submodule", "submodules"),
        WARN_LFS_STEP => !lacks("lfs", "lfs"),
        SET_UP_BUILDX_STEP | DOCKERFILE_BUILD_STEP => uses_buildpacks,
        RESTORE_CACHE_STEP | REPLACE_CACHE_STEP | SAVE_CACHE_STEP => uses_buildpacks,
        SET_UP_BUILDPACKS_STEP | BUILDPACKS_BUILD_STEP => !uses_buildpacks,
        _ => false,
    };
    let steps = (1_u32..).zip(STEPS).map(|(number, name)| Step {
        name: name.to_owned(),
        number,
        status: Status::Queued,
        conclusion: None,
        started_at: None,
        completed_at: None,
        is_skipped: is_skipped(name),
    });
    steps.collect()
}

/// The builder repository and its workflow.
#[derive(Debug, Clone)]
pub struct BuilderWorkflow {
    /// `owner/name`
    pub repository: String,
    /// The file name in `.github/workflows/`.
    pub file: String,
    pub id: u64,
}

impl BuilderWorkflow {
    pub fn new(repository: &str, file: &str) -> Self {
        let id = hash::id_from_name(90_000_000, &format!("{repository}/{file}"));
        Self { repository: repository.to_owned(), file: file.to_owned(), id }
    }

    pub fn path(&self) -> String {
        format!(".github/workflows/{}", self.file)
    }

    /// Whether this is the workflow's id or file name. GitHub accepts both.
    pub fn has_id_or_file(&self, id_or_file: &str) -> bool {
        id_or_file == self.file || id_or_file.parse() == Ok(self.id)
    }
}
