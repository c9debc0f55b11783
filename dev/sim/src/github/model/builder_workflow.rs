//! The interface of the builder repository's workflow: inputs, names and steps.
//!
//! `tests/builder_workflow.rs` checks that `builder/.github/workflows/build.yml` has these values.

use super::run::Step;

/// The `name:` of the workflow.
pub const WORKFLOW_NAME: &str = "NoKube build";

/// The name of each input, and whether it is required.
pub const INPUTS: [(&str, bool); 10] = [
    ("build_id", true),
    ("repository", true),
    ("ref", true),
    ("context", false),
    ("dockerfile_path", false),
    ("dockerfile_content", false),
    ("build_args", false),
    ("image", true),
    ("tag", true),
    ("private", false),
];

/// The steps of the job as GitHub lists them. GitHub adds the first and the last.
pub const STEPS: [&str; 15] = [
    "Set up job",
    "Check the request",
    SOURCE_TOKEN_STEP,
    "Check out the source",
    "Prepare the build",
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
#[must_use]
pub fn run_name(build_id: &str) -> String {
    format!("NoKube build {build_id}")
}

#[must_use]
pub fn job_name(build_id: &str) -> String {
    format!("build {build_id}")
}

/// The tag that only this build pushes.
#[must_use]
pub fn unique_tag(build_id: &str) -> String {
    format!("build-{build_id}")
}

/// The prefix of all keys of an image's build cache.
#[must_use]
pub fn cache_prefix(image: &str) -> String {
    format!("nokube-{}-", crate::hash::sha256(image))
}

/// The steps of a build at its start. The workflow's `if:` conditions skip those that it does not need.
pub(crate) fn build_steps(is_private: bool, uses_buildpacks: bool) -> Vec<Step> {
    let is_skipped = |name: &str| match name {
        SOURCE_TOKEN_STEP => !is_private,
        SET_UP_BUILDX_STEP | DOCKERFILE_BUILD_STEP => uses_buildpacks,
        RESTORE_CACHE_STEP | REPLACE_CACHE_STEP | SAVE_CACHE_STEP => uses_buildpacks,
        SET_UP_BUILDPACKS_STEP | BUILDPACKS_BUILD_STEP => !uses_buildpacks,
        _ => false,
    };
    (1_u32..)
        .zip(STEPS)
        .map(|(number, name)| Step { is_skipped: is_skipped(name), ..Step::new(number, name) })
        .collect()
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
    #[must_use]
    pub fn new(repository: &str, file: &str) -> Self {
        let id = super::ids::id_from_name(90_000_000, &format!("{repository}/{file}"));
        Self { repository: repository.to_owned(), file: file.to_owned(), id }
    }

    #[must_use]
    pub fn path(&self) -> String {
        format!(".github/workflows/{}", self.file)
    }

    /// Whether this is the workflow's id or file name. GitHub accepts both.
    #[must_use]
    pub fn has_id_or_file(&self, id_or_file: &str) -> bool {
        id_or_file == self.file || id_or_file.parse() == Ok(self.id)
    }
}
